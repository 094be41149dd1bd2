"""Vouchers that payments were made with."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "voucher_use",
        sa.Column("node", sa.String(), nullable=False),
        *_numbers("epoch", "branch", "seq"),
        sa.Column("reference", sa.String(), nullable=False),
        *_numbers("times", "amount"),
        sa.PrimaryKeyConstraint(
            "node", "epoch", "branch", "seq", "reference", name=op.f("pk_voucher_use")
        ),
    )
    op.create_index("voucher_use_reference", "voucher_use", ["reference"])


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]
