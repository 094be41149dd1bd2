"""The tool cards as the pages show them: each from its order to its return, with its orders."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from yika_central.db.base import one_of
from yika_central.db.tables import (
    MeterStanding,
    Reading,
    SpecialCard,
    Suspense,
    ToolOrder,
    table_of,
)
from yika_central.services.tool_lists import ISSUED, ORDERED, TOOL
from yika_common.cards.tool_order import OrderKind
from yika_common.clock import from_timestamp
from yika_common.numbers import Quantity

_FALSE_READING = "false_reading"


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order and what came of it.

    ``outcome`` is EXECUTED, REFUSED, UNUSED, UNCLEAR, or empty while the card is out.  ``balance``
    and ``used`` are of the reading that came back with the card, None without one; ``genuine``
    says whether the meter itself wrote it.  ``money``: the meter was told to count money.
    """

    slot: int
    meter: str
    service: str
    kind: OrderKind
    number: int
    outcome: str
    balance: Quantity | None
    used: Quantity | None
    status: int
    genuine: bool
    money: bool


@dataclass(frozen=True, slots=True)
class ToolView:
    """A tool card; times are None where nothing happened yet.

    ``overdue``: it is out, and is of use no more.
    """

    card: str
    node: str
    holder: str
    state: str
    reason: str
    ordered_by: str
    ordered_at: datetime
    issued_at: datetime | None
    issued_by: str
    ended_at: datetime | None
    until: datetime
    overdue: bool
    orders: tuple[OrderView, ...]

    @property
    def kind(self) -> OrderKind:
        """What all of its orders are."""
        return self.orders[0].kind

    @property
    def open(self) -> bool:
        """Whether it is still to be written, or out."""
        return self.state in {ORDERED, ISSUED}


def tool_views(connection: Connection, now: int, card: str = "") -> tuple[ToolView, ...]:
    """Every tool card, or the one of that number, newest first."""
    table = table_of(SpecialCard)
    query = select(table).where(table.c.kind == TOOL)
    if card:
        query = query.where(table.c.number == card)
    rows = connection.execute(
        query.order_by(table.c.ordered_at.desc(), table.c.number.desc())
    ).all()
    orders = _orders(connection, [row.number for row in rows])
    return tuple(
        ToolView(
            card=row.number,
            node=row.node,
            holder=row.holder,
            state=row.state,
            reason=row.reason,
            ordered_by=row.ordered_by,
            ordered_at=from_timestamp(row.ordered_at),
            issued_at=_moment(row.issued_at),
            issued_by=row.issued_by,
            ended_at=_moment(row.ended_at),
            until=from_timestamp(row.valid_until),
            overdue=row.state == ISSUED and row.valid_until < now,
            orders=tuple(orders[row.number]),
        )
        for row in rows
    )


def _orders(connection: Connection, cards: list[str]) -> dict[str, list[OrderView]]:
    table, reading = table_of(ToolOrder), table_of(Reading)
    standing = table_of(MeterStanding)
    rows = connection.execute(
        select(table, standing.c.money)
        .outerjoin(standing, standing.c.meter == table.c.meter)
        .where(table.c.card.in_(cards))
        .order_by(table.c.card, table.c.slot)
    ).all()
    keys = [(row.meter, row.card) for row in rows]
    read = (
        connection.execute(
            select(reading)
            .where(one_of([reading.c.meter, reading.c.card], keys))
            .order_by(reading.c.number)
        ).all()
        if keys
        else []
    )
    newest = {(row.meter, row.card): row for row in read}
    false = _false(connection, newest.values())
    found: dict[str, list[OrderView]] = {}
    for row in rows:
        seen = newest.get((row.meter, row.card))
        found.setdefault(row.card, []).append(
            OrderView(
                slot=row.slot,
                meter=row.meter,
                service=row.service,
                kind=OrderKind(row.kind),
                number=row.number,
                outcome=row.outcome,
                balance=None if seen is None else Quantity(seen.balance),
                used=None if seen is None else Quantity(seen.lifetime_use),
                status=0 if seen is None else seen.status,
                genuine=seen is not None and _place(seen) not in false,
                money=bool(row.money),
            )
        )
    return found


def _false(connection: Connection, rows: Iterable[Row[Any]]) -> set[tuple[Any, ...]]:
    """Of these readings the places of those that their meter did not write."""
    table = table_of(Suspense)
    places = [_place(row) for row in rows]
    if not places:
        return set()
    found = connection.execute(
        select(*(table.c[name] for name in _PLACE)).where(
            table.c.reason == _FALSE_READING, one_of([table.c[name] for name in _PLACE], places)
        )
    )
    return {tuple(row) for row in found}


_PLACE = ("node", "epoch", "branch", "seq")


def _place(row: Row[Any]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _PLACE)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_timestamp(seconds)
