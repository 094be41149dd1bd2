"""The orders of tool cards, and meters that took the place of others."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tool_order",
        *_texts("card"),
        *_keys("slot"),
        *_texts("meter", "service"),
        *_numbers("kind", "number", "not_after"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        *_texts("outcome"),
        sa.Column("outcome_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("card", "slot", name=op.f("pk_tool_order")),
    )
    op.create_index("tool_order_meter", "tool_order", ["meter", "number"])
    op.create_table(
        "meter_swap",
        *_texts("node"),
        *_keys("epoch", "branch", "seq"),
        *_texts("account"),
        *_numbers("slot"),
        *_texts("service", "old", "new"),
        *_numbers("generation", "count", "total", "balance", "unloaded", "moved", "used", "start"),
        *_numbers("reading", "figure"),
        *_texts("reason", "operator"),
        *_numbers("swapped_at"),
        sa.PrimaryKeyConstraint("node", "epoch", "branch", "seq", name=op.f("pk_meter_swap")),
    )
    op.create_index("meter_swap_account", "meter_swap", ["account", "slot"])
    op.create_index(op.f("ix_meter_swap_old"), "meter_swap", ["old"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _keys(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]
