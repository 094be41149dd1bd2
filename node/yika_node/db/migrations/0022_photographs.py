"""Photographs of what customers complained of."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaint_photo",
        *_numbers("of_epoch", "of_seq", "epoch", "seq", "at"),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        *_numbers("size"),
        sa.PrimaryKeyConstraint(
            "of_epoch", "of_seq", "epoch", "seq", name=op.f("pk_complaint_photo")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "photograph",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_photograph")),
    )


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]
