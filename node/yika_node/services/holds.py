"""What the holds on an account do when its card is to be sold to; see ``HOLD_LEVELS``.

A note and a warning are shown, and stop nobody.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from yika_common.journal.account_terms import REFUSE, SUPERVISOR
from yika_node.services.life_errors import AccountOnHold, SupervisorSells
from yika_node.services.rights import Right, may
from yika_node.services.views import Account, HoldView, Level

if TYPE_CHECKING:
    from yika_common.errors import YikaError
    from yika_node.db import rows


def in_force(account: Account, at: datetime) -> tuple[HoldView, ...]:
    """The holds whose time is not over."""
    return tuple(hold for hold in account.holds if hold.until is None or hold.until > at)


def stop_of(account: Account, operator: rows.Operator | None, at: datetime) -> YikaError | None:
    """Why this operator sells nothing to the account, if a hold says so."""
    levels = {hold.level: hold.words for hold in reversed(in_force(account, at))}
    if REFUSE in levels:
        return AccountOnHold(account=account.number, words=levels[REFUSE])
    if SUPERVISOR in levels and not leads(operator):
        return SupervisorSells(account=account.number, words=levels[SUPERVISOR])
    return None


def leads(operator: rows.Operator | None) -> bool:
    """Whether the operator is one of those that a hold asks for."""
    return operator is not None and may(Level[operator.level], Right.LIFT_HOLD)
