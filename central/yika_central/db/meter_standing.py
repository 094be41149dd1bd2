"""How each meter stands: its newest write-back, and the levels that a card brought it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, select

from yika_central.db.database import add_new, put
from yika_central.db.projections import Projected, Values
from yika_central.db.suspense import BATCH
from yika_central.db.tables import (
    Account,
    AccountFacts,
    AccountMeter,
    Meter,
    MeterStanding,
    Reading,
    Suspense,
    ToolOrder,
    table_of,
)
from yika_common.cards.parameters import Levels
from yika_common.cards.tool_order import OrderKind, read_order
from yika_common.cards.write_back import MeterStatus

LEVELS = Levels._fields
ALARMS = MeterStatus.WARNED | MeterStatus.BATTERY | MeterStatus.COVER | MeterStatus.MAGNET
"""Bits that somebody has to look at; *closed* and *low* are the customer's own affair."""

_FALSE, _FOLLOWED = "false_reading", "EXECUTED"
_READ = ("number", "balance", "status", "in_force", "read_at", "node", "card")
_TOLD = ("told", "money", *LEVELS)


def note_meters(connection: Connection, projected: Projected) -> None:
    """What a run of records says of meters: write-backs that are genuine, and levels."""
    place = ("node", "epoch", "branch", "seq")
    false = {
        tuple(row[name] for name in place)
        for row in projected.of(Suspense)
        if row["reason"] == _FALSE
    }
    readings = [
        row for row in projected.of(Reading) if tuple(row[name] for name in place) not in false
    ]
    told = [*projected.told, *_ordered(connection, projected.orders)]
    _hold(connection, {row["meter"] for row in (*readings, *told)})
    note_readings(connection, readings)
    note_told(connection, told)


def note_readings(connection: Connection, readings: Iterable[Values]) -> None:
    """Keep the newest of these genuine write-backs of each meter."""
    newest: dict[str, Values] = {}
    for row in readings:
        known = newest.get(row["meter"])
        if known is None or row["number"] > known["number"]:
            newest[row["meter"]] = row
    before = _standings(connection, newest)
    rows = [
        _empty(meter)
        | {
            "number": row["number"],
            "balance": row["balance"],
            "status": row["status"],
            "in_force": row["parameters"],
            "read_at": row["stamped_at"],
            "node": row["node"],
            "card": row["card"],
        }
        for meter, row in sorted(newest.items())
        if meter not in before or row["number"] > before[meter]["number"]
    ]
    put(connection, MeterStanding, rows, _READ)


def note_told(connection: Connection, told: Iterable[Values]) -> None:
    """Keep the newest levels that a card brings each meter."""
    newest: dict[str, Values] = {}
    for row in told:
        known = newest.get(row["meter"])
        if known is None or row["told"] >= known["told"]:
            newest[row["meter"]] = row
    before = _standings(connection, newest)
    rows = [
        _empty(meter) | row
        for meter, row in sorted(newest.items())
        if _brings_more(row, before.get(meter))
    ]
    put(connection, MeterStanding, rows, ("service", *_TOLD))


def alarms(connection: Connection, bits: MeterStatus, limit: int) -> Sequence[RowMapping]:
    """Meters whose newest write-back has one of these bits, the latest read first."""
    standing = table_of(MeterStanding)
    query = (
        _with_account(select(standing, *_account_columns()))
        .where(standing.c.status.bitwise_and(int(bits)) != 0)
        .order_by(standing.c.read_at.desc(), standing.c.meter)
        .limit(limit)
    )
    return connection.execute(query).mappings().all()


def with_levels(
    connection: Connection, *, service: str, limit: int, after: str = ""
) -> Sequence[RowMapping]:
    """Meters of accounts and how they stand, by number; of one service, or of all if empty."""
    meter, standing = table_of(AccountMeter), table_of(MeterStanding)
    query = (
        select(standing, *_account_columns())
        .select_from(meter)
        .outerjoin(standing, standing.c.meter == meter.c.meter)
        .join(table_of(Account), table_of(Account).c.account == meter.c.account)
        .where(meter.c.meter > after)
        .order_by(meter.c.meter)
        .limit(limit)
    )
    if service:
        query = query.where(meter.c.service == service)
    return connection.execute(query).mappings().all()


