"""Giving a purchase back (退购): decide, write down, act, confirm, and only then pay out.

The order of a refund::

    decide   by the purchase's own record, and by the card as it is (refund_rules)
    approve  a second person, with a managing card, for exactly this refund and reason
    commit   the approval and the refund's intent: from here on the credit is to come off the card
    write    the *lower* record over the purchase's, in one atomic update, and read it back
    commit   its sale; and where no meter had claimed the purchase, that the money is handed out
    later    the meter takes the lower record, its write-back shows it, the money is handed out

Money goes out if and only if a ``refunded`` record was committed.  A refund that was cut off is
finished like any pending sale when the card is seen again (:mod:`.settlement`), never paid by
that: whether it may be paid is asked anew, with the card in the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from yika_common.cards.approval import act_digest
from yika_common.clock import Clock, from_timestamp
from yika_common.errors import YikaError
from yika_common.journal.bodies import PURCHASE, Intent, Sale
from yika_common.journal.card_bodies import Approved, RefundPaid
from yika_common.journal.record import decode_line
from yika_common.journal.reversal import credited, restored
from yika_common.numbers import Money, Quantity
from yika_common.values import dataclass
from yika_node.db.cash_projections import HEADQUARTERS
from yika_node.db.journal import Draft, Entry, Journal
from yika_node.db.projections import WRITTEN
from yika_node.db.queries import Queries
from yika_node.db.refund_queries import RefundQueries
from yika_node.services.account_acts import Act
from yika_node.services.approvals import Approvals
from yika_node.services.card_desk import CardDesk, OpenCard
from yika_node.services.card_image import SlotImage
from yika_node.services.enquiries import Enquiries
from yika_node.services.errors import SaleStillOpen, SaleUnknown
from yika_node.services.keyring import KeyRing
from yika_node.services.minting import remade
from yika_node.services.payments import Receipt
from yika_node.services.refund_errors import (
    GONE,
    OVERTAKEN,
    REFUSALS,
    WAITS,
    RefundNotPayable,
    RefundReasonMissing,
    RefundRefused,
    RefundUnknown,
)
from yika_node.services.refund_evidence import RefundEvidence
from yika_node.services.refund_minting import RefundMinting
from yika_node.services.refund_rules import (
    Payment,
    Purchase,
    Terms,
    payable,
    terms,
)
from yika_node.services.refund_views import (
    RefundOffer,
    RefundState,
    RefundView,
    state_of,
)
from yika_node.services.rows import sale_row
from yika_node.services.sales_desk import naming_what_failed
from yika_node.services.standing import Standing
from yika_node.services.tenders import Handing

if TYPE_CHECKING:
    from yika_node.db import rows

KIND: Final = "refund"
"""The kind of the act that is approved."""

REASON_MAX: Final = 200

IN_CASH: Final = Handing()
"""As the money came, where that was in cash."""

Rule = Callable[..., Payment]


@dataclass(frozen=True, slots=True)
class RefundDesk:
    """Gives purchases back; ``rule`` says when money may be handed out."""

    cards: CardDesk
    journal: Journal
    queries: Queries
    refunds: RefundQueries
    standing: Standing
    keyring: KeyRing
    enquiries: Enquiries
    approvals: Approvals
    clock: Clock
    rule: Rule = payable

    def offer(self, operator: str, epoch: int, seq: int) -> RefundOffer:
        """What giving back a purchase would come to, with its card in the reader.

        Raises:
            SaleUnknown: there is no such purchase.
            RefundRefused: it can't be given back, and why.
            SaleStillOpen, CardSwapped, CardReplaced, CardAbsent and their like.
        """
        purchase = self._purchase(epoch, seq)
        with self.cards.open(purchase.card, operator, Act.GIVE_BACK) as opened:
            found = self._terms(opened, epoch, seq, purchase)
        return self._offer(epoch, seq, purchase, at_once=found is Terms.AT_ONCE)

    def preview(self, epoch: int, seq: int) -> RefundOffer:
        """The same by the journal alone, while another card is in the reader.

        Raises:
            SaleUnknown: there is no such purchase.
        """
        return self._offer(epoch, seq, self._purchase(epoch, seq), at_once=None)

    def digest(self, epoch: int, seq: int, reason: str) -> bytes:
        """What a second person approves: this purchase, this money, this reason.

        Raises:
            SaleUnknown, RefundReasonMissing: there is nothing to approve.
        """
        return _digest(
            self.standing.membership.node, epoch, seq, self._purchase(epoch, seq), reason
        )

    def give_back(
        self,
        operator: str,
        epoch: int,
        seq: int,
        reason: str,
        approval: str,
        handing: Handing = IN_CASH,
    ) -> Receipt:
        """Take the purchase off its card, which is in the reader, and pay it out if that is safe.

        The same call again returns the receipt of what the first one did.

        Args:
            operator: who does it.
            epoch: of the purchase's intent.
            seq: of the purchase's intent.
            reason: why; it stands in the journal.
            approval: the token of the approval by a second person.
            handing: how the money is handed out, should it be at once.

        Returns:
            The refund's receipt.  ``problem`` says why its record is not on the card yet.

        Raises:
            SaleUnknown, RefundReasonMissing, RefundRefused, SaleStillOpen: nothing was done.
            ApprovalMissing, ApprovalForAnother, ApprovalByOperator: nothing was done.
            TenderUnlikeItsPayment, TenderShort and their like: nothing was done.
            CardAbsent, CardSwapped, CardReplaced, VaultLocked, DiskFull and their like: likewise.
        """
        purchase = self._purchase(epoch, seq)
        digest = _digest(self.standing.membership.node, epoch, seq, purchase, reason)
        with self.cards.open(purchase.card, operator, Act.GIVE_BACK) as opened:
            # Whoever pressed twice has waited at the counter for the first press to end.
            done = self.queries.given_back([(epoch, seq)]).get((epoch, seq))
            if done is not None:
                return self.enquiries.receipt(epoch, done)
            self._terms(opened, epoch, seq, purchase)
            handed = self._handed(purchase, (epoch, seq), handing)
            slot = opened.image.slot(purchase.slot)
            assert slot is not None, "its terms were decided by it"
            minting, at = self._minting(opened, slot, purchase, seq, reason), self.clock()
            opened.session.admit(minting.trial(at))
            approved = self.approvals.take(approval, digest, operator)
            _, intent = self.journal.append([approved, minting.draft], at=at, operator=operator)
            problem: YikaError | None = None
            try:
                assert isinstance(intent.body, Intent), "a minting drafts an intent"
                data = remade(intent.body, intent.position, minting.meter)
                opened.session.write_record(purchase.slot, data)
                written = slot.with_record(data, minting.meter)
                self._close(opened, intent, written, operator, handed)
            except YikaError as failure:
                problem = failure
        return self.enquiries.receipt(intent.epoch, intent.seq, problem)

    def _minting(
        self, opened: OpenCard, slot: SlotImage, purchase: Intent, seq: int, reason: str
    ) -> RefundMinting:
        """What follows for the slot that shows the purchase's own record."""
        assert slot.record is not None, "it shows the purchase's record"
        meter = self.keyring.meter(purchase.meter)
        return RefundMinting(purchase, seq, slot.record, meter, opened.session.cut, reason)

    def pay_out(self, operator: str, epoch: int, seq: int, handing: Handing = IN_CASH) -> Receipt:
        """Hand out the money of a refund, with the account's card in the reader.

        Raises:
            RefundUnknown: there is no such refund.
            RefundNotPayable: not yet, and why.
            TenderUnlikeItsPayment, TenderShort and their like: no money was handed out.
            CardAbsent, CardSwapped, CardReplaced, VaultLocked, DiskFull and their like: no money
                was handed out.
        """
        view = self.refund(epoch, seq)
        card = self._card_now(view)
        with self.cards.open(card, operator, Act.GIVE_BACK) as opened:
            view = self.refund(epoch, seq)
            if view.state is RefundState.PAID:
                return self.enquiries.receipt(epoch, seq)
            intent = self._intent(epoch, seq)
            slot = opened.image.slot(intent.slot)
            if view.state is RefundState.OVERTAKEN:
                raise RefundNotPayable(why=OVERTAKEN)
            found, shown = self._payment(opened, slot, intent, (epoch, seq), written=view.written)
            replaced = slot is not None and slot.view.meter != intent.meter
            if replaced and found in GONE:
                raise RefundNotPayable(why=GONE[found])
            if found not in (Payment.AT_ONCE, Payment.SHOWN):
                raise RefundNotPayable(why=WAITS[found])
            body = RefundPaid(**self._named(epoch, seq), amount=-intent.paid, write_back=shown)
            handed = self._handed(intent, (epoch, intent.refunds), handing)
            self.journal.append([body, *handed], at=self.clock(), operator=operator)
        return self.enquiries.receipt(epoch, seq)

    def refund(self, epoch: int, seq: int) -> RefundView:
        """One refund.

        Raises:
            RefundUnknown: there is none.
        """
        row, refund = self.queries.intent(epoch, seq), self.refunds.refund(epoch, seq)
        if row is None or refund is None:
            raise RefundUnknown(number=f"{epoch}-{seq}")
        return self._view(refund, row)

    def waiting(self, account: str | None = None) -> tuple[RefundView, ...]:
        """Refunds on their cards whose money was not handed out yet, oldest first."""
        return tuple(self._view(refund, row) for refund, row in self.refunds.unpaid(account))

    def _view(self, refund: rows.Refund, row: rows.Intent) -> RefundView:
        return RefundView(
            sale=sale_row(row),
            purchase=self.enquiries.sale(refund.epoch, refund.purchase),
            reason=refund.reason,
            state=state_of(row.state, refund.paid_at),
            paid_at=None if refund.paid_at is None else from_timestamp(refund.paid_at),
            paid_by=refund.paid_by,
            approved_by=self._approver(refund.epoch, refund.seq),
        )

    def _approver(self, epoch: int, seq: int) -> str:
        """Who approved it: the record right before the refund's intent says so."""
        record = self.queries.record(epoch, self._intent(epoch, seq).approved)
        body = None if record is None else decode_line(record.line).body
        if isinstance(body, Approved):
            return body.holder
        return HEADQUARTERS if body is not None and body.kind == "phone" else ""

    def _terms(self, opened: OpenCard, epoch: int, seq: int, purchase: Intent) -> Terms:
        """How the purchase is given back; it is raised if it is not."""
        row = self.queries.intent(epoch, seq)
        assert row is not None, "its record was read"
        if self.queries.pending(opened.image.identity.number):
            raise SaleStillOpen(card=opened.image.identity.number)
        about = Purchase(
            this_epoch=epoch == self.standing.membership.epoch,
            bought=purchase.act == PURCHASE,
            written=row.state == WRITTEN,
            given_back=bool(self.queries.given_back([(epoch, seq)])),
            position=(purchase.generation, purchase.count),
            mac=bytes.fromhex(purchase.mac),
        )
        found = terms(about, self._evidence.of_purchase(opened, purchase))
        if found in REFUSALS:
            raise RefundRefused(why=REFUSALS[found])
        return found

    def _handed(self, intent: Intent, purchase: tuple[int, int], handing: Handing) -> list[Draft]:
        """What follows the record that the money of a purchase was handed out."""
        row = self.queries.intent(*purchase)
        assert row is not None, "it is given back"
        paid_in = self.refunds.paid_in(row.epoch, row.basket)
        return handing.drafts(Money(abs(intent.paid)), 1, paid_in) if intent.paid else []

    def _close(
        self,
        opened: OpenCard,
        entry: Entry,
        slot: SlotImage,
        operator: str,
        handed: Sequence[Draft],
    ) -> None:
        """Record that the lower record was read back, and the payment where it may go out."""
        intent, seq = entry.body, entry.seq
        assert isinstance(intent, Intent), "a minting drafts an intent"
        found, _ = self._payment(
            opened, slot, intent, (self.standing.membership.epoch, seq), written=True
        )
        bodies: list[Draft] = [Sale(intent=seq)]
        if found is Payment.AT_ONCE:
            bodies += [RefundPaid(intent=seq, amount=-intent.paid), *handed]
        with naming_what_failed():
            self.journal.append(bodies, at=self.clock(), operator=operator)

    def _payment(
        self,
        opened: OpenCard,
        slot: SlotImage | None,
        refund: Intent,
        place: tuple[int, int],
        *,
        written: bool,
    ) -> tuple[Payment, int]:
        """Whether the money may go out, and the number of the write-back that says so."""
        named = (self.standing.membership.node, *place)
        evidence, seen = self._evidence.of_refund(opened, slot, refund, named)
        found = self.rule(
            (refund.generation, refund.count),
            (refund.before_generation, refund.before_count),
            written=written,
            slot=evidence,
        )
        return found, seen if found is Payment.SHOWN else 0

    @property
    def _evidence(self) -> RefundEvidence:
        return RefundEvidence(self.cards, self.refunds)

    def _offer(
        self, epoch: int, seq: int, purchase: Intent, *, at_once: bool | None
    ) -> RefundOffer:
        state = restored(purchase)
        return RefundOffer(
            purchase=self.enquiries.sale(epoch, seq),
            money=Money(purchase.paid),
            quantity=Quantity(credited(purchase)),
            total=Quantity(purchase.total - credited(purchase)),
            counted=Quantity(state.counted),
            at_once=at_once,
        )

    def _purchase(self, epoch: int, seq: int) -> Intent:
        try:
            return self._intent(epoch, seq)
        except RefundUnknown:
            raise SaleUnknown(number=f"{epoch}-{seq}") from None

    def _intent(self, epoch: int, seq: int) -> Intent:
        record = self.queries.record(epoch, seq)
        body = None if record is None else decode_line(record.line).body
        if not isinstance(body, Intent):
            raise RefundUnknown(number=f"{epoch}-{seq}")
        return body

    def _named(self, epoch: int, seq: int) -> dict[str, Any]:
        row = self.queries.intent(epoch, seq)
        assert row is not None, "its record was read"
        return self.cards.settlement.named(row)

    def _card_now(self, view: RefundView) -> str:
        """The account's card: a replacement's write-backs prove as much as the first one's."""
        account = self.cards.accounts.of_card(view.sale.card)
        return view.sale.card if account is None or account.card is None else account.card


def _digest(node: str, epoch: int, seq: int, purchase: Intent, reason: str) -> bytes:
    if not 0 < len(reason) <= REASON_MAX or not reason.isprintable():
        raise RefundReasonMissing(most=REASON_MAX)
    return act_digest(
        KIND,
        node=node,
        epoch=epoch,
        purchase=seq,
        account=purchase.account,
        card=purchase.card,
        meter=purchase.meter,
        quantity=purchase.quantity,
        amount=purchase.amount,
        paid=purchase.paid,
        reason=reason,
    )
