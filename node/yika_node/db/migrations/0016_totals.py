"""What a difference asks for, cuts of shifts, sales days, months and years, the deposit slip."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("basis", "signed_by"):
        op.add_column("shift", sa.Column(name, sa.String(), nullable=False, server_default=""))
    for name in ("wants", "day"):
        op.add_column(
            "shift", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        )
    op.create_index(
        "shift_undated", "shift", ["report"], sqlite_where=sa.text("report > 0 AND day = 0")
    )
    op.create_index("shift_day", "shift", ["day"], sqlite_where=sa.text("day > 0"))
    for name in ("holder", "branch", "bank"):
        op.add_column("banking", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.create_table(
        "total",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("part_of", sa.BigInteger(), nullable=False),
        sa.Column("opened_epoch", sa.BigInteger(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what", "batch", name=op.f("pk_total")),
        sqlite_with_rowid=False,
    )
    op.create_index("total_part", "total", ["what", "part_of", "batch"])
    op.create_index(
        "total_cut", "total", ["opened_epoch", "opened"], sqlite_where=sa.text("opened > 0")
    )
