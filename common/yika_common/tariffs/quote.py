"""A price: what a sum buys, or what a quantity costs.

Marginal steps: with C counted in the period, line k of a sale of V is the price of step k times
``max(0, min(C + V, B_k) - max(C, B_(k-1)))``, and A(V) is the sum of its lines.  For a sum M the
quantity is the largest multiple of the meter's quantum with A(V) at most M; M - A(V) is the
residual.  The same arguments always give the same quote: no clock, no state, integers only.
"""

from dataclasses import dataclass

from yika_common.numbers import Money, Quantity, money_to_text, quantity_to_text
from yika_common.tariffs.charges import Charges, IncludedTax, QuoteLine
from yika_common.tariffs.errors import (
    AboveCycleMaximum,
    AboveMaximum,
    BelowMinimum,
    CostsNothing,
    FeeNotCovered,
    NotAMultiple,
    NothingToSell,
)
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.usage import Usage

__all__ = ["IncludedTax", "Quote", "QuoteLine", "Usage", "quote_for_money", "quote_for_quantity"]

_NONE = Quantity(0)


@dataclass(frozen=True, slots=True)
class Quote:
    """What is sold and what is charged for it.

    Attributes:
        quantity: 1/1000 of the service's unit, a multiple of the quantum.
        amount: everything charged; the sum of the lines.
        residual: what is left of the sum tendered; 0 when a quantity was asked for.
        included_taxes: what of the amount is a tax contained in the prices, by tax.
        free: free units claimed, part of ``quantity``.
        settled: counted in the quota period after this sale; where the tariff counts
            consumption, what of it is settled then.
    """

    quantity: Quantity
    amount: Money
    residual: Money
    lines: tuple[QuoteLine, ...]
    included_taxes: tuple[IncludedTax, ...] = ()
    free: Quantity = _NONE
    settled: Quantity = _NONE

    def __post_init__(self) -> None:
        if self.amount != sum(line.amount for line in self.lines):
            raise ValueError("a quote charges the sum of its lines")


def quote_for_money(tariff: Tariff, usage: Usage, tendered: Money) -> Quote:
    """The most that ``tendered`` buys, after the fees that are due.

    With whole blocks this stops at a bound whose jump the rest cannot pay.

    Raises:
        NothingToSell: ``tendered`` is not above zero.
        AreaUnknown: the heat basic fee is due and the area is not known.
        FeeNotCovered: ``tendered`` does not pay the fees.
        BelowMinimum: it buys less than a quantum, or less than the tariff's least sale.
        AboveMaximum: it buys more than the tariff allows in one sale.
        AboveCycleMaximum: or in one quota period.
        CostsNothing: what it buys is priced, and rounds to nothing.
    """
    if tendered <= 0:
        raise NothingToSell
    charges = Charges(tariff, usage)
    fees = charges.amount(0)
    if fees > tendered:
        raise FeeNotCovered(fees=money_to_text(fees), tendered=money_to_text(tendered))
    quantity = charges.largest(usage.quantum, tendered)
    return _quote(tariff, usage, charges, quantity, tendered)


def quote_for_quantity(tariff: Tariff, usage: Usage, quantity: Quantity) -> Quote:
    """What ``quantity`` costs, with the fees that are due.

    Raises:
        NothingToSell: ``quantity`` is not above zero.
        NotAMultiple: the meter cannot count it.
        AreaUnknown: the heat basic fee is due and the area is not known.
        BelowMinimum: it is less than the tariff's least sale.
        AboveMaximum: it is more than the tariff allows in one sale.
        AboveCycleMaximum: or in one quota period.
        CostsNothing: it is priced, and the price rounds to nothing.
    """
    if quantity <= 0:
        raise NothingToSell
    if quantity % usage.quantum:
        raise NotAMultiple(
            quantity=quantity_to_text(quantity),
            quantum=quantity_to_text(usage.quantum),
            unit=tariff.service.unit,
        )
    return _quote(tariff, usage, Charges(tariff, usage), quantity, tendered=None)


def _quote(
    tariff: Tariff, usage: Usage, charges: Charges, quantity: Quantity, tendered: Money | None
) -> Quote:
    _check_limits(tariff, usage, quantity)
    lines = charges.lines(quantity)
    amount = Money(sum(line.amount for line in lines))
    # Sold again and again, quantities that round to nothing would add up to a free supply.
    if amount == 0 and any(line.price for line in lines):
        raise CostsNothing(quantity=quantity_to_text(quantity), unit=tariff.service.unit)
    residual = Money(0 if tendered is None else tendered - amount)
    return Quote(quantity, amount, residual, lines)


def _check_limits(tariff: Tariff, usage: Usage, quantity: Quantity) -> None:
    limits, unit = tariff.limits, tariff.service.unit
    asked = quantity_to_text(quantity)
    least = max(usage.quantum, limits.min_quantity or 0)
    if quantity < least:
        raise BelowMinimum(minimum=quantity_to_text(Quantity(least)), quantity=asked, unit=unit)
    most = limits.max_quantity_per_sale
    if most is not None and quantity > most:
        raise AboveMaximum(maximum=quantity_to_text(most), quantity=asked, unit=unit)
    in_cycle = limits.max_quantity_per_cycle
    if in_cycle is not None and usage.used + quantity > in_cycle:
        left = Quantity(max(0, in_cycle - usage.used))
        raise AboveCycleMaximum(left=quantity_to_text(left), quantity=asked, unit=unit)
