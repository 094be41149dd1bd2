"""What a tariff charges or grants beside its steps: fees, free units, rebates and taxes."""

from datetime import date
from enum import StrEnum
from typing import Final

from yika_common.errors import Phrase
from yika_common.numbers import Money, Price, Quantity
from yika_common.tariffs.errors import Unsound
from yika_common.tariffs.parts import MONTHS_IN_A_YEAR, WHOLE_RATE, FeeRate, MonthDay, Name
from yika_common.values import dataclass

TAX_CODE = "tax"
"""The code of the one tax of a tariff that names no code of its own."""

TAX_NAME: Final = Name((("en", "Tax"), ("zh", "税")))


class HeatedArea(StrEnum):
    """Which area of the premises the heat basic fee is charged on."""

    INNER = "inner"
    GROSS = "gross"


class LateOpening(StrEnum):
    """What premises that are heated only from a day within the season pay of the basic fee."""

    FULL = "full"
    BY_DAY = "by_day"


class ChargeAnchor(StrEnum):
    """From where the months of a fixed charge are counted."""

    CALENDAR = "calendar"
    ACCOUNT = "account"


class ChargeStart(StrEnum):
    """Whether the month in which an account is opened is charged."""

    OPENING = "opening"
    NEXT_MONTH = "next_month"


class Per(StrEnum):
    """How often free units fall due."""

    MONTH = "month"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class HeatBasicFee:
    """A fee by heated area, once in each heating year, before the first heat of that year.

    Attributes:
        rate: per m²; with ``days`` per m² and day.
        area: which area of the premises is charged.
        days: days of the season; ``None`` when the rate is for the whole year.
        coefficients: by the account's heat class; an account without class has coefficient 1.
        late_opening: whether premises heated from a later day on pay all or their days.
        season_starts: first day of the season, from which late days are counted.
        suspended_share: part of the fee while the supply is suspended that year; ``None``: all.

    Raises:
        Unsound: days are to be counted, and the season is not given or never counted.
    """

    code: str
    name: Name
    rate: FeeRate
    heating_year_starts: MonthDay
    area: HeatedArea = HeatedArea.INNER
    days: int | None = None
    coefficients: tuple[tuple[str, FeeRate], ...] = ()
    late_opening: LateOpening = LateOpening.FULL
    season_starts: MonthDay | None = None
    suspended_share: FeeRate | None = None

    def __post_init__(self) -> None:
        by_day = self.late_opening is LateOpening.BY_DAY
        if by_day and self.days is None:
            raise Unsound("late_opening", Phrase("by_day needs days, the length of the season"))
        if by_day and self.season_starts is None:
            raise Unsound("late_opening", Phrase("by_day needs season_starts"))
        if self.season_starts is not None and not by_day:
            raise Unsound("season_starts", Phrase("only late_opening by_day uses it"))


@dataclass(frozen=True, slots=True)
class FixedCharge:
    """A sum every ``months`` months; of missed months at most ``catch_up_months`` are charged.

    Attributes:
        anchor: which months are due where it is not every month; ``None`` as ``calendar``.
        starts: whether the month in which the account is opened is due.

    Raises:
        Unsound: a cap so low that the charge could never be taken, or months that a calendar
            year can't be divided into.
    """

    code: str
    name: Name
    amount: Money
    months: int
    catch_up_months: int
    anchor: ChargeAnchor | None = None
    starts: ChargeStart = ChargeStart.OPENING

    def __post_init__(self) -> None:
        if self.catch_up_months < self.months:
            raise Unsound("catch_up_months", Phrase("it must not be below months"))
        if self.anchor is not None and self.months == 1:
            raise Unsound("anchor", Phrase("only charges of several months have one"))
        even = not MONTHS_IN_A_YEAR % self.months or not self.months % MONTHS_IN_A_YEAR
        if self.anchor is ChargeAnchor.CALENDAR and not even:
            raise Unsound(
                "anchor", Phrase("with calendar, months must divide a year or be whole years")
            )


@dataclass(frozen=True, slots=True)
class Tax:
    """A rate on the lines with these codes: contained in their prices, or added to them."""

    rate: FeeRate
    inclusive: bool
    components: tuple[str, ...]
    code: str = TAX_CODE
    name: Name = TAX_NAME


@dataclass(frozen=True, slots=True)
class FreeAllocation:
    """Units that fall due by themselves, free or at a lower price, and are sold first.

    Attributes:
        quantity: due every ``per``.
        price: of one such unit; 0 for units that are free.
        most: what may pile up unclaimed; ``quantity`` when nothing does.
        counts_in_quota: whether claimed units count against the steps.

    Raises:
        Unsound: less may pile up than falls due at once.
    """

    code: str
    name: Name
    quantity: Quantity
    per: Per
    price: Price
    most: Quantity
    counts_in_quota: bool

    def __post_init__(self) -> None:
        if self.most < self.quantity:
            raise Unsound("most", Phrase("it must not be below quantity"))


@dataclass(frozen=True, slots=True)
class Rebate:
    """A part of some lines that is not charged, between two local days, both included.

    Raises:
        Unsound: a rate that leaves nothing to pay, or days in the wrong order.
    """

    code: str
    name: Name
    rate: FeeRate
    components: tuple[str, ...]
    starts: date
    until: date

    def __post_init__(self) -> None:
        if self.rate >= WHOLE_RATE:
            raise Unsound("rate", Phrase("it must be below 1"))
        if self.until < self.starts:
            raise Unsound("until", Phrase("it must not be before from"))

    def holds(self, on: date | None) -> bool:
        """Whether the rebate is given on that local day; on no day when the day is unknown."""
        return on is not None and self.starts <= on <= self.until
