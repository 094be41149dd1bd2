"""Which cards are memory cards: their content can be copied, and proves less."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, FromClause, exists, select

from yika_central.db.tables import IssuedCard, table_of


def on_memory_card(sale: FromClause) -> ColumnElement[bool]:
    """Whether a row's ``card`` is one."""
    issued = table_of(IssuedCard)
    return exists().where(issued.c.card == sale.c.card, issued.c.chip != "")


def memory_cards(connection: Connection, cards: Collection[str]) -> set[str]:
    """Those of these cards."""
    issued = table_of(IssuedCard)
    query = select(issued.c.card).where(issued.c.card.in_(sorted(cards)), issued.c.chip != "")
    return set(connection.execute(query).scalars())
