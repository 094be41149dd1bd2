"""The supply network: branches, the meters on them, and what district meters showed."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "network_branch",
        *_texts("branch", "service", "name", "parent", "entered_by"),
        _number("entered_at"),
        sa.PrimaryKeyConstraint("branch", name=op.f("pk_network_branch")),
    )
    op.create_index(op.f("ix_network_branch_service"), "network_branch", ["service"])
    op.create_table(
        "network_meter",
        *_texts("meter"),
        *(_number(name) for name in ("since", "until")),
        *_texts("branch", "entered_by"),
        sa.PrimaryKeyConstraint("meter", "since", name=op.f("pk_network_meter")),
    )
    op.create_index(op.f("ix_network_meter_branch"), "network_meter", ["branch"])
    op.create_table(
        "network_reading",
        *_texts("branch"),
        *(_number(name) for name in ("number", "read_at", "reading")),
        sa.Column("begins", sa.BigInteger(), nullable=True),
        *_texts("entered_by"),
        _number("entered_at"),
        *_texts("withdrawn_by", "reason"),
        sa.PrimaryKeyConstraint("branch", "number", name=op.f("pk_network_reading")),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
