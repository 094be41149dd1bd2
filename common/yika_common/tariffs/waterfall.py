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

from collections.abc import Iterator
from typing import Final

from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity, half_up, money_to_text
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.dues import (
    WHOLE,
    Bill,
    Debt,
    DebtBase,
    DebtTaken,
    Dues,
    Policy,
    Residual,
)
from yika_common.tariffs.errors import LimitExceeded, NothingToSell, SupplyShareTooSmall
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.parts import Rounding
from yika_common.tariffs.quote import Quote, quote_for_money, quote_for_quantity
from yika_common.tariffs.usage import Usage
from yika_common.values import dataclass

__all__ = [
    "WHOLE",
    "Bill",
    "Debt",
    "DebtBase",
    "DebtTaken",
    "Dues",
    "Policy",
    "Residual",
    "Rounding",
    "bill_for_money",
    "bill_for_quantity",
]

_NO_MONEY: Final = Money(0)
_LEAST_COIN: Final = Money(1)


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
    if tendered < 0:
        raise NothingToSell
    counter = _Counter(tariff, usage, policy, dues, Charges(tariff, usage).amount(0))
    fits, too_much = 0, max(0, dues.credit)
    try:
        return counter.sell_for(tendered, too_much)
    except LimitExceeded:
        if not too_much:
            raise
    # More credit buys more, so halving finds the most of it that the limits let through.
    while too_much - fits > 1:
        middle = (fits + too_much) // 2
        try:
            counter.sell_for(tendered, middle)
        except LimitExceeded:
            too_much = middle
        except YikaError:
            fits = middle  # too little for a sale: more of it may do
        else:
            fits = middle
    most = counter.sell_for(tendered, fits)
    return counter.sell_for(tendered, max(0, fits - most.quote.residual))


def bill_for_quantity(
    tariff: Tariff, usage: Usage, quantity: Quantity, dues: Dues, policy: Policy
) -> Bill:
    """The least sum from which ``quantity`` is paid after everything that goes before supply.

    Raises:
        SupplyShareTooSmall: too little of that sum would go to supply.
        NotAMultiple, BelowMinimum, AboveMaximum, AreaUnknown and their like: as
            :func:`yika_common.tariffs.quote.quote_for_quantity`.
    """
    quote = quote_for_quantity(tariff, usage, quantity)
    counter = _Counter(tariff, usage, policy, dues, Charges(tariff, usage).amount(0))
    return counter.sell(quote, max(0, dues.credit))


@dataclass(frozen=True, slots=True)
class _Taken:
    """What goes before supply: from each debt in their order, and for what is owed from before."""

    debts: tuple[Money, ...]
    debit: Money

    @property
    def sum(self) -> int:
        return sum(self.debts) + self.debit


@dataclass(frozen=True, slots=True)
class _Counter:
    """One sale at the counter; ``fees`` are due before anything else."""

    tariff: Tariff
    usage: Usage
    policy: Policy
    dues: Dues
    fees: Money

    @property
    def debit(self) -> int:
        """What the customer owes headquarters from before."""
        return max(0, -self.dues.credit)

    def sell_for(self, tendered: Money, credit: int) -> Bill:
        """What the tender buys with that much of the credit."""
        spendable = tendered + credit
        taken = self._taken(tendered, credit)
        if spendable >= self.fees:
            self._check_supply(spendable - taken.sum - self.fees, tendered, taken)
        quote = quote_for_money(self.tariff, self.usage, Money(spendable - taken.sum))
        unspent = spendable - taken.sum - quote.amount
        if self.policy.residual is Residual.BALANCE:
            return self._bill(quote, taken, credit, unspent, tendered, paid=tendered)
        back = min(unspent, tendered)
        due = tendered - back
        paid = min(tendered, self._in_coins(due))
        change = Money(tendered - paid)
        return self._bill(
            quote, taken, credit, unspent - back, due, paid=Money(paid), change=change
        )

    def sell(self, quote: Quote, credit: int) -> Bill:
        """What a quantity costs at the counter: the least sum that pays for it."""
        due = self._least_sum(quote.amount, credit)
        taken = self._taken(due, credit)
        self._check_supply(quote.amount - self.fees, due, taken)
        unspent = due + credit - taken.sum - quote.amount
        return self._bill(quote, taken, credit, unspent, due, paid=self._in_coins(due))

    def _least_sum(self, amount: int, credit: int) -> int:
        """The least sum that, with the credit, leaves ``amount``.

        Where anything is taken at all, what is taken grows no faster than the sum; what is left
        never falls, and halving finds the least sum.
        """
        short = max(0, amount - credit)
        if not self._taken(short, credit).sum:
            return short
        enough = short + sum(debt.left for debt in self.dues.debts) + self.debit
        while enough - short > 1:
            middle = (short + enough) // 2
            if middle + credit - self._taken(middle, credit).sum < amount:
                short = middle
            else:
                enough = middle
        return enough

    def _taken(self, tendered: int, credit: int) -> _Taken:
        """What debts and debit take of a tender, and never of what the fees need."""
        available = max(0, tendered + credit - self.fees)
        exact = so_far = 0
        amounts: list[Money] = []
        for wish in self._wishes(tendered):
            exact += wish
            upto = min(exact // WHOLE, available)
            amounts.append(Money(upto - so_far))
            so_far = upto
        return _Taken(debts=tuple(amounts[:-1]), debit=amounts[-1])

    def _wishes(self, tendered: int) -> Iterator[int]:
        """What each debt, and the debit after them, would take: minor units in millionths."""
        base = tendered
        if self.policy.debt_base is DebtBase.AFTER_FIXED:
            base = max(0, tendered - self.fees)
        whole = WHOLE
        for debt in self.dues.debts:
            share = min(debt.share, whole)
            whole -= share
            wish = max(debt.least * WHOLE, share * base) if base else 0
            yield min(debt.left * WHOLE, wish)
        yield min(self.debit * WHOLE, min(self.policy.debit_share, whole) * tendered)

    def _check_supply(self, supply: int, tendered: int, taken: _Taken) -> None:
        least = -(-self.policy.least_supply * tendered // WHOLE)
        if taken.sum and not self.usage.free:
            least = max(least, _LEAST_COIN)
        if supply < least:
            raise SupplyShareTooSmall(
                tendered=money_to_text(Money(tendered)),
                supply=money_to_text(Money(supply)),
                least=money_to_text(Money(least)),
            )

    def _in_coins(self, due: int) -> Money:
        """The sum in coins; what costs anything at all costs at least one."""
        unit = self.policy.cash_unit
        match self.policy.cash_rounding:
            case Rounding.DOWN:
                coins = due // unit
            case Rounding.UP:
                coins = -(-due // unit)
            case Rounding.HALF_UP:
                coins = half_up(due, unit)
        return Money(max(coins, min(due, 1)) * unit)

    def _bill(
        self,
        quote: Quote,
        taken: _Taken,
        credit: int,
        unspent: int,
        due: int,
        *,
        paid: Money,
        change: Money = _NO_MONEY,
    ) -> Bill:
        """Of what stays unspent the credit goes back to what is owed, the rest is kept."""
        owed = min(credit, unspent)
        return Bill(
            quote=quote,
            adjusted=Money(credit - owed - taken.debit),
            debts=tuple(
                DebtTaken(debt.id, amount, Money(debt.left - amount))
                for debt, amount in zip(self.dues.debts, taken.debts, strict=True)
                if debt.left
            ),
            kept=Money(unspent - owed),
            rounding=Money(paid - due),
            change=change,
            paid=paid,
        )
