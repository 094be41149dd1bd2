"""One tariff over the purchases of one account and service, in order: the price of each.

The fold counts what was bought in the quota period, which heating years' basic fees and which
months' charges were taken, all by its own tariff, as if no other had ever been.
"""

from datetime import datetime

from yika_central.domain.purchases import Purchase
from yika_common.numbers import Money, Quantity
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.period import heating_year_of, period_of
from yika_common.tariffs.usage import Usage

_ANY_QUANTITY = Quantity(1)
_MONTHS = 12


class Fold:
    """What was bought and charged so far, by one tariff."""

    def __init__(self, tariff: Tariff) -> None:
        self._tariff = tariff
        self._period = ""
        self._used = 0
        self._heating_years: set[int] = set()
        self._month_charged: int | None = None

    def price(self, purchase: Purchase, at: datetime) -> Money:
        """What the purchase costs, counted at ``at``; the fold then counts it.

        Limits bind the counter, not what was sold: any quantity has a price.

        Raises:
            AreaUnknown: the basic fee is due and the area is not known; the quantity is counted.
        """
        tariff = self._tariff
        period = period_of(tariff, at).id
        used = self._used if period == self._period else 0
        self._period, self._used = period, used + purchase.quantity
        year = heating_year_of(tariff, at) if tariff.heat_basic_fee is not None else None
        month = _month(tariff, at)
        usage = Usage(
            used=Quantity(used),
            quantum=_ANY_QUANTITY,
            persons=purchase.persons,
            area_m2=purchase.area_m2,
            heating_year_paid=year is None or year in self._heating_years,
            months_due=self._months_due(purchase, month),
        )
        amount = Charges(tariff, usage).amount(purchase.quantity)
        if year is not None:
            self._heating_years.add(year)
        if usage.months_due:
            self._month_charged = month
        return amount

    def _months_due(self, purchase: Purchase, month: int) -> int:
        if self._month_charged is None:
            return purchase.months_due
        return max(0, month - self._month_charged)


def _month(tariff: Tariff, at: datetime) -> int:
    local = at.astimezone(tariff.zone)
    return local.year * _MONTHS + local.month
