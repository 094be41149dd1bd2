"""What was booked in an accounting month, added up by the database.

Nothing here reads a column that can change after a row was written: not how a sale ended, not
what re-rating says of it now.  So what was booked in a closed month adds up to the same for ever.
"""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, Select, and_, func, select

from yika_central.db import charge_store
from yika_central.db.books import booked_at
from yika_central.db.rerating_store import PLACE
from yika_central.db.tables import (
    AdjustmentEntry,
    Debt,
    DebtEntry,
    LateSale,
    QuantityEntry,
    Row,
    Sale,
    Settlement,
    table_of,
)
from yika_central.domain.months import Month, bounds

Figures = dict[str, int]

MONEY = ("amount", "paid", "adjusted", "debts", "kept", "rounding")

_SALE, _LATE = table_of(Sale), table_of(LateSale)


def figures(connection: Connection, month: Month, zone: ZoneInfo) -> Figures:
    """Every figure of a month by name, 0 left out but for the sales."""
    found = _sales(connection, month, zone)
    found |= _grouped(connection, Settlement, month, "cause", ("posted", "absorbed", "adjusted"))
    found |= _grouped(connection, AdjustmentEntry, month, "kind", ("amount",))
    found |= _grouped(connection, DebtEntry, month, "kind", ("amount",))
    found |= _grouped(connection, QuantityEntry, month, "service", ("amount",))
    found |= charge_store.booked(connection, *bounds(month, zone))
    debt = table_of(Debt)
    registered = select(func.sum(debt.c.amount)).where(debt.c.month == month)
    found["debt.registered"] = int(connection.execute(registered).scalar() or 0)
    return {name: value for name, value in sorted(found.items()) if value or _kept(name)}


def _kept(name: str) -> bool:
    return name.startswith("sales.") and name.count(".") == 1


def _sales(connection: Connection, month: Month, zone: ZoneInfo) -> Figures:
    """Sales of the month that came in time, and late ones of other months booked in it."""
    same = and_(*(_LATE.c[name] == _SALE.c[name] for name in PLACE))
    start, end = bounds(month, zone)
    in_time = (
        _totals()
        .select_from(_SALE)
        .join(_LATE, same, isouter=True)
        .where(
            # The same as the clamped time says, in words that an index understands.
            _SALE.c.not_after >= start,
            _SALE.c.not_before < end,
            booked_at >= start,
            booked_at < end,
            _SALE.c.booked == 1,
            _LATE.c.node.is_(None),
        )
    )
    late = _totals().select_from(_LATE).join(_SALE, same).where(_LATE.c.month == month)
    found = {f"sales.{name}": 0 for name in ("count", *MONEY, "late_count", "late_amount")}
    for query, is_late in ((in_time, False), (late, True)):
        for row in connection.execute(query).mappings():
            _count(found, row, late=is_late)
    return found


def _totals() -> Select[Any]:
    return select(
        _SALE.c.service,
        func.count().label("count"),
        func.sum(_SALE.c.quantity).label("quantity"),
        *(func.sum(_SALE.c[name]).label(name) for name in MONEY),
    ).group_by(_SALE.c.service)


def _count(found: Figures, row: RowMapping, *, late: bool) -> None:
    service = row["service"]
    added = {f"sales.{name}": int(row[name]) for name in ("count", *MONEY)}
    added |= {f"sales.{name}.{service}": int(row[name]) for name in ("quantity", "amount")}
    if late:
        added |= {f"sales.late_{name}": int(row[name]) for name in ("count", "amount")}
    for name, value in added.items():
        found[name] = found.get(name, 0) + value


def _grouped(
    connection: Connection, row: type[Row], month: Month, by: str, names: tuple[str, ...]
) -> Figures:
    table: Any = table_of(row)
    rows = connection.execute(
        select(table.c[by].label("by"), *(func.sum(table.c[name]).label(name) for name in names))
        .where(table.c.month == month)
        .group_by(table.c[by])
    ).all()
    return {
        f"{table.name}.{name}.{found.by}": int(found._mapping[name])
        for found in rows
        for name in names
    }
