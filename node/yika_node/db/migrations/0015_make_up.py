"""What a replaced meter's successor has no room for, and the most that it holds."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("owed", "holds"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column("meter_swap", column)
