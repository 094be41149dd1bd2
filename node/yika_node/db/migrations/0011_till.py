"""Tenders, charges, and which receipts were printed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "charge",
        *_keys("epoch", "seq"),
        *_texts("what", "account", "code", "name_zh", "name_en"),
        *_numbers("amount", "tax"),
        *_texts("reason"),
        *_numbers("at"),
        *_texts("operator"),
        *_numbers("back_epoch", "given_back"),
        sa.PrimaryKeyConstraint("epoch", "seq", name=op.f("pk_charge")),
        sqlite_with_rowid=False,
    )
    op.create_index("charge_account", "charge", ["account"], sqlite_where=sa.text("account <> ''"))
    op.create_table(
        "tendering",
        *_keys("epoch", "receipt"),
        *_texts("tender"),
        *_numbers("given", "change"),
        *_texts("reference", "reason"),
        sa.PrimaryKeyConstraint("epoch", "receipt", "tender", name=op.f("pk_tendering")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "receipt_print",
        *_keys("epoch", "receipt"),
        sa.Column("first_at", sa.BigInteger(), nullable=True),
        *_numbers("copies"),
        sa.PrimaryKeyConstraint("epoch", "receipt", name=op.f("pk_receipt_print")),
        sqlite_with_rowid=False,
    )


def _keys(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]
