"""What to do about each sale whose end was not seen: which card to put in, or whom to call.

===========================================  ====================================================
what is known                                advice
===========================================  ====================================================
the account has a later card                 LATER_CARD: that one, which carries the credit
its card is out of use, or reported lost     REPLACE: make the account's next card, it carries it
it has waited for more than a day            CALL: the holder; headquarters, if he never comes
else                                         PUT_IN: the card; all is finished by itself
===========================================  ====================================================

Nothing here is decided for good: what becomes of a sale is decided with a card in the reader
(:mod:`yika_node.services.recovery`).  Loaded when a sale is open.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final

from yika_common.values import dataclass
from yika_node.services.errors import AccountUnknown
from yika_node.services.views import Account, SaleRow

PATIENCE: Final = timedelta(days=1)


class Advice(StrEnum):
    """What the clerk does first."""

    PUT_IN = "put_in"
    LATER_CARD = "later_card"
    REPLACE = "replace"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class OpenCard:
    """The open sales of one card; ``put_in`` is the card to look for, ``since`` the oldest's time.

    ``account`` is None where it is not known here any more.
    """

    card: str
    put_in: str
    account: Account | None
    sales: tuple[SaleRow, ...]
    since: datetime
    advice: Advice


def advice(card: str, now_in_use: str | None, *, gone: bool, waited: timedelta) -> Advice:
    """The table above; ``gone``: the card is out of use or lost."""
    if now_in_use is not None and now_in_use != card:
        return Advice.LATER_CARD
    if gone:
        return Advice.REPLACE
    return Advice.CALL if waited > PATIENCE else Advice.PUT_IN


def open_cards(
    sales: Sequence[SaleRow],
    account_of: Callable[[str], Account],
    gone: Callable[[str], bool],
    now: datetime,
) -> tuple[OpenCard, ...]:
    """The cards that sales wait for, the longest waiting first.

    Args:
        sales: those that are open.
        account_of: gives an account by its number, or raises AccountUnknown.
        gone: whether a card is out of use, or reported lost.
        now: the present moment.
    """
    found = []
    by_card = sorted(sales, key=lambda sale: sale.card)
    for card, waiting in groupby(by_card, key=lambda sale: sale.card):
        rows = tuple(sorted(waiting, key=lambda sale: (sale.epoch, sale.seq)))
        account = _known(account_of, rows[0].account)
        in_use = None if account is None else account.card
        first = min(row.at for row in rows)
        told = advice(card, in_use, gone=gone(card), waited=now - first)
        found.append(OpenCard(card, in_use or card, account, rows, first, told))
    return tuple(sorted(found, key=lambda one: one.since))


def _known(account_of: Callable[[str], Account], number: str) -> Account | None:
    try:
        return account_of(number)
    except AccountUnknown:
        return None
