"""Finding the sales that a new card is said to carry."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    carried = sa.text("carried = 1")
    op.create_index(
        "sale_carried",
        "sale",
        ["meter", "generation", "count"],
        sqlite_where=carried,
        postgresql_where=carried,
    )
