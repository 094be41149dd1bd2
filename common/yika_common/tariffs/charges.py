"""Everything a sale of a given quantity is charged: fees, steps of every component, tax.

A line is one fee, or one component in one step; its amount is its quantity times its price,
rounded half up to the minor unit, and the only rounding there is.  Lines come in the order in
which a tender is used up: heat basic fee, fixed charges, components, tax.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from yika_common.numbers import (
    MONEY_PLACES,
    PRICE_PLACES,
    QUANTITY_PLACES,
    Money,
    Price,
    Quantity,
    half_up,
    scaled_to_text,
)
from yika_common.tariffs.errors import AreaUnknown
from yika_common.tariffs.model import (
    FEE_RATE_PLACES,
    TAX_CODE,
    Component,
    FeeRate,
    FixedCharge,
    HeatBasicFee,
    StepMode,
    Tariff,
)
from yika_common.tariffs.steps import marginal_parts, whole_block_parts
from yika_common.tariffs.usage import Usage

_STEP_UNIT = 10 ** (QUANTITY_PLACES + PRICE_PLACES - MONEY_PLACES)
_FEE_UNIT = 10 ** (QUANTITY_PLACES + FEE_RATE_PLACES - MONEY_PLACES)
_RATE_FROM_MONEY = 10 ** (FEE_RATE_PLACES - MONEY_PLACES)
_THOUSANDTHS = 10**QUANTITY_PLACES
_THOUSANDTHS_FROM_MONEY = 10 ** (QUANTITY_PLACES - MONEY_PLACES)


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One line of a receipt: ``amount`` is ``quantity`` times ``price``, rounded half up.

    ========  ==================================  ===============================
    step      quantity, in 1/1000 of              price
    ========  ==================================  ===============================
    1 to 6    the service's unit                  1/10000 of the currency's unit
    0         m² (heat basic fee), charges        1/1000000 of the currency's unit
              (fixed charge), currency (tax)      (a tax: the rate in 1/1000000)
    ========  ==================================  ===============================
    """

    code: str
    step: int
    quantity: Quantity
    price: Price | FeeRate
    amount: Money

    @property
    def price_text(self) -> str:
        """The price as decimal text, with at least two decimals."""
        return scaled_to_text(self.price, PRICE_PLACES if self.step else FEE_RATE_PLACES, least=2)


@dataclass(frozen=True, slots=True)
class IncludedTax:
    """What a tax contained in the prices makes of the amount; ``rate`` in 1/1000000."""

    code: str
    rate: FeeRate
    amount: Money


@dataclass(frozen=True, slots=True)
class _Ladder:
    """A component's steps as numbers, the household's extra already in the bounds."""

    code: str
    bounds: tuple[int, ...]
    prices: tuple[int, ...]

    @classmethod
    def of(cls, component: Component, extra: int) -> "_Ladder":
        return cls(
            code=component.code,
            bounds=tuple(s.up_to + extra for s in component.steps if s.up_to is not None),
            prices=tuple(step.price for step in component.steps),
        )


class Charges:
    """What any quantity would be charged, for one tariff and one customer's usage.

    ``amount`` never falls when the quantity rises: every line is monotone, and so is their sum.

    Raises:
        AreaUnknown: the heat basic fee is due and the area is not known.
    """

    def __init__(self, tariff: Tariff, usage: Usage) -> None:
        extra = 0 if tariff.household is None else tariff.household.allowance(usage.persons)
        self._used = usage.used
        self._fees = tuple(_fee_lines(tariff, usage))
        self._ladders = tuple(_Ladder.of(part, extra) for part in tariff.components)
        self._parts = _PARTS[tariff.step_mode]
        self._tax_rate = tariff.tax.rate if tariff.tax and not tariff.tax.inclusive else 0
        self._taxed = frozenset(tariff.tax.components if tariff.tax is not None else ())

    def lines(self, quantity: int) -> tuple[QuoteLine, ...]:
        """The lines of a sale of ``quantity`` (1/1000 of the unit, at least 0)."""
        lines = [*self._fees]
        lines += (
            QuoteLine(ladder.code, step, Quantity(part), Price(price), _step_amount(part, price))
            for ladder in self._ladders
            for step, part, price in self._parts(
                ladder.bounds, ladder.prices, self._used, quantity
            )
        )
        base = sum(line.amount for line in lines if line.code in self._taxed)
        if self._tax_rate and base:
            milli = Quantity(base * _THOUSANDTHS_FROM_MONEY)
            lines.append(_fee_line(TAX_CODE, milli, FeeRate(self._tax_rate)))
        return tuple(lines)

    def amount(self, quantity: int) -> Money:
        """The sum of :meth:`lines`."""
        return Money(sum(line.amount for line in self.lines(quantity)))

    def largest(self, quantum: int, tendered: Money) -> Quantity:
        """The largest multiple of ``quantum`` whose amount fits into ``tendered``; 0 if none does.

        The amount is monotone, so doubling finds a quantity that does not fit and halving the
        interval finds the last that does.
        """
        too_many = 1
        while self.amount(too_many * quantum) <= tendered:
            too_many *= 2
        fits = too_many // 2
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            if self.amount(middle * quantum) <= tendered:
                fits = middle
            else:
                too_many = middle
        return Quantity(fits * quantum)


_PARTS: dict[
    StepMode,
    Callable[[tuple[int, ...], tuple[int, ...], int, int], Iterator[tuple[int, int, int]]],
] = {
    StepMode.MARGINAL: marginal_parts,
    StepMode.WHOLE_BLOCK: whole_block_parts,
}


def _fee_lines(tariff: Tariff, usage: Usage) -> Iterator[QuoteLine]:
    if tariff.heat_basic_fee is not None and not usage.heating_year_paid:
        yield _heat_line(tariff.heat_basic_fee, usage)
    for charge in tariff.fixed_charges:
        times = min(usage.months_due, charge.catch_up_months) // charge.months
        if times:
            yield _fixed_line(charge, times)


def _heat_line(fee: HeatBasicFee, usage: Usage) -> QuoteLine:
    if usage.area_m2 is None:
        raise AreaUnknown
    return _fee_line(fee.code, usage.area_m2, fee.rate)


def _fixed_line(charge: FixedCharge, times: int) -> QuoteLine:
    rate = FeeRate(charge.amount * _RATE_FROM_MONEY)
    return _fee_line(charge.code, Quantity(times * _THOUSANDTHS), rate)


def _fee_line(code: str, quantity: Quantity, rate: FeeRate) -> QuoteLine:
    return QuoteLine(code, 0, quantity, rate, Money(half_up(quantity * rate, _FEE_UNIT)))


def _step_amount(quantity: int, price: int) -> Money:
    return Money(half_up(quantity * price, _STEP_UNIT))
