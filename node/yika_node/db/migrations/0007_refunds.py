"""Purchases that were given back, and when the money for them was handed out."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refund",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("purchase", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("paid_by", sa.String(), nullable=False),
        sa.Column("write_back", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", "seq", name=op.f("pk_refund")),
        sqlite_with_rowid=False,
    )
    op.create_index("refund_purchase", "refund", ["epoch", "purchase"])
    op.create_index("refund_unpaid", "refund", ["epoch"], sqlite_where=sa.text("paid_at IS NULL"))
