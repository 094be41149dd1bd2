"""A tariff version: immutable, dated, scoped, and sound once it is built.

The file format is in ``docs/tariff-format.md``.  The parts are in :mod:`.parts` (steps and what
moves them), :mod:`.fees` (what is charged or granted beside them) and :mod:`.limits`; the rules
between them in :mod:`.soundness`.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.tariffs.fees import (
    TAX_CODE,
    ChargeAnchor,
    ChargeStart,
    FixedCharge,
    FreeAllocation,
    HeatBasicFee,
    HeatedArea,
    LateOpening,
    Per,
    Rebate,
    Tax,
)
from yika_common.tariffs.limits import Expiry, Hoard, HoardCounts, Limits
from yika_common.tariffs.parts import (
    CYCLE_MONTHS,
    FEE_RATE_PLACES,
    MONTHS_IN_A_YEAR,
    STEPS_MAX,
    Component,
    Cycle,
    FeeRate,
    Household,
    MeterHolds,
    MonthDay,
    Name,
    Opening,
    PartPeriod,
    QuotaBasis,
    Rounding,
    SeasonalQuota,
    Step,
    StepMode,
    VersionChange,
)
from yika_common.tariffs.soundness import check_sound
from yika_common.tariffs.usage import Usage
from yika_common.values import dataclass

__all__ = [
    "CYCLE_MONTHS",
    "FEE_RATE_PLACES",
    "MONTHS_IN_A_YEAR",
    "STEPS_MAX",
    "TAX_CODE",
    "ChargeAnchor",
    "ChargeStart",
    "Component",
    "Cycle",
    "Expiry",
    "FeeRate",
    "FixedCharge",
    "FreeAllocation",
    "GoldenCase",
    "HeatBasicFee",
    "HeatedArea",
    "Hoard",
    "HoardCounts",
    "Household",
    "LateOpening",
    "Limits",
    "MeterHolds",
    "MonthDay",
    "Name",
    "Opening",
    "PartPeriod",
    "Per",
    "QuotaBasis",
    "Rebate",
    "Rounding",
    "SeasonalQuota",
    "SecondClass",
    "Step",
    "StepMode",
    "Tariff",
    "Tax",
    "VersionChange",
]


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """A sale and what it comes to; ``tendered`` is ``None`` when the quantity was asked for."""

    usage: Usage
    tendered: Money | None
    quantity: Quantity
    charged: Money


@dataclass(frozen=True, slots=True)
class SecondClass:
    """What sells ``percent`` of a meter's quantity where two classes share it."""

    tariff: "Tariff"
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """One version of one tariff; or of two, where two classes share a meter.

    Attributes:
        version: 1 or higher; a higher one in force replaces a lower one of the same ``id``.
        tariff_class: class of customers, for example ``residential``.
        area: ``None`` for everywhere.
        time_zone: IANA name; quota periods and ``effective_from`` are days and hours there.
        effective_from: aware UTC.
        expires: ``None`` for a version that stays saleable until another replaces it.
        meter_holds: with ``money`` the quantity sold is money, in 1/1000 of the currency's unit,
            and the one component's price is what the meter deducts by.
        tax, taxes: one tax without a code of its own, or several with theirs.
        digest: SHA-256 of the file's exact bytes.
        beside: the second class's tariff, whose parts are among this one's
            (:mod:`yika_common.tariffs.mixing`); the rest is the first class's.

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
    expires: Expiry | None = None
    cycle: Cycle
    part_period: PartPeriod | None = None
    quota_basis: QuotaBasis
    step_mode: StepMode
    on_version_change: VersionChange
    household: Household | None
    seasonal_quota: SeasonalQuota | None = None
    components: tuple[Component, ...]
    meter_holds: MeterHolds = MeterHolds.QUANTITY
    heat_basic_fee: HeatBasicFee | None
    fixed_charges: tuple[FixedCharge, ...]
    free_allocation: FreeAllocation | None = None
    rebates: tuple[Rebate, ...] = ()
    tax: Tax | None
    taxes: tuple[Tax, ...] = ()
    limits: Limits
    golden: tuple[GoldenCase, ...]
    digest: bytes
    beside: SecondClass | None = None

    def __post_init__(self) -> None:
        check_sound(self)

    @property
    def zone(self) -> ZoneInfo:
        """The utility's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def names(self) -> dict[str, Name]:
        """The name of every line or included tax this tariff can have, by its code."""
        names = {} if self.tax is None else {self.tax.code: self.tax.name}
        return names | {part.code: part.name for _, part in self.coded()}

    @property
    def levied(self) -> tuple[Tax, ...]:
        """All taxes, whichever key they came under."""
        return self.taxes if self.tax is None else (self.tax,)

    @property
    def holds_money(self) -> bool:
        """Whether the meter is credited with money and deducts the price by itself."""
        return self.meter_holds is MeterHolds.MONEY

    @property
    def counts_consumption(self) -> bool:
        """Whether steps are reached by what was consumed, and settled afterwards."""
        return self.quota_basis is QuotaBasis.CONSUMED

    @property
    def unit(self) -> str:
        """The unit of what is sold: the service's, or the currency."""
        return self.currency if self.holds_money else self.service.unit

    def coded(
        self,
    ) -> Iterator[
        tuple[str, Component | HeatBasicFee | FixedCharge | FreeAllocation | Rebate | Tax]
    ]:
        """Everything that the file gives a code, with the path of its key."""
        if self.heat_basic_fee is not None:
            yield "heat_basic_fee", self.heat_basic_fee
        yield from ((f"fixed_charges[{i}]", fee) for i, fee in enumerate(self.fixed_charges))
        if self.free_allocation is not None:
            yield "free_allocation", self.free_allocation
        yield from ((f"components[{i}]", part) for i, part in enumerate(self.components))
        yield from ((f"rebates[{i}]", rebate) for i, rebate in enumerate(self.rebates))
        yield from ((f"taxes[{i}]", tax) for i, tax in enumerate(self.taxes))
