"""Accounting months in the database: which are closed, and who may book meanwhile.

Whoever books something holds the months open until his transaction ends, together with others;
whoever closes a month waits for all of them.  SQLite has one writer anyway.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, case, func, select

from yika_central.db.database import add
from yika_central.db.rerating_store import PLACE
from yika_central.db.tables import ClosedMonth, LateSale, Sale, table_of
from yika_central.domain.months import NEVER, Month, booked, month_of
from yika_common.clock import from_timestamp

_MONTHS = 0x4D4F4E54
_BOOKS = 0x424F4F4B
"""The numbers under which PostgreSQL keeps these locks."""

_SALE = table_of(Sale)

booked_at: ColumnElement[int] = case(
    (_SALE.c.stamped_at < _SALE.c.not_before, _SALE.c.not_before),
    (_SALE.c.stamped_at > _SALE.c.not_after, _SALE.c.not_after),
    else_=_SALE.c.stamped_at,
)
"""The time a sale is booked at: its stamp, clamped into its bracket."""


def hold_months_open(connection: Connection) -> None:
    """No month is closed until the transaction ends."""
    _lock(connection, func.pg_advisory_xact_lock_shared(_MONTHS))


def hold_months(connection: Connection) -> None:
    """Nothing is booked by anybody else until the transaction ends."""
    _lock(connection, func.pg_advisory_xact_lock(_MONTHS))


def hold_books(connection: Connection) -> None:
    """Nobody else adjusts an account or changes a debt until the transaction ends."""
    hold_months_open(connection)
    _lock(connection, func.pg_advisory_xact_lock(_BOOKS))


def closed_through(connection: Connection) -> Month:
    """The last month that is closed."""
    newest = connection.execute(select(func.max(table_of(ClosedMonth).c.month))).scalar()
    return newest or NEVER


def book_late_sales(connection: Connection, sales: Iterable[Mapping[str, Any]]) -> None:
    """Note which of these new sales came too late for their month."""
    hold_months_open(connection)
    table = table_of(ClosedMonth)
    newest = connection.execute(select(table).order_by(table.c.month.desc()).limit(1)).first()
    if newest is None:
        return
    closed, zone = newest.month, ZoneInfo(newest.zone)
    rows = []
    for sale in sales:
        at = min(max(sale["stamped_at"], sale["not_before"]), sale["not_after"])
        month = month_of(from_timestamp(at), zone)
        if month <= closed:
            place = {name: sale[name] for name in PLACE}
            rows.append(place | {"month": booked(month, closed), "of_month": month})
    add(connection, LateSale, rows)


def _lock(connection: Connection, lock: ColumnElement[Any]) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(lock))
