"""System, managing and tool cards, approvals, and what a vending point may sell and issue."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("node", sa.Column("services", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "node", sa.Column("issuing", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column(
        "enrolment_token", sa.Column("card", sa.String(), nullable=False, server_default="")
    )
    op.create_table(
        "special_card",
        *_texts("number", "kind", "holder", "node", "state"),
        *_numbers("key_version"),
        *_texts("serial", "detail"),
        *_numbers("valid_from", "valid_until"),
        *_texts("ordered_by"),
        *_numbers("ordered_at"),
        sa.Column("issued_at", sa.BigInteger(), nullable=True),
        *_texts("issued_by"),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        *_texts("reason"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_special_card")),
    )
    op.create_table(
        "special_card_node",
        *_texts("number", "node"),
        sa.PrimaryKeyConstraint("number", "node", name=op.f("pk_special_card_node")),
    )
    op.create_index(op.f("ix_special_card_node_node"), "special_card_node", ["node"])
    op.create_table(
        "approval",
        *_texts("node"),
        *_keys("epoch", "branch", "seq"),
        *_texts("card"),
        *_numbers("counter"),
        *_texts("holder", "act", "proof", "operator"),
        *_numbers("stamped_at"),
        sa.PrimaryKeyConstraint("node", "epoch", "branch", "seq", name=op.f("pk_approval")),
    )
    op.create_index("approval_counter", "approval", ["card", "counter"])
    op.create_table(
        "enrolment_refusal",
        *_texts("node", "keys"),
        *_texts("card"),
        *_numbers("first_at", "last_at", "times"),
        sa.PrimaryKeyConstraint("node", "keys", name=op.f("pk_enrolment_refusal")),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _keys(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]
