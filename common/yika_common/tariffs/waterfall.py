"""The waterfall: what of a sum at the counter becomes supply, and what goes elsewhere first.

A sum runs down in this order, which receipts print::

    tender + credit -> fees and fixed charges -> debts -> what is owed from before -> supply, taxes

and what a sum can't buy is change, or is kept for the customer.  A quantity runs up the same
stairs: it costs the least sum from which, after all shares, it is paid.  Credit that headquarters
owes the customer is used before his own money; no share of it goes to debts.  Cash rounding
changes what is handed over and nothing else.

Shares are millionths of a base: the tender, or the tender after fees and fixed charges.  They are
rounded down, and the fraction lost is carried to the next debt; together they never take more
than the whole, those behind get less.  Source: published prepayment debt recovery (share of
tender, least sum, priority) and the refusal of sales that would leave too little supply.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from yika_common.numbers import Money, Quantity, half_up, money_to_text
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.errors import LimitExceeded, NothingToSell, SupplyShareTooSmall
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.parts import Name, Rounding
from yika_common.tariffs.quote import Quote, quote_for_money, quote_for_quantity
from yika_common.tariffs.usage import Usage

WHOLE: Final = 1_000_000
"""Shares are in millionths."""

_NO_MONEY = Money(0)


class DebtBase(StrEnum):
    """What a debt's share is a share of."""

    TENDER = "tender"
    AFTER_FIXED = "after_fixed"


class Residual(StrEnum):
    """Where money goes that buys nothing."""

    CHANGE = "change"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a utility divides money at its counters.

    Attributes:
        debt_base: what debts' shares are shares of.
        least_supply: millionths of the tender that must be left for supply.
        debit_share: millionths of the tender that at most go to negative adjustments.
        residual: where money goes that buys nothing.
        cash_unit: the smallest coin, in minor units.
        cash_rounding: to a multiple of it.

    Raises:
        ValueError: a share above the whole, or no coin.
    """

    debt_base: DebtBase = DebtBase.TENDER
    least_supply: int = 0
    debit_share: int = 500_000
    residual: Residual = Residual.CHANGE
    cash_unit: Money = Money(1)
    cash_rounding: Rounding = Rounding.HALF_UP

    def __post_init__(self) -> None:
        if not (0 <= self.least_supply <= WHOLE and 0 <= self.debit_share <= WHOLE):
            raise ValueError("a share lies between nothing and the whole")
        if self.cash_unit < 1:
            raise ValueError("the smallest coin is worth something")


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """Money owed from elsewhere, collected with sales; lower priorities come first.

    Attributes:
        left: still owed.
        share: millionths of the base that each sale pays off.
        least: but at least so much, in each sale that money is paid for.

    Raises:
        ValueError: a sum below 0, or a share outside 0 to the whole.
    """

    id: str
    name: Name
    left: Money
    share: int
    least: Money = _NO_MONEY
    priority: int = 0

    def __post_init__(self) -> None:
        if self.left < 0 or self.least < 0 or not 0 <= self.share <= WHOLE:
            raise ValueError(f"debt {self.id} is out of range")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dues:
    """What is owed between the customer and headquarters beside this sale.

    ``credit`` is headquarters' adjustment not yet applied: above 0 owed to the customer, below 0
    owed by him.  ``debts`` come in the order in which they are collected.
    """

    credit: Money = _NO_MONEY
    debts: tuple[Debt, ...] = ()

    def __post_init__(self) -> None:
        in_order = tuple(sorted(self.debts, key=lambda debt: (debt.priority, debt.id)))
        if len({debt.id for debt in in_order}) != len(in_order):
            raise ValueError("a debt stands there twice")
        object.__setattr__(self, "debts", in_order)

    def after(self, bill: "Bill") -> "Dues":
        """What is left for the next line of the same basket."""
        taken = {debt.id: debt for debt in bill.debts}
        return Dues(
            credit=Money(self.credit - bill.adjusted),
            debts=tuple(
                _paid_off(debt, taken[debt.id]) if debt.id in taken else debt
                for debt in self.debts
            ),
        )


@dataclass(frozen=True, slots=True)
class DebtTaken:
    """What a sale paid off of one debt, and what is left of it."""

    id: str
    amount: Money
    left: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What one sale comes to at the counter.

    Attributes:
        quote: what is supplied, and its price.
        adjusted: of headquarters' adjustment: above 0 to the customer's favour.
        debts: every debt that is owed, those that nothing was taken for included.
        kept: money that buys nothing and stays to the customer's favour.
        rounding: cash rounding; above 0 the customer pays so much more.
        change: handed back of what was tendered.
        paid: handed over, change given back; never below 0.

    Raises:
        ValueError: the parts do not add up to what is paid.
    """

    quote: Quote
    adjusted: Money
    debts: tuple[DebtTaken, ...]
    kept: Money
    rounding: Money
    change: Money
    paid: Money

    def __post_init__(self) -> None:
        parts = self.quote.amount - self.adjusted + self.collected + self.kept + self.rounding
        if self.paid != parts:
            raise ValueError(f"{self.paid} is paid for what comes to {parts}")
        if min(self.paid, self.change, self.kept) < 0:
            raise ValueError("money flows from the customer, or not at all")

    @property
    def collected(self) -> Money:
        """Paid off of all debts together."""
        return Money(sum(debt.amount for debt in self.debts))

    @property
    def tendered(self) -> Money:
        """What was put on the counter."""
        return Money(self.paid + self.change)


def bill_for_money(
    tariff: Tariff, usage: Usage, tendered: Money, dues: Dues, policy: Policy
) -> Bill:
    """The most that ``tendered`` buys after everything that goes before supply.

    Credit is used as far as the tariff's limits let it; the rest stays owed.  A sum of 0 is
    right where there is credit or where free units are due.

    Raises:
        NothingToSell: ``tendered`` is below 0, or 0 where nothing else pays.
        SupplyShareTooSmall: debts and fees would leave too little for supply.
        FeeNotCovered, BelowMinimum, AboveMaximum, AreaUnknown and their like: as
            :func:`yika_common.tariffs.quote.quote_for_money`.
    """
    raise NotImplementedError


def bill_for_quantity(
    tariff: Tariff, usage: Usage, quantity: Quantity, dues: Dues, policy: Policy
) -> Bill:
    """The least sum from which ``quantity`` is paid after everything that goes before supply.

    Raises:
        SupplyShareTooSmall: too little of that sum would go to supply.
        NotAMultiple, BelowMinimum, AboveMaximum, AreaUnknown and their like: as
            :func:`yika_common.tariffs.quote.quote_for_quantity`.
    """
    raise NotImplementedError


def _paid_off(debt: Debt, taken: DebtTaken) -> Debt:
    """What was taken in this basket counts towards the least sum of the sale."""
    least = Money(max(0, debt.least - taken.amount))
    return replace(debt, left=taken.left, least=least)
