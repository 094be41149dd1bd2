"""What is owed beside a sale, how a utility divides money at its counters, and the bill.

How a bill comes about is in :mod:`.waterfall`.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from yika_common.numbers import Money
from yika_common.tariffs.parts import Name, Rounding
from yika_common.tariffs.quote import Quote
from yika_common.values import dataclass

WHOLE: Final = 1_000_000
"""Shares are in millionths."""

_NO_MONEY = Money(0)
_LEAST_COIN = Money(1)


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
    cash_unit: Money = _LEAST_COIN
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
        paid: handed over, change given back; below 0 only where a purchase is given back.

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
        back = min(self.quote.quantity, self.quote.amount) < 0
        towards = -1 if back else 1
        if min(towards * self.paid, self.change, towards * self.kept) < 0:
            raise ValueError("money flows from the customer, or not at all")

    @property
    def collected(self) -> Money:
        """Paid off of all debts together."""
        return Money(sum(debt.amount for debt in self.debts))

    @property
    def tendered(self) -> Money:
        """What was put on the counter."""
        return Money(self.paid + self.change)


def _paid_off(debt: Debt, taken: DebtTaken) -> Debt:
    """What was taken in this basket counts towards the least sum of the sale."""
    least = Money(max(0, debt.least - taken.amount))
    return replace(debt, left=taken.left, least=least)
