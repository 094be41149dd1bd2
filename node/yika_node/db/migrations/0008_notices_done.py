"""What was done here of headquarters' notices about cards and meters."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_done",
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("meter", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("card", "meter", "number", name=op.f("pk_notice_done")),
        sqlite_with_rowid=False,
    )
