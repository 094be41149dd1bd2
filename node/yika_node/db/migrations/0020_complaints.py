"""What customers complained of."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaint",
        *_numbers("epoch", "seq", "at"),
        *_texts("operator", "account", "about", "words"),
        *_numbers("of_epoch", "receipt"),
        sa.PrimaryKeyConstraint("epoch", "seq", name=op.f("pk_complaint")),
        sqlite_with_rowid=False,
    )
    op.create_index("complaint_account", "complaint", ["account", "epoch", "seq"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]
