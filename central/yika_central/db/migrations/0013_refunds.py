"""Which purchases were given back, by which refunds, and what was handed out for them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, default in (("refunds", "0"), ("refunded", "0"), ("booked", "1")):
        op.add_column(
            "sale", sa.Column(name, sa.BigInteger(), nullable=False, server_default=default)
        )
    op.create_table(
        "refund_paid",
        sa.Column("node", sa.String(), nullable=False),
        *_numbers("epoch", "branch", "seq", "refund_epoch", "refund_seq"),
        *_numbers("amount", "write_back", "stamped_at", "not_before", "not_after"),
        sa.PrimaryKeyConstraint("node", "epoch", "branch", "seq", name=op.f("pk_refund_paid")),
    )
    op.create_index("refund_paid_refund", "refund_paid", ["node", "refund_epoch", "refund_seq"])


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]
