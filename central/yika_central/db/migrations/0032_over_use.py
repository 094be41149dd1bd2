"""Which meter's change a debt is for."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("debt", sa.Column("cause", sa.String(), nullable=False, server_default=""))
