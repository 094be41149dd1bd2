"""The sales of an account are found by the time they count at, without reading them."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("sale_account", "sale")
    columns = ["account", "service", "stamped_at", "not_before", "not_after"]
    op.create_index("sale_account", "sale", columns)
