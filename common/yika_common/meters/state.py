"""What a meter knows: what it was made as, and what has happened to it since.

A meter holds a quantity of its service, or money that it deducts from by itself
(:mod:`yika_common.meters.money`).  Its credit and totals are then 1/1000 of the currency's unit;
its use stays in 1/1000 of the service's unit.

What passes the measuring element is not always what is registered
(:class:`yika_common.meters.register.Register`).  Only what is registered costs credit, so use and
balance together are what was credited, at any moment and to the last 1/1000.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from yika_common.cards.cut import Cut
from yika_common.cards.parameters import Levels, MeterParameters
from yika_common.cards.write_back import MONTHS, MeterReading, MeterStatus, WriteBack
from yika_common.clock import to_timestamp
from yika_common.meters.money import affordable, deducted
from yika_common.meters.register import DIRECT, Register
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
        model: its name in the catalogue; empty for one that none describes.
        levels: what it is set to when it leaves the factory; ``overdraft`` is the most it will
            ever lend, for the same reason.
        register: how what passes the element is registered.
        quantum: the least that it credits; what a record brings beyond a multiple of it waits
            on the card until later records complete it.
        battery_closes: it closes when its battery is low.
        tamper_closes: it closes when the cover is opened or a magnet comes near.
    """

    meter_id: str
    service: Service
    key_version: int
    ceiling: Quantity
    holds: Holds = Holds.QUANTITY
    model: str = ""
    levels: Levels = Levels()
    register: Register = DIRECT
    quantum: Quantity = Quantity(1)
    battery_closes: bool = False
    tamper_closes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterState:
    """What the meter keeps in its two copies; a new meter is :func:`new_state`.

    ``price`` is above 0 in a meter that holds money, as soon as it holds any, and 0 in all others.
    ``next_from`` is seconds since 1970, 0 without a next price; ``owed`` is use that was delivered
    and is not yet deducted (:data:`yika_common.meters.money.PARTS`).  ``order`` is the number of
    the last order taken from a tool card; ``transferred`` and ``cleared`` are what came of such
    orders.

    ``warned``: closed at the second level; ``shown``: a card was shown at or below it, so that it
    is not closed there again.  ``pulse`` is what passed and is not yet registered.  ``shut``: the
    battery or somebody's hand closed it.
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
    second_level: Quantity = _NOTHING
    overdraft: Quantity = _NOTHING
    warned: bool = False
    shown: bool = False
    pulse: Quantity = _NOTHING
    battery: bool = False
    cover: bool = False
    magnet: bool = False
    shut: bool = False

    @property
    def position(self) -> tuple[int, int]:
        """(generation, count) last taken."""
        return self.generation, self.count

    def payable(self, floor: Quantity) -> Quantity:
        """The most use that leaves the balance at ``floor`` or above."""
        left = Quantity(self.balance - floor)
        if self.price:
            return affordable(left, self.owed, self.price)
        return max(left, _NOTHING)

    def deliverable_by(self, register: Register) -> Quantity:
        """The most that can still be registered now, a multiple of the register's step.

        Nothing while the meter is shut or closed at the second level, or was transferred.
        """
        if self.transferred or self.shut or self.warned:
            return _NOTHING
        most = register.whole(self.payable(Quantity(-self.overdraft)))
        if not self.second_level or self.shown or self.balance <= self.second_level:
            return most
        warns = register.whole(self.payable(self.second_level))
        if self.after(warns).balance > self.second_level:
            warns = Quantity(warns + register.step)
        return min(most, warns)

    def after(self, use: Quantity) -> "MeterState":
        """The state when so much more was registered; months and clock stay."""
        cost, owed = deducted(use, self.owed, self.price) if self.price else (use, 0)
        return replace(
            self,
            balance=Quantity(self.balance - cost),
            owed=owed,
            lifetime_use=Quantity(self.lifetime_use + use),
        )

    @property
    def status(self) -> MeterStatus:
        """The status of a meter that registers what passes."""
        return self.status_by(DIRECT)

    def status_by(self, register: Register) -> MeterStatus:
        """Closed without anything to deliver, low at the alarm level, and what happened to it."""
        bits = {
            MeterStatus.CLOSED: not self.deliverable_by(register),
            MeterStatus.LOW: self.balance <= self.alarm_level,
            MeterStatus.TRANSFERRED: self.transferred,
            MeterStatus.CLEARED: self.cleared,
            MeterStatus.WARNED: self.warned,
            MeterStatus.BATTERY: self.battery,
            MeterStatus.COVER: self.cover,
            MeterStatus.MAGNET: self.magnet,
        }
        return MeterStatus(sum(bit for bit, holds in bits.items() if holds))

    def acknowledged(self) -> "MeterState":
        """The state once a card was shown: what was closed at the second level opens again."""
        return replace(self, warned=False, shown=self.balance <= self.second_level)

    def inspected(self, plate: MeterPlate) -> "MeterState":
        """The state once somebody looked: cover and magnet are forgotten."""
        return replace(self, cover=False, magnet=False).shut_by(plate)

    def shut_by(self, plate: MeterPlate) -> "MeterState":
        """The state with the valve as battery, cover and magnet have it."""
        shut = (plate.battery_closes and self.battery) or (
            plate.tamper_closes and (self.cover or self.magnet)
        )
        return replace(self, shut=shut)

    def at(self, now: datetime) -> "MeterState":
        """The state at that time of its clock: a next price whose time has come is the price.

        It stays the price, whatever the clock says later.
        """
        if not self.next_from or to_timestamp(now) < self.next_from:
            return self
        return replace(self, price=self.next_price, next_price=_NO_PRICE, next_from=0)

    def set_to(
        self, parameters: MeterParameters, plate: MeterPlate, cut: Cut = Cut.WHOLE
    ) -> "MeterState":
        """The state after parameters newer than those in force, from a card of that cut.

        What the card had no room for stays as it is.
        """
        next_from = parameters.next_from
        told = parameters.levels._asdict()
        told["overdraft"] = min(parameters.overdraft, plate.levels.overdraft)
        absent = {*_ABSENT[cut], *(_BESIDE_A_PRICE if parameters.price else ())}
        return replace(
            self,
            parameter_version=parameters.version,
            price=parameters.price,
            next_price=parameters.next_price,
            next_from=0 if next_from is None else to_timestamp(next_from),
            **{name: level for name, level in told.items() if name not in absent},
        )

    def refused_once_more(self) -> "MeterState":
        """The state after a refusal; the counter stays at its highest value."""
        return replace(self, refusals=min(self.refusals + 1, COUNTER_MAX))

    def repaired_once_more(self) -> "MeterState":
        """The state after a damaged storage copy was found."""
        return replace(self, repairs=min(self.repairs + 1, COUNTER_MAX))


_BESIDE_A_PRICE = ("second_level", "overdraft")
_ABSENT: dict[Cut, tuple[str, ...]] = {
    Cut.WHOLE: (),
    Cut.CLOSE: _BESIDE_A_PRICE,
    Cut.NARROW: Levels._fields,
    Cut.BARE: Levels._fields,
}
"""Levels that a card of some cut has no room for."""


def new_state(plate: MeterPlate) -> MeterState:
    """The state in which a meter leaves the factory."""
    return MeterState(**plate.levels._asdict())


def limit_of(plate: MeterPlate, max_stored: Quantity) -> Quantity:
    """The most credit the meter stores while the parameter ``max_stored`` holds; 0 is none."""
    return min(plate.ceiling, max_stored) if max_stored else plate.ceiling


def consumed(
    state: MeterState, wanted: Quantity, now: datetime, register: Register = DIRECT
) -> tuple[MeterState, Quantity]:
    """The state after use, and how much passed: the meter closes when credit is gone.

    Args:
        state: before.
        wanted: what somebody draws, as the measuring element counts it.
        now: the meter's clock.
        register: the meter's.

    Returns:
        The state, and what passed as the service counts it; what of it is less than a step of
        the register is not registered yet.
    """
    rolled = _rolled(state.at(now), now)
    most = rolled.deliverable_by(register)
    passed = min(wanted * register.ratio, most - rolled.pulse) if most else 0
    registered = register.whole(Quantity(passed + rolled.pulse))
    months = (
        Quantity(min(rolled.months[0] + registered, MONTH_USE_MAX)),
        *rolled.months[1:],
    )
    used = replace(
        rolled.after(registered),
        pulse=Quantity(passed + rolled.pulse - registered),
        months=months,
    )
    closes = bool(used.second_level) and not used.shown and used.balance <= used.second_level
    return replace(used, warned=closes), Quantity(passed)


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
            status=state.status_by(plate.register),
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
