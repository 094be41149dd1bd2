"""Policies: which differences the utility bears itself, and which reach the customer.

For each cause there are two sides: what the customer owes, and what he is owed.  A side is
absorbed, or is adjusted unless it lies below a threshold.  The policies that are delivered are
mild: what is owed to a customer reaches him always, to the last cent; what he owes because the
utility itself was wrong is absorbed; what he owes because a price list was old or a quota was
split is adjusted from one unit of the currency on.

A policy is asked for the whole difference of a sale by one cause, never for a change of it.  So
the order in which changes come does not matter, and a difference that vanishes takes with it what
was adjusted for it.
"""

from dataclasses import dataclass
from typing import Final

from yika_central.domain.ratings import Cause
from yika_common.errors import N_, YikaError
from yika_common.numbers import Money

FROM_ONE: Final = Money(100)
"""The threshold delivered for what customers owe: one unit of the currency."""


class ThresholdBelowZero(YikaError):
    """A least amount that is below nothing."""

    code = "threshold_below_zero"
    sentence = N_("A threshold is not below 0. Nothing was changed. Correct the amount.")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a policy: whether it is adjusted, and the least amount that is.

    Raises:
        ThresholdBelowZero: the threshold is.
    """

    adjusted: bool
    threshold: Money = Money(0)  # noqa: RUF009 - a plain 0

    def __post_init__(self) -> None:
        if self.threshold < 0:
            raise ThresholdBelowZero

    def takes(self, amount: int) -> bool:
        """Whether a difference of this size (above 0) is adjusted."""
        return self.adjusted and amount >= self.threshold


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of the differences of one cause."""

    owes: Side
    owed: Side

    def adjusted(self, difference: Money) -> Money:
        """The part of a sale's difference that is adjusted: all of it, or nothing."""
        side = self.owes if difference > 0 else self.owed
        return difference if side.takes(abs(difference)) else Money(0)


_ALWAYS: Final = Side(adjusted=True)
_OURS: Final = Policy(owes=Side(adjusted=False), owed=_ALWAYS)
_LATE_NEWS: Final = Policy(owes=Side(adjusted=True, threshold=FROM_ONE), owed=_ALWAYS)
_EXACT: Final = Policy(owes=_ALWAYS, owed=_ALWAYS)

DELIVERED: Final[dict[str, Policy]] = {
    Cause.WRONG_PRICE: _OURS,
    Cause.UNKNOWN_TARIFF: _OURS,
    Cause.WRONG_CLASS: _OURS,
    Cause.WRONG_FACTS: _OURS,
    Cause.STALE_TARIFF: _LATE_NEWS,
    Cause.QUOTA_SPLIT: _LATE_NEWS,
    Cause.MISSED_CHARGE: _LATE_NEWS,
    Cause.DOUBLED_CHARGE: _LATE_NEWS,
    Cause.FREE_UNITS: _LATE_NEWS,
    Cause.LATE_VOID: _LATE_NEWS,
    Cause.SUPERSEDED: _EXACT,
    Cause.VOIDED: _EXACT,
}
"""The policies before anybody set any."""

FIXED: Final = frozenset({Cause.SUPERSEDED.value, Cause.VOIDED.value})
"""Causes whose money was never the utility's: nobody can set it to be absorbed."""


def delivered(cause: str) -> Policy:
    """The policy that a cause has before anybody set one."""
    return DELIVERED.get(cause, _LATE_NEWS)
