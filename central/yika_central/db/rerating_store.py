"""The statements of re-rating: a batch of (account, service) pairs at a time, never a sale."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, func, select

from yika_central.db.base import one_of
from yika_central.db.database import add, put
from yika_central.db.tables import (
    Account,
    Posting,
    Rating,
    RatingShare,
    RerateQueue,
    Sale,
    TariffVersion,
    table_of,
)

Pair = tuple[str, str]
"""An account and a service."""

PLACE = ("node", "epoch", "branch", "seq")
"""What names a sale in every table about it."""


class Ticket(NamedTuple):
    """A pair in the queue, as it was read."""

    account: str
    service: str
    ticket: int


class Posted(NamedTuple):
    """What was posted for a sale so far: the number of the last posting, and their sum."""

    number: int
    amount: int


def take_tickets(connection: Connection, most: int) -> tuple[Ticket, ...]:
    """The next pairs to look at; they stay in the queue, held by this transaction."""
    table = table_of(RerateQueue)
    rows = connection.execute(
        select(table.c.account, table.c.service, table.c.ticket)
        .order_by(table.c.account, table.c.service)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    return tuple(Ticket(*row) for row in rows)


def strike_off(connection: Connection, tickets: Iterable[Ticket]) -> None:
    """Remove the pairs from the queue, unless something arrived since they were read."""
    table = table_of(RerateQueue)
    rows = [
        {"k_account": ticket.account, "k_service": ticket.service, "k_ticket": ticket.ticket}
        for ticket in tickets
    ]
    if rows:
        names = ("account", "service", "ticket")
        same = (table.c[name] == bindparam(f"k_{name}") for name in names)
        connection.execute(delete(table).where(*same), rows)


def sales_of(connection: Connection, pairs: Sequence[Pair]) -> Sequence[Row[Any]]:
    """Every sale of the pairs, by account and service."""
    table = table_of(Sale)
    return connection.execute(
        select(table)
        .where(one_of([table.c.account, table.c.service], pairs))
        .order_by(table.c.account, table.c.service)
    ).all()


def scopes_of(connection: Connection, accounts: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Tariff class and area of the accounts that are known."""
    table = table_of(Account)
    rows = connection.execute(
        select(table.c.account, table.c.tariff_class, table.c.area).where(
            table.c.account.in_(sorted(set(accounts)))
        )
    ).all()
    return {row.account: (row.tariff_class, row.area) for row in rows}


def tariff_documents(connection: Connection) -> tuple[bytes, ...]:
    """Every published tariff file."""
    table = table_of(TariffVersion)
    return tuple(bytes(found) for found in connection.execute(select(table.c.document)).scalars())


def ratings_of(connection: Connection, pairs: Sequence[Pair]) -> dict[tuple[Any, ...], Row[Any]]:
    """The ratings of the pairs' sales, by place."""
    table = table_of(Rating)
    rows = connection.execute(
        select(table).where(one_of([table.c.account, table.c.service], pairs))
    ).all()
    return {_place(row): row for row in rows}


def shares_of(
    connection: Connection, pairs: Sequence[Pair]
) -> dict[tuple[Any, ...], dict[str, int]]:
    """The causes of the pairs' differences, by place."""
    share, rating = table_of(RatingShare), table_of(Rating)
    rows = connection.execute(
        select(share)
        .join(rating, and_(*(share.c[name] == rating.c[name] for name in PLACE)))
        .where(one_of([rating.c.account, rating.c.service], pairs))
    ).all()
    found: dict[tuple[Any, ...], dict[str, int]] = {}
    for row in rows:
        found.setdefault(_place(row), {})[row.cause] = row.amount
    return found


def posted_for(connection: Connection, pairs: Sequence[Pair]) -> dict[tuple[Any, ...], Posted]:
    """What was posted so far for the pairs' sales, by place."""
    rows = connection.execute(_postings(pairs)).all()
    return {_place(row): Posted(row.last, row.added) for row in rows}


def put_ratings(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Store the ratings in the place of the ones there are."""
    columns = [column.name for column in table_of(Rating).columns if column.name not in PLACE]
    put(connection, Rating, rows, columns)


def replace_shares(
    connection: Connection,
    places: Sequence[tuple[Any, ...]],
    rows: Sequence[dict[str, Any]],
) -> None:
    """Store the causes of the sales at these places, and drop the ones there were."""
    table = table_of(RatingShare)
    if places:
        same = (table.c[name] == bindparam(f"k_{name}") for name in PLACE)
        keys = [f"k_{name}" for name in PLACE]
        dropped = [dict(zip(keys, place, strict=True)) for place in places]
        connection.execute(delete(table).where(*same), dropped)
    add(connection, RatingShare, rows)


def add_postings(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append postings; a number that is taken is a bug, and an error."""
    add(connection, Posting, rows)


def _postings(pairs: Sequence[Pair]) -> Select[Any]:
    table = table_of(Posting)
    names = [table.c[name] for name in PLACE]
    return (
        select(
            *names, func.max(table.c.number).label("last"), func.sum(table.c.amount).label("added")
        )
        .where(one_of([table.c.account, table.c.service], pairs))
        .group_by(*names)
    )


def _place(row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row._mapping[name] for name in PLACE)
