"""Why a record went onto a card, which card a card replaced, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("intent", sa.Column("act", sa.String(), nullable=False, server_default=""))
    for column in ("replaces", "reason"):
        op.add_column("card", sa.Column(column, sa.String(), nullable=False, server_default=""))
    op.add_column("card", sa.Column("fee", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_card_replaces"), "card", ["replaces"])
    op.create_table(
        "card_report",
        *_texts("card", "account", "state"),
        *_numbers("at"),
        *_texts("operator", "reason"),
        sa.PrimaryKeyConstraint("card", name=op.f("pk_card_report")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "card_end",
        *_texts("card", "account", "serial", "how"),
        *_numbers("at"),
        *_texts("operator", "reason"),
        sa.PrimaryKeyConstraint("card", name=op.f("pk_card_end")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stock_move",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        *_texts("what"),
        *_numbers("chips", "at"),
        *_texts("operator", "reason"),
        sa.PrimaryKeyConstraint("epoch", "seq", name=op.f("pk_stock_move")),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
