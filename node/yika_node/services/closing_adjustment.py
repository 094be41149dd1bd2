"""What an account's end settles of headquarters' adjustment.

A slot's record says what was settled through it (:mod:`.settled`).  Once the account's card was
taken in and its chip changed, nothing more can be settled with it: what the card showed then, held
against the adjustment that headquarters told, is what is still open, and it is handed out, or
collected, with everything else.  Headquarters hears of it by the ``charge`` record and counts it.

Where the card was lost, could not be read, or was pulled while it ended, a purchase elsewhere that
is not known here may have applied the adjustment, and may still.  Then it stays with headquarters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from yika_common.numbers import Money

if TYPE_CHECKING:
    from yika_common.journal.card_bodies import CardCleared
    from yika_node.db.account_standing import Standing
    from yika_node.services.views import Account

_NEVER = (0, 0)


class OpenAdjustment(NamedTuple):
    """What is open of it, above zero to the customer's favour.

    ``here`` is settled with the account's end, ``elsewhere`` by headquarters; one of them is 0.
    """

    here: Money
    elsewhere: Money


def open_adjustment(
    account: Account, standing: Standing, cleared: CardCleared | None
) -> OpenAdjustment:
    """What is left to settle of what headquarters told, by all that is known here.

    Args:
        account: which.
        standing: what this journal says of its meters.
        cleared: the end of its card; None: there was none, or it is not certain what was settled.
    """
    places = {meter.meter: meter.slot for meter in account.meters}
    told = account.told
    known = (
        {}
        if told is None
        else {s.slot: (s.generation, s.count, s.money_total) for s in told.slots}
    )
    for row in standing.positions:
        own = row.generation, row.count, row.money_total
        known[places[row.meter]] = max(known.get(places[row.meter], own), own)
    number, total = (0, 0) if told is None else (told.adjustment_number, told.adjustment)
    if cleared is not None:
        shown = {one.slot: (one.generation, one.count) for one in cleared.slots}
        newer = any(
            (gen, count) > shown.get(slot, _NEVER) for slot, (gen, count, _) in known.items()
        )
        if not newer and number >= cleared.number:
            return OpenAdjustment(
                Money(total - sum(one.amount for one in cleared.slots)), Money(0)
            )
    elif not account.card and not known:
        return OpenAdjustment(Money(total), Money(0))
    return OpenAdjustment(Money(0), Money(total - sum(amount for _, _, amount in known.values())))
