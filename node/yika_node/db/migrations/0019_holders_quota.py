"""Since when another holder of an account has a quota of his own."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    since = sa.Column("quota_from", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("account_facts", since)
