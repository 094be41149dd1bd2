"""The numbers of cards that nobody is known to have issued, and which node may issue each.

Each statement asks this table alone by an index of its own: it is as long as what is in stock,
however many cards were ever made.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, exists, func, not_, select, update

from yika_central.db.database import add
from yika_central.db.tables import IssuedCard, NodeArea, UnissuedCard, table_of


def add_numbers(connection: Connection, area: str, cards: Iterable[str]) -> None:
    """Put new numbers on the shelf; they are free."""
    rows = [{"card": card, "area": area, "node": "", "epoch": 0} for card in cards]
    add(connection, UnissuedCard, rows)


def areas_of(connection: Connection, node: str) -> tuple[str, ...]:
    """The areas a node sells for, in order."""
    table = table_of(NodeArea)
    query = select(table.c.area).where(table.c.node == node).order_by(table.c.area)
    return tuple(connection.execute(query).scalars())


def nodes_in(connection: Connection, area: str) -> int:
    """How many nodes sell, or are to sell, for an area."""
    table = table_of(NodeArea)
    query = select(func.count()).select_from(table).where(table.c.area == area)
    return int(connection.execute(query).scalar_one())


def any_free(connection: Connection, area: str) -> bool:
    """Whether one of an area's numbers is nobody's."""
    table = table_of(UnissuedCard)
    free = select(table.c.card).where(
        table.c.area == area, table.c.node == "", not_(_issued(table))
    )
    return connection.execute(free.limit(1)).first() is not None


def shelved(connection: Connection, area: str) -> int:
    """How many of an area's numbers are on the shelf, free or somebody's."""
    table = table_of(UnissuedCard)
    query = select(func.count()).where(table.c.area == area)
    return int(connection.execute(query).scalar_one())


def at_hand(connection: Connection, area: str, node: str, epoch: int) -> int:
    """How many numbers of an area the node may still issue, as far as is known."""
    table = table_of(UnissuedCard)
    query = select(func.count()).where(
        table.c.area == area,
        table.c.node == node,
        table.c.epoch == epoch,
        not_(_issued(table)),
    )
    return int(connection.execute(query).scalar_one())


def left(connection: Connection) -> tuple[tuple[str, str, int], ...]:
    """By area and node (empty: nobody's), how many numbers are left as far as is known."""
    table = table_of(UnissuedCard)
    query = (
        select(table.c.area, table.c.node, func.count())
        .where(not_(_issued(table)))
        .group_by(table.c.area, table.c.node)
        .order_by(table.c.area, table.c.node)
    )
    return tuple((area, node, int(many)) for area, node, many in connection.execute(query))


def allotted(connection: Connection, node: str, epoch: int) -> tuple[str, ...]:
    """The numbers that are the node's, in order; some may have been issued since."""
    table = table_of(UnissuedCard)
    query = (
        select(table.c.card)
        .where(table.c.node == node, table.c.epoch == epoch)
        .order_by(table.c.card)
    )
    return tuple(connection.execute(query).scalars())


def clear_issued(connection: Connection, node: str) -> None:
    """Take the node's numbers that were issued since off the shelf."""
    table = table_of(UnissuedCard)
    connection.execute(delete(table).where(table.c.node == node, _issued(table)))


def allot(connection: Connection, area: str, node: str, epoch: int, most: int) -> None:
    """Give the node the next free numbers of an area, at most so many.

    Another node that is given some at the same time is given others.
    """
    table = table_of(UnissuedCard)
    next_free = (
        select(table.c.card)
        .where(table.c.area == area, table.c.node == "", not_(_issued(table)))
        .order_by(table.c.card)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    connection.execute(
        update(table)
        .where(and_(table.c.card.in_(next_free), table.c.node == ""))
        .values(node=node, epoch=epoch)
    )


def _issued(table: Table) -> Any:
    issued = table_of(IssuedCard)
    return exists().where(issued.c.card == table.c.card)
