"""What a quota tariff is built of: names, days, steps, the cycle and what moves the bounds.

A step k covers the quantities above the bound of step k - 1 up to and including its own bound,
counted from the start of the quota period; source: published step tariffs ("0-180, 180 included").
"""

from datetime import date
from enum import StrEnum
from typing import NewType

from yika_common.errors import Phrase
from yika_common.numbers import Price, Quantity
from yika_common.tariffs.errors import Unsound
from yika_common.tariffs.mixture import Portion
from yika_common.values import dataclass

FeeRate = NewType("FeeRate", int)
"""1/1000000 of the currency's unit per m² or unit, or 1/1000000 as a tax rate or a share."""

FEE_RATE_PLACES = 6
WHOLE_RATE = FeeRate(10**FEE_RATE_PLACES)
"""The rate 1: everything."""

FINEST_UNIT = Quantity(1)

STEPS_MAX = 6
CYCLE_MONTHS = (1, 3, 6, 12)
MONTHS_IN_A_YEAR = 12

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # 29 February does not exist every year


class StepMode(StrEnum):
    """Whether a step's price holds for the step's own part, or for everything in the period."""

    MARGINAL = "marginal"
    WHOLE_BLOCK = "whole_block"


class QuotaBasis(StrEnum):
    """What counts against the steps."""

    PURCHASED = "purchased"
    CONSUMED = "consumed"


class VersionChange(StrEnum):
    """What becomes of the quantity already counted when a version begins inside a period."""

    CARRY = "carry"
    RESET = "reset"
    PRORATA = "prorata"


class Opening(StrEnum):
    """Which bounds hold in the period in which an account is opened."""

    FULL = "full"
    PRORATA = "prorata"


class Rounding(StrEnum):
    """How a scaled bound is rounded to the unit of its part period."""

    HALF_UP = "half_up"
    DOWN = "down"
    UP = "up"


class MeterHolds(StrEnum):
    """What a meter is credited with and counts down."""

    QUANTITY = "quantity"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Name:
    """What a line is called, by language code."""

    texts: tuple[tuple[str, str], ...]

    def text(self, language: str) -> str:
        """The name in that language, else in English, else in the first language given."""
        by_language = dict(self.texts)
        return by_language.get(language) or by_language.get("en") or self.texts[0][1]


@dataclass(frozen=True, slots=True, order=True)
class MonthDay:
    """A day that every year has, in the utility's time zone; never 29 February."""

    month: int
    day: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= MONTHS_IN_A_YEAR and 1 <= self.day <= _DAYS[self.month - 1]):
            raise ValueError(f"no year-round day {self.month:02}-{self.day:02}")


@dataclass(frozen=True, slots=True)
class Step:
    """The price up to a bound; ``up_to`` is ``None`` for the last, open step."""

    up_to: Quantity | None
    price: Price


@dataclass(frozen=True, slots=True)
class Component:
    """One part of the price: its own steps, its own payee.

    ``portion`` is what of a quantity it prices where two classes share a meter; ``None``: all.

    Raises:
        Unsound: not 1 to 6 steps, bounds that do not rise, or not exactly the last step open.
    """

    code: str
    name: Name
    payee: str
    steps: tuple[Step, ...]
    portion: Portion | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= STEPS_MAX:
            raise Unsound("steps", Phrase("there must be 1 to %(most)s steps", most=STEPS_MAX))
        below = 0
        for index, step in enumerate(self.steps):
            key = f"steps[{index}].up_to"
            last = index == len(self.steps) - 1
            if step.up_to is None:
                if not last:
                    raise Unsound(key, Phrase("only the last step is open"))
            elif last:
                raise Unsound(key, Phrase("the last step must be open, without a bound"))
            elif step.up_to <= below:
                raise Unsound(key, Phrase("every bound must be above the one before"))
            else:
                below = step.up_to

    @property
    def prices_fall(self) -> bool:
        """Whether some step is cheaper than the one before."""
        prices = [step.price for step in self.steps]
        return prices != sorted(prices)


@dataclass(frozen=True, slots=True)
class Cycle:
    """How often the quota starts afresh: every ``months`` from the day ``anchor``.

    ``anchor`` is ``None`` for the day on which the account was opened; a start month that lacks
    that day then uses its last one.

    Raises:
        Unsound: not 1, 3, 6 or 12 months, or a start day that some of the start months lack.
    """

    months: int
    anchor: MonthDay | None

    def __post_init__(self) -> None:
        if self.months not in CYCLE_MONTHS:
            raise Unsound("months", Phrase("it must be 1, 3, 6 or 12"))
        if self.anchor is None:
            return
        starts = range(self.anchor.month - 1, self.anchor.month + 11, self.months)
        if any(self.anchor.day > _DAYS[month % MONTHS_IN_A_YEAR] for month in starts):
            raise Unsound(
                "anchor", Phrase("some month in which a period would start lacks that day")
            )


@dataclass(frozen=True, slots=True)
class PartPeriod:
    """How bounds are scaled where only some days of a period count.

    Attributes:
        opening: whether the period in which an account is opened is such a period.
        rounding: of a scaled bound, to a multiple of ``unit``.
        unit: 1/1000 of the service's unit.
    """

    opening: Opening = Opening.FULL
    rounding: Rounding = Rounding.HALF_UP
    unit: Quantity = FINEST_UNIT

    def scaled(self, bound: int, part_days: tuple[int, int]) -> int:
        """``bound`` times the days counted by the days of the period, rounded."""
        days, whole = part_days
        numerator, denominator = bound * days, whole * self.unit
        match self.rounding:
            case Rounding.DOWN:
                units = numerator // denominator
            case Rounding.UP:
                units = -(-numerator // denominator)
            case Rounding.HALF_UP:
                units = (2 * numerator + denominator) // (2 * denominator)
        return units * self.unit


@dataclass(frozen=True, slots=True)
class Household:
    """Persons above the included number raise every bound of every component.

    ``max_persons``: who is above that many raises nothing more; ``None`` for no such number.

    Raises:
        Unsound: a most that is not above the included number, so that nobody would raise it.
    """

    included_persons: int
    extra_per_person: Quantity
    max_persons: int | None = None

    def __post_init__(self) -> None:
        if self.max_persons is not None and self.max_persons <= self.included_persons:
            raise Unsound("max_persons", Phrase("it must be above included_persons"))

    def allowance(self, persons: int | None) -> Quantity:
        """By how much every bound rises for a household of that many."""
        counted = self.included_persons if persons is None else persons
        if self.max_persons is not None:
            counted = min(counted, self.max_persons)
        return Quantity(max(0, counted - self.included_persons) * self.extra_per_person)


@dataclass(frozen=True, slots=True)
class SeasonalQuota:
    """Between two days of every year, both included, registered equipment raises every bound.

    ``starts`` may lie after ``until``: the season then spans the new year.
    """

    starts: MonthDay
    until: MonthDay
    extra: Quantity
    equipment: str

    def allowance(self, equipment: tuple[str, ...], on: date | None) -> Quantity:
        """By how much every bound rises on that local day for premises with that equipment."""
        if on is None or self.equipment not in equipment:
            return Quantity(0)
        today, first, last = (on.month, on.day), _pair(self.starts), _pair(self.until)
        in_season = first <= today <= last if first <= last else today >= first or today <= last
        return self.extra if in_season else Quantity(0)


def _pair(day: MonthDay) -> tuple[int, int]:
    return day.month, day.day
