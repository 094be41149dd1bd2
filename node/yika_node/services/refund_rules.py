"""What may be given back, and when the money for it may be handed out: two pure functions.

Source: design section 6.  Whoever refunds credit that a meter has taken, or may still take, pays
for it twice.

:func:`terms`: whether a purchase may be given back, and how.  The first line that fits holds.

==============================================  =================================================
what is known                                   verdict
==============================================  =================================================
it is of an earlier epoch of this node          no: OTHER_EPOCH
it is no purchase                               no: NOT_A_PURCHASE
its record was not read back yet                no: NOT_ON_CARD
a refund of it was begun                        no: GIVEN_BACK
its slot can't be read                          no: UNREADABLE
its slot shows another record than its own      no: NOT_NEWEST
an SLE4442                                      no: BARE_CARD, whose write-backs prove nothing
an SLE4428, which keeps no claims               AFTER_METER
the meter claimed it, or wrote it back          AFTER_METER
the card is the account's first                 AT_ONCE
the meter's write-back shows this generation    AT_ONCE: no older card can be taken any more
else                                            AFTER_METER
==============================================  =================================================

:func:`payable`: whether the money of a refund may be handed out now.  It looks at the card as it
is at that moment, never at what was decided when the refund was begun: between the two the
purchase may have gone into the meter.

==============================================  =================================================
what is known                                   verdict
==============================================  =================================================
the lower record was not read back              NOT_ON_CARD
the very card that it is on shows no claim of   AT_ONCE
the purchase, nor the meter's write-back, and
no older generation can be taken
the meter was replaced before it took the       AT_ONCE
purchase, by somebody who knew of the refund
another card took its card's place, and nobody  NOT_CARRIED: with its credit, for all we know
says that its maker knew of the refund
the meter's write-back is from before it        METER_FIRST
the write-back's total is above the journals'   METER_FIRST: the meter still holds the credit
its balance is below zero                       BELOW_ZERO: some of it was used
else                                            SHOWN
==============================================  =================================================
"""

from enum import StrEnum

from yika_common.values import dataclass
from yika_node.services.recovery import SlotShown

Pair = tuple[int, int]
"""(generation, count), compared as a pair."""


class Terms(StrEnum):
    """Whether and how a purchase is given back."""

    AT_ONCE = "at_once"
    AFTER_METER = "after_meter"
    OTHER_EPOCH = "other_epoch"
    NOT_A_PURCHASE = "not_a_purchase"
    NOT_ON_CARD = "not_on_card"
    GIVEN_BACK = "given_back"
    UNREADABLE = "unreadable"
    NOT_NEWEST = "not_newest"
    BARE_CARD = "bare_card"


class Payment(StrEnum):
    """Whether the money of a refund may be handed out."""

    AT_ONCE = "at_once"
    SHOWN = "shown"
    NOT_ON_CARD = "not_on_card"
    NOT_CARRIED = "not_carried"
    METER_FIRST = "meter_first"
    BELOW_ZERO = "below_zero"


@dataclass(frozen=True, slots=True)
class Purchase:
    """The part of a purchase that the rule looks at; ``position`` and ``mac`` are its record's."""

    this_epoch: bool
    bought: bool
    written: bool
    given_back: bool
    position: Pair
    mac: bytes


@dataclass(frozen=True, slots=True)
class WriteBackSeen:
    """The newest write-back of the meter; ``expected`` is the journals' total at its position.

    None: nobody here knows what was credited by then.
    """

    position: Pair
    total: int
    balance: int
    expected: int | None


@dataclass(frozen=True, slots=True)
class SlotEvidence:
    """A slot of the card in the reader, and what its meter told.

    ``claim`` is what the meter claimed on this very chip, (0, 0) for nothing; None where the card
    keeps no claims, or is not the card that the record was written to.  ``unaware``: it is a later
    card of the account, and nothing says that the refund was known where it was made.  ``left``:
    the meter was replaced without ever having taken the purchase, which did not move on either.
    """

    shown: SlotShown
    bare: bool
    claim: Pair | None
    write_back: WriteBackSeen | None
    unaware: bool = False
    left: bool = False


def terms(purchase: Purchase, slot: SlotEvidence) -> Terms:
    """The first table above."""
    refusals = (
        (not purchase.this_epoch, Terms.OTHER_EPOCH),
        (not purchase.bought, Terms.NOT_A_PURCHASE),
        (not purchase.written, Terms.NOT_ON_CARD),
        (purchase.given_back, Terms.GIVEN_BACK),
        (not slot.shown.readable, Terms.UNREADABLE),
        (slot.shown.mac != purchase.mac, Terms.NOT_NEWEST),
        (slot.bare, Terms.BARE_CARD),
    )
    refused = next((reason for holds, reason in refusals if holds), None)
    if refused is not None:
        return refused
    return Terms.AT_ONCE if _untouched(purchase.position, slot) else Terms.AFTER_METER


def payable(refund: Pair, purchase: Pair, *, written: bool, slot: SlotEvidence) -> Payment:
    """The second table above; both pairs are the positions of their records."""
    shown = (slot.shown.generation, slot.shown.count)
    if not written or not slot.shown.readable or shown < refund:
        return Payment.NOT_ON_CARD
    if slot.left or _untouched(purchase, slot):
        return Payment.AT_ONCE
    if slot.unaware:
        return Payment.NOT_CARRIED
    seen = slot.write_back
    if seen is None or seen.position < refund:
        return Payment.METER_FIRST
    if seen.expected is None or seen.total > seen.expected:
        return Payment.METER_FIRST
    return Payment.BELOW_ZERO if seen.balance < 0 else Payment.SHOWN


def _untouched(purchase: Pair, slot: SlotEvidence) -> bool:
    """No meter took the purchase, and none can take it, or an older card's, any more."""
    if slot.claim is None or slot.claim >= purchase:
        return False
    seen = slot.write_back
    if seen is not None and seen.position >= purchase:
        return False
    first = purchase[0] == 1
    return first or (seen is not None and seen.position[0] == purchase[0])
