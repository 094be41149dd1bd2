"""A tariff version: immutable, dated, scoped, and sound once it is built.

The file format is in ``docs/tariff-format.md``.  A step k covers the quantities above the bound of
step k - 1 up to and including its own bound, counted from the start of the quota period; source:
published step tariffs ("0-180, 180 included").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from zoneinfo import ZoneInfo

from yika_common.errors import Phrase
from yika_common.numbers import Money, Price, Quantity
from yika_common.services import Service
from yika_common.tariffs.errors import Unsound
from yika_common.tariffs.usage import Usage

FeeRate = NewType("FeeRate", int)
"""1/1000000 of the currency's unit per m², or 1/1000000 as a tax rate."""

FEE_RATE_PLACES = 6
TAX_CODE = "tax"
"""The code of the line that an exclusive tax adds."""

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


@dataclass(frozen=True, slots=True)
class Name:
    """What a line is called, by language code."""

    texts: tuple[tuple[str, str], ...]

    def text(self, language: str) -> str:
        """The name in that language, else in English, else in the first language given."""
        by_language = dict(self.texts)
        return by_language.get(language) or by_language.get("en") or self.texts[0][1]


@dataclass(frozen=True, slots=True)
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

    Raises:
        Unsound: not 1 to 6 steps, bounds that do not rise, or not exactly the last step open.
    """

    code: str
    name: Name
    payee: str
    steps: tuple[Step, ...]

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


@dataclass(frozen=True, slots=True)
class Cycle:
    """How often the quota starts afresh: every ``months`` from the day ``anchor``.

    Raises:
        Unsound: not 1, 3, 6 or 12 months, or a start day that some of the start months lack.
    """

    months: int
    anchor: MonthDay

    def __post_init__(self) -> None:
        if self.months not in CYCLE_MONTHS:
            raise Unsound("months", Phrase("it must be 1, 3, 6 or 12"))
        starts = range(self.anchor.month - 1, self.anchor.month + 11, self.months)
        if any(self.anchor.day > _DAYS[month % MONTHS_IN_A_YEAR] for month in starts):
            raise Unsound(
                "anchor", Phrase("some month in which a period would start lacks that day")
            )


@dataclass(frozen=True, slots=True)
class Household:
    """Persons above the included number raise every bound of every component."""

    included_persons: int
    extra_per_person: Quantity

    def allowance(self, persons: int | None) -> Quantity:
        """By how much every bound rises for a household of that many."""
        above = 0 if persons is None else max(0, persons - self.included_persons)
        return Quantity(above * self.extra_per_person)


@dataclass(frozen=True, slots=True)
class HeatBasicFee:
    """A fee by heated area, once in each heating year, before the first heat of that year."""

    code: str
    name: Name
    rate: FeeRate
    heating_year_starts: MonthDay


@dataclass(frozen=True, slots=True)
class FixedCharge:
    """A sum every ``months`` months; of missed months at most ``catch_up_months`` are charged.

    Raises:
        Unsound: a cap so low that the charge could never be taken.
    """

    code: str
    name: Name
    amount: Money
    months: int
    catch_up_months: int

    def __post_init__(self) -> None:
        if self.catch_up_months < self.months:
            raise Unsound("catch_up_months", Phrase("it must not be below months"))


@dataclass(frozen=True, slots=True)
class Tax:
    """A rate on the lines with these codes: contained in their prices, or added to them."""

    rate: FeeRate
    inclusive: bool
    components: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what one sale, or one quota period, may hold; ``None`` for no bound.

    Raises:
        Unsound: a most below the least, so that nothing could ever be sold.
    """

    min_quantity: Quantity | None
    max_quantity_per_sale: Quantity | None
    max_quantity_per_cycle: Quantity | None

    def __post_init__(self) -> None:
        least = self.min_quantity or 0
        for key in ("max_quantity_per_sale", "max_quantity_per_cycle"):
            most: Quantity | None = getattr(self, key)
            if most is not None and most < least:
                raise Unsound(key, Phrase("it must not be below min_quantity"))


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """A sale and what it comes to; ``tendered`` is ``None`` when the quantity was asked for."""

    usage: Usage
    tendered: Money | None
    quantity: Quantity
    charged: Money


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version of one tariff.

    Attributes:
        version: 1 or higher; a higher one in force replaces a lower one of the same ``id``.
        tariff_class: class of customers, for example ``residential``.
        area: ``None`` for everywhere.
        time_zone: IANA name; quota periods and ``effective_from`` are days and hours there.
        effective_from: aware UTC.
        digest: SHA-256 of the file's exact bytes.

    Raises:
        Unsound: parts that contradict each other.
    """

    id: str
    version: int
    service: Service
    tariff_class: str
    area: str | None
    currency: str
    time_zone: str
    effective_from: datetime
    cycle: Cycle
    quota_basis: QuotaBasis
    step_mode: StepMode
    on_version_change: VersionChange
    household: Household | None
    components: tuple[Component, ...]
    heat_basic_fee: HeatBasicFee | None
    fixed_charges: tuple[FixedCharge, ...]
    tax: Tax | None
    limits: Limits
    golden: tuple[GoldenCase, ...]
    digest: bytes

    def __post_init__(self) -> None:
        self._check_prices()
        self._check_codes()
        if self.heat_basic_fee is not None and self.service is not Service.HEAT:
            raise Unsound("heat_basic_fee", Phrase("only the service heat has one"))

    @property
    def zone(self) -> ZoneInfo:
        """The utility's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def names(self) -> dict[str, Name]:
        """The name of every line this tariff can charge, by its code."""
        names = {TAX_CODE: Name((("en", "Tax"), ("zh", "税")))} if self.adds_tax else {}
        return names | {part.code: part.name for _, part in self._coded()}

    @property
    def adds_tax(self) -> bool:
        """Whether a tax comes on top of the prices, as a line of its own."""
        return self.tax is not None and not self.tax.inclusive

    def _coded(self) -> Iterator[tuple[str, Component | HeatBasicFee | FixedCharge]]:
        if self.heat_basic_fee is not None:
            yield "heat_basic_fee", self.heat_basic_fee
        yield from ((f"fixed_charges[{i}]", fee) for i, fee in enumerate(self.fixed_charges))
        yield from ((f"components[{i}]", part) for i, part in enumerate(self.components))

    def _check_prices(self) -> None:
        if not any(component.steps[-1].price for component in self.components):
            raise Unsound(
                "components", Phrase("the last price of at least one must be above zero")
            )
        if self.step_mode is StepMode.WHOLE_BLOCK:
            for index, component in enumerate(self.components):
                prices = [step.price for step in component.steps]
                # A falling price would repay what was bought before, and more could cost less.
                if prices != sorted(prices):
                    raise Unsound(
                        f"components[{index}].steps", Phrase("with whole_block no price may fall")
                    )

    def _check_codes(self) -> None:
        seen = {TAX_CODE} if self.adds_tax else set()
        for path, part in self._coded():
            if part.code in seen:
                raise Unsound(f"{path}.code", Phrase("another line already has this code"))
            seen.add(part.code)
        for index, code in enumerate(self.tax.components if self.tax else ()):
            if code not in seen - {TAX_CODE}:
                raise Unsound(f"tax.components[{index}]", Phrase("no line has this code"))
