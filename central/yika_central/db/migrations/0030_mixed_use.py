"""Of which services a second class has a part, and which second tariff a sale names."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("account_facts", "sale"):
        op.add_column(table, sa.Column("mixed", sa.String(), nullable=False, server_default=""))
