"""What is owed to a meter that could not hold all of its predecessor's credit."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("meter_swap", "quantity_entry"):
        holds = sa.Column("holds", sa.BigInteger(), nullable=False, server_default="0")
        op.add_column(table, holds)
    owed = sa.Column("owed", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("meter_swap", owed)
    for name in ("old", "meter"):
        column = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("quantity_entry", column)
