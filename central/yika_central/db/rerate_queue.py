"""What re-rating must look at again: pairs of an account and a service, each with a ticket.

A pair's ticket rises whenever something about its sales arrives.  Whoever drains the queue removes
a pair only under the ticket he read, so that what arrives meanwhile is not forgotten.  With the
pair stands the earliest time since which something changed: what counted before need not be
looked at.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, func, literal, select
from sqlmodel import Session

from yika_central.db.database import Insert, insert_or
from yika_central.db.household_store import members_of
from yika_central.db.tables import RerateQueue, Sale, table_of

EVER: Final = 0
"""Since when everything may have changed."""

Pair = tuple[str, str]

_SALE: Final = table_of(Sale)

_CLAMPED: Final[ColumnElement[int]] = case(
    (_SALE.c.stamped_at < _SALE.c.not_before, _SALE.c.not_before),
    (_SALE.c.stamped_at > _SALE.c.not_after, _SALE.c.not_after),
    else_=_SALE.c.stamped_at,
)
"""The time of a sale by its stamp and bracket."""


class Pairs:
    """Accounts and services whose sales changed, each with the earliest time that did."""

    def __init__(self) -> None:
        self._since: dict[Pair, int] = {}

    def add(self, account: str, service: str, since: int) -> None:
        """Something about this pair's sales changed, nothing that counted before ``since``."""
        pair = (account, service)
        self._since[pair] = min(since, self._since.get(pair, since))

    def add_sale(self, sale: Mapping[str, Any]) -> None:
        """A sale came or changed: its row."""
        time = max(sale["not_before"], min(sale["stamped_at"], sale["not_after"]))
        self.add(sale["account"], sale["service"], time)

    def __or__(self, other: "Pairs") -> "Pairs":
        both = Pairs()
        both |= self
        both |= other
        return both

    def __ior__(self, other: "Pairs") -> "Pairs":
        for pair, since in other.items():
            self.add(*pair, since)
        return self

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._since)

    def items(self) -> Iterable[tuple[Pair, int]]:
        """Each pair with its time."""
        return self._since.items()


def queue(connection: Connection, pairs: Pairs, at: int) -> None:
    """Put pairs into the queue; in one order, so that two writers never wait for each other.

    With an account come all others of its household: what one bought changes what all used.
    """
    pairs = pairs | _fellows(connection, pairs)
    rows = [
        {"account": account, "service": service, "ticket": 1, "since": since, "queued_at": at}
        for (account, service), since in sorted(pairs.items())
    ]
    if rows:
        connection.execute(_raising_ticket(connection), rows)


def _fellows(connection: Connection, pairs: Pairs) -> Pairs:
    """The same services of whoever belongs together with these accounts."""
    fellows = Pairs()
    together = members_of(connection, (account for account, _ in pairs)) if pairs else {}
    for account, service in pairs:
        for fellow in together.get(account, ()):
            fellows.add(fellow, service, EVER)
    return fellows


def queue_all(connection: Connection, at: int) -> None:
    """Queue every account and service with sales, from the first sale on."""
    table, sale = table_of(RerateQueue), _SALE
    pairs = select(sale.c.account, sale.c.service).distinct().subquery()
    found = select(pairs.c.account, pairs.c.service, literal(1), literal(EVER), literal(at)).where(
        literal(1) == 1
    )
    names = [table.c[name] for name in ("account", "service", "ticket", "since", "queued_at")]
    connection.execute(
        _raising_ticket(connection, insert_or(connection, RerateQueue).from_select(names, found))
    )


def queue_sales_of(connection: Connection, *, service: str, since: int, at: int) -> None:
    """Queue every account with sales of the service that may have been made since a time."""
    sale = _SALE
    found = connection.execute(
        select(sale.c.account, func.min(_CLAMPED))
        .where(sale.c.service == service, sale.c.not_after >= since)
        .group_by(sale.c.account)
    ).all()
    pairs = Pairs()
    for account, first in found:
        pairs.add(account, service, first)
    queue(connection, pairs, at)


def pairs_amended(connection: Connection, accounts: Mapping[str, int]) -> Pairs:
    """The pairs of accounts whose facts changed, each account at its time."""
    sale = _SALE
    pairs = Pairs()
    for account, since in accounts.items():
        found = connection.execute(
            select(sale.c.service, func.min(_CLAMPED))
            .where(sale.c.account == account, sale.c.not_after >= since)
            .group_by(sale.c.service)
        )
        for service, first in found:
            pairs.add(account, service, first)
    return pairs


def waiting(session: Session) -> int:
    """How many pairs are in the queue."""
    query = select(func.count()).select_from(table_of(RerateQueue))
    return int(session.execute(query).scalar_one())


def _raising_ticket(connection: Connection, statement: Insert | None = None) -> Insert:
    table = table_of(RerateQueue)
    inserted = insert_or(connection, RerateQueue) if statement is None else statement
    earlier = case(
        (inserted.excluded.since < table.c.since, inserted.excluded.since),
        else_=table.c.since,
    )
    return inserted.on_conflict_do_update(
        index_elements=["account", "service"],
        set_={"ticket": table.c.ticket + 1, "since": earlier},
    )
