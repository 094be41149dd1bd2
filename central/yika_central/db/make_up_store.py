"""What meters had no room for when they took the place of others, and what was entered of it.

A swap's record may come twice, or on two branches of a journal, and a meter is replaced once: so
what is owed is counted once for each meter that was replaced.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from yika_central.db.tables import MeterSwap, QuantityEntry, Sale, table_of

_SUPERSEDED = "SUPERSEDED"


def not_entered(connection: Connection, accounts: Sequence[str]) -> list[Row[Any]]:
    """The first swap of each meter of these accounts that left something over, if it is new."""
    swap, entry = table_of(MeterSwap), table_of(QuantityEntry)
    order = (swap.c.swapped_at, *(swap.c[name] for name in ("node", "epoch", "branch", "seq")))
    place = func.row_number().over(partition_by=swap.c.old, order_by=order).label("place")
    columns = ("account", "slot", "service", "old", "new", "owed", "holds", "reason")
    ranked = (
        select(*(swap.c[name] for name in columns), place)
        .where(swap.c.account.in_(accounts), swap.c.owed > 0)
        .subquery()
    )
    known = select(entry.c.account).where(
        entry.c.account == ranked.c.account, entry.c.old == ranked.c.old
    )
    query = select(ranked).where(ranked.c.place == 1, ~known.exists())
    return list(connection.execute(query.order_by(ranked.c.account, ranked.c.slot, ranked.c.old)))


def next_numbers(connection: Connection, accounts: Sequence[str]) -> dict[tuple[str, int], int]:
    """The number of the newest part of each slot's adjusted quantity."""
    table = table_of(QuantityEntry)
    rows = connection.execute(
        select(table.c.account, table.c.slot, func.max(table.c.number).label("number"))
        .where(table.c.account.in_(accounts))
        .group_by(table.c.account, table.c.slot)
    )
    return {(row.account, row.slot): int(row.number) for row in rows}


def entered(connection: Connection, accounts: Sequence[str]) -> Iterator[Row[Any]]:
    """What was entered for meters that took the place of others: slot, meter, owed, holds."""
    table = table_of(QuantityEntry)
    columns = [table.c[name] for name in ("account", "slot", "meter", "amount", "holds")]
    yield from connection.execute(
        select(*columns)
        .where(table.c.account.in_(accounts), table.c.meter != "")
        .order_by(table.c.account, table.c.slot, table.c.number)
    )


def credited(connection: Connection, account: str) -> dict[int, int]:
    """What records credited, or withheld, of each slot's adjusted quantity."""
    sale = table_of(Sale)
    rows = connection.execute(
        select(sale.c.slot, func.sum(sale.c.adjusted_quantity).label("credited"))
        .where(sale.c.account == account, sale.c.outcome != _SUPERSEDED)
        .group_by(sale.c.slot)
    )
    return {row.slot: int(row.credited) for row in rows}
