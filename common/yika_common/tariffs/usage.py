"""What a price depends on besides the tariff and the sum."""

from datetime import date

from yika_common.numbers import Money, Quantity
from yika_common.tariffs.errors import UsageImpossible
from yika_common.values import dataclass

_NO_QUANTITY = Quantity(0)
_NO_MONEY = Money(0)


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """A customer's own bounds, in place of the tariff's; ``None`` leaves the tariff's.

    ``per_cycle`` has no meaning where the tariff counts consumption.
    """

    per_sale: Quantity | None = None
    per_day: Quantity | None = None
    per_month: Quantity | None = None
    per_cycle: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What is known of the customer and the meter at the moment of a quote.

    Quantities are in 1/1000 of the service's unit (of the currency's where the meter holds
    money), months are counted from January of year 0 (2026-03 is ``2026 * 12 + 2``).

    Attributes:
        used: already counted in this quota period; where the tariff counts consumption, what
            of the period's consumption is settled.
        quantum: the least the meter can count; sales are multiples of it.
        persons: members of the household; ``None`` for the included number.
        area_m2: heated area, 1/1000 m²; ``None`` when nobody recorded it.
        heating_year_paid: whether the basic fee of this heating year was already taken.
        months_due: months since fixed charges were last looked at, this one included.
        month: the local month of the sale; ``None`` when nobody says: charges of several months
            are then due for each ``months`` of ``months_due``.
        opened_month: the local month in which the account was opened.
        heat_class: the account's class of heating coefficients; empty for coefficient 1.
        heat_days: days of the season that are heated; ``None`` for all.
        heat_suspended: whether the supply is suspended this heating year.
        free: units that fell due and may be claimed now.
        equipment: codes of the registered equipment.
        on: the local day of the sale; seasons and rebates hold on days, so on none without it.
        period: name of the quota period that ``used`` is counted in; empty when nobody says.
        part_days: days that count and days of the whole period; ``None`` for a whole period.
        consumed: the consumption of the period as far as it is known; ``None``: not known.
        stored: last known remaining credit plus what waits on the card; ``None``: not known.
        sold_today: sold to the customer on the local day so far.
        sold_this_month: and in the local month.
        spent_today: money charged on the local day so far.
        spent_this_month: and in the local month.
        limits: the customer's own.

    Raises:
        UsageImpossible: a number is below its least value, or more days count than there are.
    """

    used: Quantity
    quantum: Quantity
    persons: int | None = None
    area_m2: Quantity | None = None
    heating_year_paid: bool = True
    months_due: int = 0
    month: int | None = None
    opened_month: int | None = None
    heat_class: str = ""
    heat_days: int | None = None
    heat_suspended: bool = False
    free: Quantity = _NO_QUANTITY
    equipment: tuple[str, ...] = ()
    on: date | None = None
    period: str = ""
    part_days: tuple[int, int] | None = None
    consumed: Quantity | None = None
    stored: Quantity | None = None
    sold_today: Quantity = _NO_QUANTITY
    sold_this_month: Quantity = _NO_QUANTITY
    spent_today: Money = _NO_MONEY
    spent_this_month: Money = _NO_MONEY
    limits: OwnLimits | None = None

    def __post_init__(self) -> None:
        for key, least in _LEAST:
            value: int | None = getattr(self, key)
            if value is not None and value < least:
                raise UsageImpossible(key=key, value=value)
        if self.part_days is not None and not 1 <= self.part_days[0] <= self.part_days[1]:
            raise UsageImpossible(
                key="part_days", value=f"{self.part_days[0]}/{self.part_days[1]}"
            )


_LEAST = (
    ("used", 0), ("quantum", 1), ("persons", 1), ("area_m2", 1), ("months_due", 0), ("month", 0),
    ("opened_month", 0), ("heat_days", 0), ("free", 0), ("consumed", 0), ("stored", 0),
    ("sold_today", 0), ("sold_this_month", 0), ("spent_today", 0), ("spent_this_month", 0),
)  # fmt: skip
