"""Of which services a second class has a part."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mixed = sa.Column("mixed", sa.String(), nullable=False, server_default="")
    op.add_column("account_facts", mixed)
