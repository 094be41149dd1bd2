"""What the meters of an account said last, and what was bought of each service, as known here."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from yika_common.clock import from_timestamp
from yika_common.numbers import Quantity
from yika_common.services import Service

if TYPE_CHECKING:
    from yika_node.db import rows
    from yika_node.db.customer_queries import CustomerQueries
    from yika_node.services.views import Account, MeterView


class LastReading(NamedTuple):
    """A meter's last word, and what was sold to it that it has not taken as far as is known.

    ``at`` None: it never wrote anything back.
    """

    place: int
    service: Service
    meter: str
    at: datetime | None
    balance: Quantity
    used: Quantity
    waiting: Quantity


class Bought(NamedTuple):
    """What was bought of a service in its quota period, by this journal or headquarters."""

    service: Service
    period: str
    quantity: Quantity


class Figures(NamedTuple):
    """Both of an account."""

    readings: tuple[LastReading, ...]
    bought: tuple[Bought, ...]


def figures_of(account: Account, queries: CustomerQueries) -> Figures:
    """What is known of the account's meters, by place, and of its services."""
    standing = queries.standing(account.number, [view.meter for view in account.meters])
    sold = {row.meter: row.total for row in standing.positions}
    newest: dict[Service, Bought] = {}
    for row in standing.tallies:
        _further(newest, Bought(Service(row.service), row.period, Quantity(row.counted)))
    readings = []
    for view in account.meters:
        total = sold.get(view.meter, 0)
        told = account.told.slot(view.slot) if account.told else None
        if told is not None:
            total = max(total, told.total)
            _further(newest, Bought(view.service, told.period, Quantity(told.bought)))
        readings.append(_reading(view, total, queries.last_reading(view.meter)))
    return Figures(tuple(readings), tuple(newest[service] for service in sorted(newest)))


def _further(newest: dict[Service, Bought], bought: Bought) -> None:
    known = newest.get(bought.service, bought)
    if bought.period:
        newest[bought.service] = max(known, bought, key=lambda one: (one.period, one.quantity))


def _reading(view: MeterView, sold: int, row: rows.Reading | None) -> LastReading:
    """``sold`` is the lifetime total that was sold to the meter."""
    place = (view.slot + 1, view.service, view.meter)
    if row is None:
        return LastReading(*place, None, Quantity(0), Quantity(0), Quantity(sold))
    waiting = Quantity(max(0, sold - row.total))
    at = from_timestamp(row.at)
    return LastReading(*place, at, Quantity(row.balance), Quantity(row.used), waiting)
