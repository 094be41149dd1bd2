"""Acts that a second person approved, made again from their records.

==============  ===============  ================================================================
record          kind of the act  facts
==============  ===============  ================================================================
intent, refund  ``refund``       node, epoch, purchase, account, card, meter, quantity, amount,
                                 paid, reason
supplement      ``supplement``   card, slot, epoch, intent, reason
swap            ``meter swap``   account, slot, old, new, moved, reason
charge, back    ``charge back``  node, epoch, charge, what, account, amount, reason
card            ``free card``    not to be made again: the fee that was not taken is in no record
==============  ===============  ================================================================

Whoever has the journal can see with this that an approval was for the very act beside it.  An act
stands right after its approval and names its seq; what a swap moves names the swap's.
"""

from yika_common.cards.approval import act_digest
from yika_common.journal.bodies import REFUND, SWAP, CardIssued, Intent
from yika_common.journal.body import Body
from yika_common.journal.card_bodies import Supplemented
from yika_common.journal.meter_bodies import MeterSwapped
from yika_common.journal.till_bodies import Charged

REFUND_ACT, SUPPLEMENT_ACT, SWAP_ACT = "refund", "supplement", "meter swap"
CHARGE_BACK_ACT = "charge back"


def approval_of(body: Body) -> int | None:
    """Seq of the approval that an act names, 0 where it needs one and names none; None: no act."""
    if isinstance(body, Intent):
        if body.act == REFUND:
            return body.approved
        return body.approved if body.approved and body.act != SWAP else None
    if isinstance(body, Supplemented):
        return body.approved
    if isinstance(body, CardIssued | MeterSwapped):
        return body.approved or None
    if isinstance(body, Charged) and body.takes_back:
        return body.approved
    return None


def digest_of(body: Body, node: str, epoch: int) -> bytes | None:
    """The digest of the act that a record is; None where its record does not say all of it."""
    if isinstance(body, Intent) and body.act == REFUND:
        return act_digest(
            REFUND_ACT,
            node=node,
            epoch=epoch,
            purchase=body.refunds,
            account=body.account,
            card=body.card,
            meter=body.meter,
            quantity=-body.quantity,
            amount=-body.amount,
            paid=-body.paid,
            reason=body.reason,
        )
    if isinstance(body, Supplemented):
        return act_digest(
            SUPPLEMENT_ACT,
            card=body.card,
            slot=body.slot,
            epoch=body.epoch or epoch,
            intent=body.intent,
            reason=body.reason,
        )
    if isinstance(body, MeterSwapped):
        return act_digest(
            SWAP_ACT,
            account=body.account,
            slot=body.slot,
            old=body.old,
            new=body.new,
            moved=body.moved,
            reason=body.reason,
        )
    if isinstance(body, Charged) and body.takes_back:
        return act_digest(
            CHARGE_BACK_ACT,
            node=node,
            epoch=body.epoch or epoch,
            charge=body.takes_back,
            what=body.what,
            account=body.account,
            amount=body.amount,
            reason=body.reason,
        )
    return None