def classes(connection: Connection, accounts: Iterable[str]) -> dict[str, str]:
    """The tariff class of each account as amended last, where it was amended."""
    facts = table_of(AccountFacts)
    wanted = sorted(set(accounts))
    rows = connection.execute(
        select(facts.c.account, facts.c.tariff_class)
        .where(facts.c.account.in_(wanted))
        .order_by(facts.c.account, facts.c.stamped_at)
    ).all()
    return {row.account: row.tariff_class for row in rows}


def newest_version(connection: Connection, meter: str) -> int:
    """The highest version of parameters that the meter goes by or that a card brings it."""
    table = table_of(MeterStanding)
    row = connection.execute(
        select(table.c.told, table.c.in_force).where(table.c.meter == meter)
    ).first()
    return 0 if row is None else max(row.told, row.in_force)


def area_of_meter(connection: Connection, meter: str) -> str | None:
    """The area of a meter in stock."""
    table = table_of(Meter)
    return connection.execute(select(table.c.area).where(table.c.meter == meter)).scalar()


def _hold(connection: Connection, meters: Collection[str]) -> None:
    """Hold the meters' rows, in one order: two deliveries may bring news of the same meters."""
    table, wanted = table_of(MeterStanding), sorted(meters)
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        add_new(connection, MeterStanding, [_empty(meter) for meter in some])
        query = select(table.c.meter).where(table.c.meter.in_(some)).order_by(table.c.meter)
        connection.execute(query.with_for_update()).all()


def _ordered(connection: Connection, outcomes: Sequence[Values]) -> list[Values]:
    """The levels that tool cards brought to meters which followed their orders."""
    followed = {(row["meter"], row["number"]) for row in outcomes if row["outcome"] == _FOLLOWED}
    table = table_of(ToolOrder)
    if not followed:
        return []
    rows = connection.execute(
        select(table.c.meter, table.c.service, table.c.number, table.c.content).where(
            table.c.meter.in_(sorted({meter for meter, _ in followed})),
            table.c.kind == int(OrderKind.PARAMETERS),
        )
    ).all()
    brought = (
        (row.meter, row.service, read_order(bytes(row.content)).parameters)
        for row in rows
        if (row.meter, row.number) in followed
    )
    return [
        {
            "meter": meter,
            "service": service,
            "told": parameters.version,
            "money": int(bool(parameters.price)),
            **parameters.levels._asdict(),
        }
        for meter, service, parameters in brought
    ]


def _account_columns() -> list[Any]:
    meter, account = table_of(AccountMeter), table_of(Account)
    return [
        meter.c.meter.label("number_of_meter"),
        meter.c.account,
        meter.c.service.label("measures"),
        account.c.tariff_class,
        account.c.area,
    ]


def _with_account(query: Select[Any]) -> Select[Any]:
    meter, account, standing = table_of(AccountMeter), table_of(Account), table_of(MeterStanding)
    here = and_(meter.c.meter == standing.c.meter)
    return query.outerjoin(meter, here).outerjoin(account, account.c.account == meter.c.account)


def _brings_more(row: Values, known: Mapping[str, Any] | None) -> bool:
    if known is None or row["told"] > known["told"]:
        return True
    return row["told"] == known["told"] and any(row[name] != known[name] for name in _TOLD)


def _standings(connection: Connection, meters: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    table, wanted = table_of(MeterStanding), sorted(meters)
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(wanted), BATCH):
        rows = connection.execute(
            select(table).where(table.c.meter.in_(wanted[start : start + BATCH]))
        ).mappings()
        found |= {row["meter"]: row for row in rows}
    return found


def _empty(meter: str) -> Values:
    return MeterStanding(meter=meter).model_dump()
