"""What the card says to be counted after a sale; for the sales that are here what is implied."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sale", sa.Column("counted", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.execute(
        "UPDATE sale SET counted ="
        " CASE WHEN consumed > 0 THEN consumed ELSE used_before + quantity - free END"
    )
