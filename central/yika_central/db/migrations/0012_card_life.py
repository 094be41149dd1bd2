"""Why a record went onto a card, and each card's life from issue to return."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_PLACE = ("epoch", "branch", "seq")


def upgrade() -> None:
    _add("sale", texts=("act",), numbers=("carried",))
    _add("issued_card", texts=("serial", "replaces", "reason", "operator"), numbers=("fee",))
    op.create_index("issued_card_number", "issued_card", ["card"])
    op.create_table(
        "card_report",
        *_texts("account", "card", "node"),
        *_keys(*_PLACE),
        *_texts("state", "reason", "operator"),
        *_numbers("reported_at"),
        sa.PrimaryKeyConstraint("account", "card", "node", *_PLACE, name=op.f("pk_card_report")),
    )
    op.create_index("card_report_card", "card_report", ["card", "reported_at"])
    op.create_table(
        "card_end",
        *_texts("node"),
        *_keys(*_PLACE),
        *_texts("account", "card", "serial", "how", "reason", "operator"),
        *_numbers("ended_at"),
        sa.PrimaryKeyConstraint("node", *_PLACE, name=op.f("pk_card_end")),
    )
    op.create_index("card_end_card", "card_end", ["card", "ended_at"])
    op.create_table(
        "stock_move",
        *_texts("node"),
        *_keys(*_PLACE),
        *_texts("what"),
        *_numbers("chips"),
        *_texts("reason", "operator"),
        *_numbers("moved_at"),
        sa.PrimaryKeyConstraint("node", *_PLACE, name=op.f("pk_stock_move")),
    )


def _add(table: str, *, texts: tuple[str, ...], numbers: tuple[str, ...]) -> None:
    for name in texts:
        op.add_column(table, sa.Column(name, sa.String(), nullable=False, server_default=""))
    for name in numbers:
        op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))


def _keys(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
