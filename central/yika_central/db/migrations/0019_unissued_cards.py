"""The numbers that no card has yet, and the node that may issue each."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unissued_card",
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("card", name=op.f("pk_unissued_card")),
    )
    op.create_index("unissued_card_free", "unissued_card", ["area", "node", "card"])
    op.create_index("unissued_card_node", "unissued_card", ["node", "card"])
    op.execute(
        "INSERT INTO unissued_card (card, area, node, epoch)"
        " SELECT number, area, '', 0 FROM card"
        " WHERE NOT EXISTS (SELECT 1 FROM issued_card WHERE issued_card.card = card.number)"
    )
