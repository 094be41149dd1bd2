"""The statements behind a workbook's lists of settlements, adjustments and debts."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, RowMapping, Select, and_, func, select
from sqlmodel import Session

from yika_central.db import settlement_store
from yika_central.db.books import booked_at
from yika_central.db.report_store import STREAMED, Window
from yika_central.db.rerating_store import PLACE
from yika_central.db.tables import Account, AdjustmentEntry, Debt, Sale, Settlement, table_of

_AT_ONCE = 500

_SALE, _ACCOUNT, _SETTLED = table_of(Sale), table_of(Account), table_of(Settlement)
_ENTRY = table_of(AdjustmentEntry)


def settlements(session: Session, window: Window) -> Iterator[RowMapping]:
    """What became of each posting for the window's sales, by time and place."""
    order = [booked_at, *(_SETTLED.c[name] for name in (*PLACE, "number"))]
    query = _of_sales(select(_SETTLED, booked_at.label("at")), window).order_by(*order)
    yield from session.execute(query, execution_options={"yield_per": STREAMED}).mappings()


def settled(session: Session, window: Window) -> RowMapping:
    """Posted, absorbed and adjusted for the window's sales, added up."""
    sums = [
        func.coalesce(func.sum(_SETTLED.c[name]), 0).label(name)
        for name in ("posted", "absorbed", "adjusted")
    ]
    return session.execute(_of_sales(select(*sums), window)).mappings().one()


def paid(session: Session, window: Window) -> RowMapping:
    """What was paid for the window's sales, and what lies between charged and paid."""
    names = ("paid", "adjusted", "debts", "kept", "rounding")
    sums = [func.coalesce(func.sum(_SALE.c[name]), 0).label(name) for name in names]
    query: Select[Any] = (
        select(*sums)
        .select_from(_SALE)
        .join(_ACCOUNT, _ACCOUNT.c.account == _SALE.c.account, isouter=True)
        .where(window.condition)
    )
    return session.execute(query).mappings().one()


def adjustments(session: Session, window: Window) -> Iterator[RowMapping]:
    """The parts of adjustments made in the window, in their order."""
    query = (
        select(_ENTRY)
        .select_from(_ENTRY)
        .join(_ACCOUNT, _ACCOUNT.c.account == _ENTRY.c.account)
        .where(*_made_in(window))
        .order_by(_ENTRY.c.made_at, _ENTRY.c.account, _ENTRY.c.entry)
    )
    yield from session.execute(query, execution_options={"yield_per": STREAMED}).mappings()


def adjusted(session: Session, window: Window) -> int:
    """The sum of the parts of adjustments made in the window."""
    query = (
        select(func.coalesce(func.sum(_ENTRY.c.amount), 0))
        .select_from(_ENTRY)
        .join(_ACCOUNT, _ACCOUNT.c.account == _ENTRY.c.account)
        .where(*_made_in(window))
    )
    return int(session.execute(query).scalar_one())


def registered(session: Session, window: Window) -> int:
    """The sum of the debts registered before the window's end."""
    table = table_of(Debt)
    query = (
        select(func.coalesce(func.sum(table.c.amount), 0))
        .select_from(table)
        .join(_ACCOUNT, _ACCOUNT.c.account == table.c.account)
        .where(*_debts_of(window))
    )
    return int(session.execute(query).scalar_one())


def debts(session: Session, window: Window) -> Iterator[tuple[Row[Any], int]]:
    """The debts registered before the window's end, and what was collected of each."""
    table, connection = table_of(Debt), session.connection()
    accounts: Sequence[str] = (
        session.execute(
            select(table.c.account)
            .join(_ACCOUNT, _ACCOUNT.c.account == table.c.account)
            .where(*_debts_of(window))
            .distinct()
            .order_by(table.c.account)
        )
        .scalars()
        .all()
    )
    for start in range(0, len(accounts), _AT_ONCE):
        some = accounts[start : start + _AT_ONCE]
        collected: dict[tuple[str, str], int] = {}
        for taken in settlement_store.taken_from_debts(connection, some):
            key = (taken.account, taken.debt)
            collected[key] = collected.get(key, 0) + taken.amount
        for row in settlement_store.debts_of(connection, some):
            if row.registered_at < window.end:
                yield row, collected.get((row.account, row.debt), 0)


def _of_sales(query: Select[Any], window: Window) -> Select[Any]:
    same = and_(*(_SETTLED.c[name] == _SALE.c[name] for name in PLACE))
    return (
        query.select_from(_SALE)
        .join(_SETTLED, same)
        .join(_ACCOUNT, _ACCOUNT.c.account == _SALE.c.account, isouter=True)
        .where(window.condition)
    )


def _made_in(window: Window) -> list[ColumnElement[bool]]:
    return [
        _ENTRY.c.made_at >= window.start,
        _ENTRY.c.made_at < window.end,
        *_told_by(window, _ACCOUNT),
    ]


def _debts_of(window: Window) -> list[ColumnElement[bool]]:
    return [table_of(Debt).c.registered_at < window.end, *_told_by(window, _ACCOUNT)]


def _told_by(window: Window, account: Any) -> list[ColumnElement[bool]]:
    """Accounts of the window's area, and those that its node opened."""
    conditions: list[ColumnElement[bool]] = []
    if window.node:
        conditions.append(account.c.node == window.node)
    if window.area:
        conditions.append(account.c.area == window.area)
    return conditions
