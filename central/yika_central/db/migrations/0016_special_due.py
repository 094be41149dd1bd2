"""The vending points whose list of special cards is to be sealed anew."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "special_due",
        sa.Column("node", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_special_due")),
    )
