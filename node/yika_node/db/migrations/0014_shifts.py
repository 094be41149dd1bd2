"""Shifts and their Z reports, what was banked, and days without a sale."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shift",
        *_keys("epoch", "seq"),
        *_texts("operator"),
        *_numbers("opened_at", "amount"),
        sa.Column("opens", sa.Integer(), nullable=False),
        *_numbers("report", "closed_epoch", "closed_seq", "closed_at"),
        *_texts("closed_by"),
        *_numbers("declared", "expected", "to_bank", "taken", "given_back"),
        *_texts("reason"),
        *_numbers("batch"),
        sa.PrimaryKeyConstraint("epoch", "seq", name=op.f("pk_shift")),
    )
    op.create_index("shift_open", "shift", ["operator"], sqlite_where=sa.text("report = 0"))
    op.create_index(
        "shift_report", "shift", ["report"], unique=True, sqlite_where=sa.text("report > 0")
    )
    op.create_index("shift_operator", "shift", ["operator", "report"])
    op.create_index(
        "shift_unbanked", "shift", ["report"], sqlite_where=sa.text("report > 0 AND batch = 0")
    )
    op.create_index("shift_batch", "shift", ["batch"], sqlite_where=sa.text("batch > 0"))
    op.create_index("shift_closed", "shift", ["closed_at"], sqlite_where=sa.text("report > 0"))
    op.create_table(
        "banking",
        *_keys("batch"),
        *_numbers("epoch", "seq", "at"),
        *_texts("operator"),
        *_numbers("amount", "expected"),
        *_texts("bank_account", "reference", "reason"),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_banking")),
    )
    op.create_table(
        "idle_days",
        *_keys("epoch", "seq"),
        *_texts("first", "last"),
        *_numbers("at"),
        sa.PrimaryKeyConstraint("epoch", "seq", name=op.f("pk_idle_days")),
    )


def _keys(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
