"""What a meter knows: what it was made as, and what has happened to it since.

A meter holds a quantity of its service, or money that it deducts from by itself
(:mod:`yika_common.meters.money`).  Its credit and totals are then 1/1000 of the currency's unit;
its use stays in 1/1000 of the service's unit.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from yika_common.cards.record import MeterParameters
from yika_common.cards.write_back import MONTHS, MeterReading, MeterStatus, WriteBack
from yika_common.clock import to_timestamp
from yika_common.meters.money import affordable, deducted
from yika_common.numbers import Price, Quantity
from yika_common.services import Service
from yika_common.values import dataclass

COUNTER_MAX = 0xFFFF
MONTH_USE_MAX = 0xFFFF_FFFF
_MONTHS_A_YEAR = 12
_NOTHING = Quantity(0)
_NO_PRICE = Price(0)


class Holds(StrEnum):
    """What a meter's credit is."""

    QUANTITY = "quantity"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class MeterPlate:
    """What the factory set for good.

    Attributes:
        meter_id: as in the credit record.
        service: what it measures.
        key_version: of its keys.
        ceiling: the most credit it will ever store; parameters on a card can only lower it, so
            that whoever steals a meter's key is still bounded.
        holds: what its credit is.
    """

    meter_id: str
    service: Service
    key_version: int
    ceiling: Quantity
    holds: Holds = Holds.QUANTITY


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterState:
    """What the meter keeps in its two copies; a new meter is ``MeterState()``.

    ``price`` is above 0 in a meter that holds money, as soon as it holds any, and 0 in all others.
    ``next_from`` is seconds since 1970, 0 without a next price; ``owed`` is use that was delivered
    and is not yet deducted (:data:`yika_common.meters.money.PARTS`).  ``order`` is the number of
    the last order taken from a tool card; ``transferred`` and ``cleared`` are what came of such
    orders.
    """

    generation: int = 0
    count: int = 0
    total: Quantity = _NOTHING
    epoch: int = 0
    balance: Quantity = _NOTHING
    lifetime_use: Quantity = _NOTHING
    month: int = 0
    months: tuple[Quantity, ...] = (_NOTHING,) * MONTHS
    sequence: int = 0
    parameter_version: int = 0
    alarm_level: Quantity = _NOTHING
    max_stored: Quantity = _NOTHING
    price: Price = _NO_PRICE
    next_price: Price = _NO_PRICE
    next_from: int = 0
    owed: int = 0
    refusals: int = 0
    repairs: int = 0
    order: int = 0
    transferred: bool = False
    cleared: bool = False

    @property
    def position(self) -> tuple[int, int]:
        """(generation, count) last taken."""
        return self.generation, self.count

    @property
    def deliverable(self) -> Quantity:
        """The most use that the credit pays now; nothing once the meter was transferred."""
        if self.transferred:
            return _NOTHING
        if self.price:
            return affordable(self.balance, self.owed, self.price)
        return max(self.balance, _NOTHING)

    @property
    def status(self) -> MeterStatus:
        """Closed without anything to deliver, low at the alarm level, and what orders left."""
        status = MeterStatus(0)
        if not self.deliverable:
            status |= MeterStatus.CLOSED
        if self.balance <= self.alarm_level:
            status |= MeterStatus.LOW
        if self.transferred:
            status |= MeterStatus.TRANSFERRED
        if self.cleared:
            status |= MeterStatus.CLEARED
        return status

    def at(self, now: datetime) -> "MeterState":
        """The state at that time of its clock: a next price whose time has come is the price.

        It stays the price, whatever the clock says later.
        """
        if not self.next_from or to_timestamp(now) < self.next_from:
            return self
        return replace(self, price=self.next_price, next_price=_NO_PRICE, next_from=0)

    def set_to(self, parameters: MeterParameters) -> "MeterState":
        """The state after parameters newer than those in force."""
        next_from = parameters.next_from
        return replace(
            self,
            parameter_version=parameters.version,
            alarm_level=parameters.alarm_level,
            max_stored=parameters.max_stored,
            price=parameters.price,
            next_price=parameters.next_price,
            next_from=0 if next_from is None else to_timestamp(next_from),
        )

    def refused_once_more(self) -> "MeterState":
        """The state after a refusal; the counter stays at its highest value."""
        return replace(self, refusals=min(self.refusals + 1, COUNTER_MAX))

    def repaired_once_more(self) -> "MeterState":
        """The state after a damaged storage copy was found."""
        return replace(self, repairs=min(self.repairs + 1, COUNTER_MAX))


def limit_of(plate: MeterPlate, max_stored: Quantity) -> Quantity:
    """The most credit the meter stores while the parameter ``max_stored`` holds; 0 is none."""
    return min(plate.ceiling, max_stored) if max_stored else plate.ceiling


def consumed(state: MeterState, wanted: Quantity, now: datetime) -> tuple[MeterState, Quantity]:
    """The state after use, and how much was delivered: the meter closes when credit is gone."""
    rolled = _rolled(state.at(now), now)
    delivered = Quantity(min(wanted, rolled.deliverable))
    cost, owed = deducted(delivered, rolled.owed, rolled.price) if rolled.price else (delivered, 0)
    months = (
        Quantity(min(rolled.months[0] + delivered, MONTH_USE_MAX)),
        *rolled.months[1:],
    )
    used = replace(
        rolled,
        balance=Quantity(state.balance - cost),
        owed=owed,
        lifetime_use=Quantity(state.lifetime_use + delivered),
        months=months,
    )
    return used, delivered


def write_back_of(plate: MeterPlate, state: MeterState, slot: int, now: datetime) -> WriteBack:
    """What the meter tells the card in its slot."""
    return WriteBack(
        reading=MeterReading(
            meter_id=plate.meter_id,
            slot=slot,
            key_version=plate.key_version,
            generation=state.generation,
            count=state.count,
            total=state.total,
            balance=state.balance,
            lifetime_use=state.lifetime_use,
            status=state.status,
            sequence=state.sequence,
            clock=now,
        ),
        epoch=state.epoch,
        parameter_version=state.parameter_version,
        refusals=state.refusals,
        repairs=state.repairs,
        month=state.month,
        months=state.months,
    )


def _rolled(state: MeterState, now: datetime) -> MeterState:
    """The ring moved on to the month of ``now``; a clock that went back moves nothing."""
    month = now.year * _MONTHS_A_YEAR + now.month - 1
    passed = month - state.month
    if passed <= 0:
        return state
    fresh = (_NOTHING,) * min(passed, MONTHS)
    return replace(state, month=month, months=(*fresh, *state.months)[:MONTHS])
