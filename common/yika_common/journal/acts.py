"""Acts that a second person approved, made again from their records.

==============  ==================  ===============================================================
record          kind of the act     facts
==============  ==================  ===============================================================
intent, refund  ``refund``          node, epoch, purchase, account, card, meter, quantity, amount,
                                    paid, reason
supplement      ``supplement``      card, slot, epoch, intent, reason
swap            ``meter swap``      account, slot, old, new, moved, reason
charge, back    ``charge back``     node, epoch, charge, what, account, amount, reason
corrected       ``payment           node, epoch, receipt, before, after, reason
                correction``
charge,         ``guarantee back``  node, account, amount, reason
guarantee back
staff, level    ``operator level``  name, level, reason
cash            ``cash``            node, what, amount, reason, reference
z_why           ``over or short``   node, report, reason
life, closed    ``close account``   account, reason, amount if any
card            ``free card``       not to be made again: the fee not taken is in no record
intent          ``sale beyond       card, lines as typed, paid; likewise, for they are of the
                limit``             whole basket
==============  ==================  ===============================================================

``before`` and ``after`` are a payment's tenders as a JSON text: ``[["cash",500,""]]``.

Whoever has the journal can see with this that an approval was for the very act beside it.  An act
stands right after its approval and names its seq; what a swap moves names the swap's.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from yika_common.cards.approval import act_digest
from yika_common.journal.account_bodies import AccountMoved
from yika_common.journal.bodies import REFUND, SWAP, CardIssued, Intent
from yika_common.journal.body import Body
from yika_common.journal.card_bodies import Supplemented
from yika_common.journal.cash_bodies import CashMoved, DifferenceExplained
from yika_common.journal.correction_bodies import PaymentCorrected
from yika_common.journal.meter_bodies import MeterSwapped
from yika_common.journal.staff_bodies import StaffChanged
from yika_common.journal.till_bodies import GUARANTEE_BACK, Charged, Part

REFUND_ACT, SUPPLEMENT_ACT, SWAP_ACT = "refund", "supplement", "meter swap"
CHARGE_BACK_ACT = "charge back"
CORRECTION_ACT = "payment correction"
GUARANTEE_ACT = "guarantee back"
OPERATOR_LEVEL_ACT = "operator level"
CASH_ACT = "cash"
DIFFERENCE_ACT = "over or short"
CLOSING_ACT = "close account"


def approval_of(body: Body) -> int | None:
    """Seq of the approval that an act names, 0 where it needs one and names none; None: no act."""
    if isinstance(body, Intent):
        if body.act == REFUND:
            return body.approved
        return body.approved if body.approved and body.act != SWAP else None
    if isinstance(body, Supplemented | PaymentCorrected) or (
        isinstance(body, Charged) and body.takes_back
    ):
        return body.approved
    if isinstance(
        body,
        CardIssued
        | MeterSwapped
        | StaffChanged
        | CashMoved
        | DifferenceExplained
        | AccountMoved
        | Charged,
    ):
        return body.approved or None
    return None


def digest_of(body: Body, node: str, epoch: int) -> bytes | None:
    """The digest of the act that a record is; None where its record does not say all of it."""
    made = _DIGESTS.get(type(body))
    return None if made is None else made(body, node, epoch)


def closing_digest(account: str, reason: str, amount: int = 0) -> bytes:
    """What a second person approves where an account ends: with credit left, or with money."""
    if not amount:
        return act_digest(CLOSING_ACT, account=account, reason=reason)
    return act_digest(CLOSING_ACT, account=account, reason=reason, amount=amount)


def _refund(body: Intent, node: str, epoch: int) -> bytes | None:
    if body.act != REFUND:
        return None
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


def _supplement(body: Supplemented, _node: str, epoch: int) -> bytes:
    return act_digest(
        SUPPLEMENT_ACT,
        card=body.card,
        slot=body.slot,
        epoch=body.epoch or epoch,
        intent=body.intent,
        reason=body.reason,
    )


def _swap(body: MeterSwapped, _node: str, _epoch: int) -> bytes:
    return act_digest(
        SWAP_ACT,
        account=body.account,
        slot=body.slot,
        old=body.old,
        new=body.new,
        moved=body.moved,
        reason=body.reason,
    )


def _charge_back(body: Charged, node: str, epoch: int) -> bytes | None:
    if body.what == GUARANTEE_BACK:
        return act_digest(
            GUARANTEE_ACT,
            node=node,
            account=body.account,
            amount=body.amount,
            reason=body.reason,
        )
    if not body.takes_back:
        return None
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


def _level(body: StaffChanged, _node: str, _epoch: int) -> bytes:
    return act_digest(OPERATOR_LEVEL_ACT, name=body.name, level=body.level, reason=body.reason)


def _cash(body: CashMoved, node: str, _epoch: int) -> bytes:
    return act_digest(
        CASH_ACT,
        node=node,
        what=body.what,
        amount=body.amount,
        reason=body.reason,
        reference=body.reference,
    )


def _difference(body: DifferenceExplained, node: str, _epoch: int) -> bytes:
    return act_digest(DIFFERENCE_ACT, node=node, report=body.report, reason=body.reason)


def _closing(body: AccountMoved, _node: str, _epoch: int) -> bytes:
    return closing_digest(body.account, body.reason, body.amount)


def correction_digest(body: PaymentCorrected, node: str, epoch: int) -> bytes:
    """What a second person approves where a payment is set right."""
    return act_digest(
        CORRECTION_ACT,
        node=node,
        epoch=body.epoch or epoch,
        receipt=body.receipt,
        before=_in_words(body.before),
        after=_in_words(body.after),
        reason=body.reason,
    )


def _in_words(parts: Iterable[Part]) -> str:
    """The tenders as JSON, so that no number's own text can be taken for another tender."""
    return json.dumps([*parts], ensure_ascii=False, separators=(",", ":"))


_DIGESTS: dict[type[Body], Callable[[Any, str, int], bytes | None]] = {
    Intent: _refund,
    Supplemented: _supplement,
    MeterSwapped: _swap,
    Charged: _charge_back,
    PaymentCorrected: correction_digest,
    StaffChanged: _level,
    CashMoved: _cash,
    DifferenceExplained: _difference,
    AccountMoved: _closing,
}
