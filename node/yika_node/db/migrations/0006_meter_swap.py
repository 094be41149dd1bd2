"""Meters that took the place of others."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meter_swap",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        *_texts("service", "old", "new"),
        sa.Column("generation", sa.Integer(), nullable=False),
        *_numbers("count", "total", "balance", "moved", "at"),
        *_texts("operator", "reason"),
        sa.PrimaryKeyConstraint("epoch", "seq", name=op.f("pk_meter_swap")),
    )
    op.create_index("meter_swap_account", "meter_swap", ["account", "slot"])
    op.create_index(op.f("ix_meter_swap_old"), "meter_swap", ["old"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
