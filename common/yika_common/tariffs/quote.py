"""A price: what a sum buys, or what a quantity costs.

Marginal steps: with C counted in the period, line k of a sale of V is the price of step k times
``max(0, min(C + V, B_k) - max(C, B_(k-1)))``, and A(V) is the sum of its lines.  For a sum M the
quantity is the largest multiple of the meter's quantum with A(V) at most M; M - A(V) is the
residual.  The same arguments always give the same quote: no clock, no state, integers only.
"""

from yika_common.numbers import Money, Quantity, money_to_text, quantity_to_text
from yika_common.tariffs.admission import check_amount, check_quantity
from yika_common.tariffs.charges import Charges, IncludedTax, QuoteLine, included_taxes
from yika_common.tariffs.errors import CostsNothing, FeeNotCovered, NotAMultiple, NothingToSell
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.usage import Usage
from yika_common.values import dataclass

__all__ = [
    "IncludedTax",
    "Quote",
    "QuoteLine",
    "Usage",
    "quote_for_money",
    "quote_for_quantity",
]

_NONE = Quantity(0)


@dataclass(frozen=True, slots=True)
class Quote:
    """What is sold and what is charged for it.

    Attributes:
        quantity: 1/1000 of the service's unit, a multiple of the quantum.
        amount: everything charged; the sum of the lines.
        residual: what is left of the sum tendered; 0 when a quantity was asked for.
        included_taxes: what of the amount is a tax contained in the prices, by tax.
        free: units claimed that fell due by themselves, part of ``quantity``.
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

    With whole blocks this stops at a bound whose jump the rest cannot pay.  A sum of 0 claims
    the free units that are due and nothing else.

    Raises:
        NothingToSell: ``tendered`` is not above zero, and no free units are due.
        AreaUnknown: the heat basic fee is due and the area is not known.
        HeatClassUnknown: or the tariff does not know the account's class.
        FeeNotCovered: ``tendered`` does not pay the fees.
        BelowMinimum: it buys less than a quantum, or less than the tariff's least sale.
        BelowMinimumAmount: it is less than the tariff's least sum.
        LimitExceeded: one of its kinds: it buys more than may be sold, charged or held.
        CostsNothing: what it buys is priced, and rounds to nothing.
    """
    claims = tariff.free_allocation is not None and usage.free > 0
    if tendered < 0 or (tendered == 0 and not claims):
        raise NothingToSell
    charges = Charges(tariff, usage)
    fees = charges.amount(0)
    if fees > tendered:
        raise FeeNotCovered(fees=money_to_text(fees), tendered=money_to_text(tendered))
    quantity = charges.largest(tendered)
    if tendered == 0:
        quantity = charges.free(quantity)  # not what rounds to nothing beside it
    return _quote(tariff, usage, charges, quantity, tendered)


def quote_for_quantity(tariff: Tariff, usage: Usage, quantity: Quantity) -> Quote:
    """What ``quantity`` costs, with the fees that are due.

    Raises:
        NothingToSell: ``quantity`` is not above zero.
        NotAMultiple: the meter cannot count it.
        AreaUnknown: the heat basic fee is due and the area is not known.
        HeatClassUnknown: or the tariff does not know the account's class.
        BelowMinimum: it is less than the tariff's least sale.
        FreeUnitsFirst: it is less than the free units that are due.
        BelowMinimumAmount: it costs less than the tariff's least sum.
        LimitExceeded: one of its kinds: it is more than may be sold, charged or held.
        CostsNothing: it is priced, and the price rounds to nothing.
    """
    if quantity <= 0:
        raise NothingToSell
    charges = Charges(tariff, usage)
    if quantity % charges.quantum:
        raise NotAMultiple(
            quantity=quantity_to_text(quantity),
            quantum=quantity_to_text(charges.quantum),
            unit=tariff.unit,
        )
    return _quote(tariff, usage, charges, quantity, tendered=None)


def _quote(
    tariff: Tariff, usage: Usage, charges: Charges, quantity: Quantity, tendered: Money | None
) -> Quote:
    free = charges.free(quantity)
    check_quantity(tariff, usage, quantity, quantum=charges.quantum, free=free)
    lines = charges.lines(quantity)
    amount = Money(sum(line.amount for line in lines))
    # Sold again and again, quantities that round to nothing would add up to a free supply.
    if amount == 0 and any(line.price for line in lines):
        raise CostsNothing(quantity=quantity_to_text(quantity), unit=tariff.unit)
    check_amount(tariff, usage, amount, tendered=tendered, claimed_alone=quantity == free)
    residual = Money(0 if tendered is None else tendered - amount)
    return Quote(
        quantity=quantity,
        amount=amount,
        residual=residual,
        lines=lines,
        included_taxes=included_taxes(tariff, lines),
        free=free,
        settled=charges.settled(quantity),
    )
