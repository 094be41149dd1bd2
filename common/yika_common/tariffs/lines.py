"""The lines of a price: each is a quantity times a price, rounded half up to the minor unit.

That is the only rounding of money there is.  A negative line, such as a rebate, is the negative
of what the same line would be without its sign.
"""

from typing import Final

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
from yika_common.tariffs.parts import FEE_RATE_PLACES, WHOLE_RATE, FeeRate
from yika_common.values import dataclass

SETTLED_STEPS: Final = 10
"""A line of step k + 10 settles consumption that reached step k."""

STEP_UNIT: Final = 10 ** (QUANTITY_PLACES + PRICE_PLACES - MONEY_PLACES)
"""Quantity times price, in fractions of the minor unit of money."""

_FEE_UNIT = 10 ** (QUANTITY_PLACES + FEE_RATE_PLACES - MONEY_PLACES)
_RATE_FROM_MONEY = 10 ** (FEE_RATE_PLACES - MONEY_PLACES)
_RATE_FROM_PRICE = 10 ** (FEE_RATE_PLACES - PRICE_PLACES)
_THOUSANDTHS = 10**QUANTITY_PLACES
_THOUSANDTHS_FROM_MONEY = 10 ** (QUANTITY_PLACES - MONEY_PLACES)


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One line of a receipt: ``amount`` is ``quantity`` times ``price``, rounded half up.

    ========  =======================================  ==============================
    step      quantity, in 1/1000 of                   price
    ========  =======================================  ==============================
    1 to 6    the service's unit; the currency, where  1/10000 of the currency's unit
              the meter holds money
    12 to 16  the same, consumed in step 2 to 6 and    how much that step is above
              so far paid at the first step's price    the first, in the same unit
    0         m² (heat basic fee), charges (fixed      1/1000000 of the currency's
              charge), the service's unit (free        unit (a tax, a rebate: the
              units), currency (tax, rebate)           rate; a rebate's is negative)
    ========  =======================================  ==============================
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


def step_line(code: str, step: int, quantity: int, price: int) -> QuoteLine:
    """A quantity in a step; ``price`` in 1/10000."""
    amount = Money(half_up(quantity * price, STEP_UNIT))
    return QuoteLine(code, step, Quantity(quantity), Price(price), amount)


def fee_line(code: str, quantity: int, rate: int) -> QuoteLine:
    """A fee; ``quantity`` in 1/1000, ``rate`` in 1/1000000."""
    amount = Money(half_up(quantity * rate, _FEE_UNIT))
    return QuoteLine(code, 0, Quantity(quantity), FeeRate(rate), amount)


def charges_line(code: str, times: int, amount: Money) -> QuoteLine:
    """A sum charged that many times."""
    return fee_line(code, times * _THOUSANDTHS, amount * _RATE_FROM_MONEY)


def free_line(code: str, quantity: int, price: int) -> QuoteLine:
    """Units at a price of their own; ``price`` in 1/10000."""
    return fee_line(code, quantity, price * _RATE_FROM_PRICE)


def tax_line(code: str, base: int, rate: int) -> QuoteLine:
    """A rate on a sum of money that is not negative."""
    return fee_line(code, base * _THOUSANDTHS_FROM_MONEY, rate)


def rebate_line(code: str, base: int, rate: int) -> QuoteLine:
    """A rate of a sum of money that is not negative, given back."""
    line = tax_line(code, base, rate)
    return QuoteLine(code, 0, line.quantity, FeeRate(-rate), Money(-line.amount))


def rate_of(base: int, rate: int) -> int:
    """What :func:`tax_line` comes to."""
    return half_up(base * rate, WHOLE_RATE)


def included(amount: int, rate: int) -> int:
    """The tax contained in one line: ``amount * rate / (1 + rate)``, rounded half up."""
    part = half_up(abs(amount) * rate, WHOLE_RATE + rate)
    return part if amount >= 0 else -part
