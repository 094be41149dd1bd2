"""Settlement: a posted change becomes an absorbed part and an adjusted part.

An account's cumulative adjustment J is the sum of everything that was ever adjusted to the
customer's favour, less what was adjusted to his disfavour.  It has a number that rises with each
change.  Cards carry, for each slot, the sum of what was applied through it, so that at any node
what is outstanding is J less the sum over the slots: each difference reaches the customer once,
whichever node comes first.

Source: the cumulative credit total of the card itself, which heals loss and doubling alike.
"""

from dataclasses import dataclass

from yika_central.domain.policy import Policy
from yika_common.numbers import Money

NUMBER_MAX = (1 << 16) - 1
"""The highest number of an adjustment that a card has room for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What was posted so far for a sale by one cause, and how much of it was adjusted."""

    posted: Money = Money(0)  # noqa: RUF009 - a plain 0
    adjusted: Money = Money(0)  # noqa: RUF009 - a plain 0

    def after(self, settled: "Settled") -> "Standing":
        """The standing with one more posting settled."""
        return Standing(
            Money(self.posted + settled.posted), Money(self.adjusted + settled.adjusted)
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """One posting, divided; the parts add up to it."""

    absorbed: Money
    adjusted: Money

    @property
    def posted(self) -> Money:
        """The posting."""
        return Money(self.absorbed + self.adjusted)


def settle(posting: Money, before: Standing, policy: Policy) -> Settled:
    """Divide a posting so that all postings together are treated as the policy says."""
    whole = Money(before.posted + posting)
    adjusted = Money(policy.adjusted(whole) - before.adjusted)
    return Settled(absorbed=Money(posting - adjusted), adjusted=adjusted)


def paid_back(*, amount: int, paid: int, superseded: bool) -> Money:
    """What a superseded sale's customer is owed beside the amount that re-rating posts back.

    All that he paid is his: what went to debts or was kept, too.  Credit that the sale used never
    reached the card and is still outstanding, so it is not paid back a second time.
    """
    return Money(paid - amount if superseded else 0)


def next_number(number: int) -> int:
    """The number of an adjustment after one more change."""
    return min(number + 1, NUMBER_MAX)
