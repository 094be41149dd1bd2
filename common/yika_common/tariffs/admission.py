"""Whether a sale may be made at all: the least, the most, and how much may be held unused.

A customer's own limits stand in place of the tariff's.  Limits count every unit, free ones too;
the least sale does not bind a claim of free units alone.
"""

from yika_common.numbers import Money, Quantity, money_to_text, quantity_to_text
from yika_common.tariffs.errors import (
    AboveCycleMaximum,
    AboveDayAmount,
    AboveDayMaximum,
    AboveMaximum,
    AboveMaximumAmount,
    AboveMonthAmount,
    AboveMonthMaximum,
    BelowMinimum,
    BelowMinimumAmount,
    FreeUnitsFirst,
    HoardLimit,
)
from yika_common.tariffs.limits import HoardCounts
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.usage import OwnLimits, Usage

_NO_LIMITS = OwnLimits()


def check_quantity(
    tariff: Tariff, usage: Usage, quantity: Quantity, *, quantum: Quantity, free: Quantity
) -> None:
    """Check the quantity of a sale, ``free`` units of it claimed.

    Raises:
        BelowMinimum: it is less than a quantum, or than the tariff's least sale.
        FreeUnitsFirst: or than the free units that are due.
        AboveMaximum: it is more than may be sold in one sale.
        AboveDayMaximum: or in one day.
        AboveMonthMaximum: or in one month.
        AboveCycleMaximum: or in one quota period.
        HoardLimit: more would be held unused than may be.
    """
    limits, own, unit = tariff.limits, usage.limits or _NO_LIMITS, tariff.unit
    asked = quantity_to_text(quantity)
    claimed_alone = 0 < quantity == free
    least = quantum if claimed_alone else max(quantum, limits.min_quantity or 0)
    if quantity < least:
        raise BelowMinimum(minimum=quantity_to_text(Quantity(least)), quantity=asked, unit=unit)
    allocation = tariff.free_allocation
    due = usage.free - usage.free % quantum
    if allocation is not None and not allocation.price and quantity < due:
        raise FreeUnitsFirst(free=quantity_to_text(Quantity(due)), quantity=asked, unit=unit)
    most = own.per_sale if own.per_sale is not None else limits.max_quantity_per_sale
    if most is not None and quantity > most:
        raise AboveMaximum(maximum=quantity_to_text(most), quantity=asked, unit=unit)
    for mine, tariffs, sold, refusal in (
        (own.per_day, limits.max_quantity_per_day, usage.sold_today, AboveDayMaximum),
        (own.per_month, limits.max_quantity_per_month, usage.sold_this_month, AboveMonthMaximum),
        (own.per_cycle, limits.max_quantity_per_cycle, usage.used, AboveCycleMaximum),
    ):
        if refusal is AboveCycleMaximum and tariff.counts_consumption:
            continue  # what is used says nothing of what was bought
        most = mine if mine is not None else tariffs
        if most is not None and sold + quantity > most:
            left = quantity_to_text(Quantity(max(0, most - sold)))
            raise refusal(left=left, quantity=asked, unit=unit)
    hoard = limits.hoard
    if hoard is not None and usage.stored is not None:
        with_sale = hoard.counts is HoardCounts.REMAINING_AND_SALE
        held = Quantity(usage.stored + (quantity if with_sale else 0))
        if held > hoard.quantity:
            raise HoardLimit(
                maximum=quantity_to_text(hoard.quantity), held=quantity_to_text(held), unit=unit
            )


def check_amount(
    tariff: Tariff, usage: Usage, amount: Money, *, tendered: Money | None, claimed_alone: bool
) -> None:
    """Check the money of a sale; the least sum is that of what is ``tendered``, if anything is.

    Raises:
        BelowMinimumAmount: it is less than the tariff's least sum.
        AboveMaximumAmount: it is more than may be charged in one sale.
        AboveDayAmount: or in one day.
        AboveMonthAmount: or in one month.
    """
    limits = tariff.limits
    asked = money_to_text(amount)
    given = amount if tendered is None else tendered
    if limits.min_amount is not None and given < limits.min_amount and not claimed_alone:
        raise BelowMinimumAmount(
            minimum=money_to_text(limits.min_amount), amount=money_to_text(given)
        )
    if limits.max_amount_per_sale is not None and amount > limits.max_amount_per_sale:
        raise AboveMaximumAmount(maximum=money_to_text(limits.max_amount_per_sale), amount=asked)
    for most, spent, refusal in (
        (limits.max_amount_per_day, usage.spent_today, AboveDayAmount),
        (limits.max_amount_per_month, usage.spent_this_month, AboveMonthAmount),
    ):
        if most is not None and spent + amount > most:
            left = money_to_text(Money(max(0, most - spent)))
            raise refusal(left=left, amount=asked)
