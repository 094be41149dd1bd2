"""Which acts an account in rest, or closed, forbids: one table.

What is not named is allowed: an account is looked at, its card read and taken in, its lost card
reported, whatever became of it.  A closed account is never opened again.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from yika_common.sync.customers import CLOSED, SUSPENDED

if TYPE_CHECKING:
    from yika_common.errors import YikaError
    from yika_node.services.views import Account


class Act(Enum):
    """What is done with an account or for it."""

    SELL = auto()
    ISSUE_CARD = auto()
    REPLACE_CARD = auto()
    REPLACE_METER = auto()
    WRITE_AGAIN = auto()
    GIVE_BACK = auto()
    AMEND = auto()
    """What sets its prices, and its own limits."""
    CHANGE_DETAILS = auto()
    CHANGE_HOLDER = auto()
    HOLD = auto()
    SUSPEND = auto()
    RESUME = auto()
    CLOSE = auto()


_NEW: Final = frozenset(
    {
        Act.SELL,
        Act.ISSUE_CARD,
        Act.REPLACE_CARD,
        Act.REPLACE_METER,
        Act.CHANGE_HOLDER,
        Act.SUSPEND,
    }
)
FORBIDDEN: Final = {
    "": frozenset({Act.RESUME}),
    SUSPENDED: _NEW,
    CLOSED: frozenset(Act),
}
"""By what the account is: empty for open."""


def refusal_of(account: Account, act: Act) -> YikaError | None:
    """Why the act is not done for an account as it stands, if it isn't."""
    if act not in FORBIDDEN[account.status]:
        return None
    from yika_node.services import life_errors as errors  # noqa: PLC0415 - when one is refused

    if account.status == CLOSED:
        return errors.AccountClosed(account=account.number)
    if account.status == SUSPENDED:
        return errors.AccountRests(account=account.number)
    return errors.AccountNotResting(account=account.number)


def check(account: Account, act: Act) -> None:
    """Let an act pass that the account's state allows.

    Raises:
        AccountClosed, AccountRests, AccountNotResting: it doesn't.
    """
    refusal = refusal_of(account, act)
    if refusal is not None:
        raise refusal
