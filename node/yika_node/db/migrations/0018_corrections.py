"""Payments that were written down wrongly, and vouchers by their numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "correction",
        *_numbers("epoch", "seq", "of_epoch", "receipt", "report", "approved", "at"),
        *_texts("before", "after", "reason", "operator"),
        sa.PrimaryKeyConstraint("epoch", "seq", name=op.f("pk_correction")),
        sqlite_with_rowid=False,
    )
    op.create_index("correction_receipt", "correction", ["of_epoch", "receipt"])
    op.create_index(
        "tendering_voucher",
        "tendering",
        ["reference"],
        sqlite_where=sa.text("tender = 'voucher'"),
    )
    happened = sa.Column("happened", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("charge", happened)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]
