"""Debts: what is left of them, what lateness costs, and a sum spread over instalments.

Collections arrive late and in any order, as sales do.  So nothing here is counted on from where it
stood: the late fee is computed from all that is known, and only its change is entered.  A customer
who paid in time at a counter that was cut off ends with the fee of one who paid in time.

Source: published rules of late fees on utility bills: a share of the unpaid sum for each day after
the due day, no fee on fees, never above a bound.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from yika_common.numbers import Money, half_up

WHOLE: Final = 1_000_000
"""Shares and daily fees are millionths of a sum."""

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Terms:
    """What sets a debt's late fee: ``due_on`` is the last day without one, None: there is none."""

    amount: Money
    due_on: date | None
    daily_fee: int
    fee_most: Money


@dataclass(frozen=True, slots=True)
class Paid:
    """What became of a debt on a day: collected or waived."""

    on: date
    amount: Money


def late_fee(terms: Terms, paid: Iterable[Paid], today: date) -> Money:
    """The whole late fee up to the end of ``today``; each day's is rounded half up."""
    if terms.due_on is None or today <= terms.due_on or not terms.daily_fee:
        return Money(0)
    left, fee, since = int(terms.amount), 0, terms.due_on
    for payment in sorted(paid, key=lambda paid: paid.on):
        # A day's fee is on what is left at its end.
        upto = min(payment.on - timedelta(days=1), today)
        if upto > since:
            fee += (upto - since).days * _a_day(left, terms)
            since = upto
        left -= payment.amount
    fee += max(0, (today - since).days) * _a_day(left, terms)
    return Money(min(fee, terms.fee_most))


@dataclass(frozen=True, slots=True)
class Owed:
    """A debt's money: registered, late fees so far, waived, and collected in its name."""

    amount: Money
    fees: Money = Money(0)  # noqa: RUF009 - a plain 0
    waived: Money = Money(0)  # noqa: RUF009 - a plain 0
    collected: Money = Money(0)  # noqa: RUF009 - a plain 0

    @property
    def whole(self) -> Money:
        """What there is to pay in all."""
        return Money(self.amount + self.fees - self.waived)

    @property
    def left(self) -> Money:
        """What is still to be paid."""
        return Money(max(0, self.whole - self.collected))

    @property
    def too_much(self) -> Money:
        """What was collected beyond the debt: two nodes that did not know of each other did."""
        return Money(max(0, self.collected - self.whole))


def instalments(amount: Money, count: int) -> tuple[Money, ...]:
    """The sum in equal parts; what does not divide goes to the first ones, a cent each.

    Raises:
        ValueError: there would be parts of nothing.
    """
    if not 0 < count <= amount:
        raise ValueError(f"{amount} can't be paid in {count} parts")
    part, rest = divmod(amount, count)
    return tuple(Money(part + (number < rest)) for number in range(count))


def months_later(first: date, count: int) -> date:
    """The same day some months later; the last of the month where it lacks the day."""
    month = first.year * _MONTHS + first.month - 1 + count
    begins = date(month // _MONTHS, month % _MONTHS + 1, 1)
    last = (begins + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return begins.replace(day=min(first.day, last.day))


AGES: Final[Sequence[int]] = (30, 60, 90)
"""Edges of the ageing of debts, in days after the due day."""


def age_of(due_on: date | None, today: date) -> int:
    """The place in the ageing: 0 not due, 1 to 30 days late, and so on to beyond the last edge."""
    if due_on is None or today <= due_on:
        return 0
    late = (today - due_on).days
    return 1 + sum(late > edge for edge in AGES)


def _a_day(left: int, terms: Terms) -> int:
    return half_up(max(0, left) * terms.daily_fee, WHOLE)
