"""Writing a purchase onto its card once more (补写), with a second person's approval.

The bytes are those of our own newest intent for the card and slot: a meter that took them takes
nothing.  It is done where the slot is damaged, shows an old image, or the intent waits and its
card does not tell what became of it; never where the card, its meter or headquarters show
something later, which would be hidden by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from yika_common.cards.approval import act_digest
from yika_common.clock import Clock
from yika_common.journal.bodies import Intent, Sale
from yika_common.journal.card_bodies import Supplemented
from yika_common.values import dataclass
from yika_node.db.card_queries import CardQueries
from yika_node.db.journal import Journal, Position
from yika_node.db.projections import PENDING, SUPERSEDED
from yika_node.db.queries import Queries
from yika_node.services.account_acts import Act, check
from yika_node.services.approvals import Approvals
from yika_node.services.card_desk import CardDesk
from yika_node.services.card_errors import CardMovedOn, NothingToWriteAgain, checked_reason
from yika_node.services.card_image import SlotImage, read_image
from yika_node.services.errors import AccountUnknown
from yika_node.services.keyring import KeyRing
from yika_node.services.minting import remade
from yika_node.services.rows import sale_row
from yika_node.services.views import Account, SaleRow

if TYPE_CHECKING:
    from yika_node.db import rows

KIND: Final = "supplement"
"""The kind of the act that is approved."""


@dataclass(frozen=True, slots=True)
class Supplements:
    """Writes purchases again."""

    cards: CardDesk
    journal: Journal
    queries: Queries
    book: CardQueries
    keyring: KeyRing
    approvals: Approvals
    clock: Clock

    def offer(self, number: str, slot: int) -> SaleRow:
        """The purchase that would be written again to a slot of that card.

        Raises:
            NothingToWriteAgain: none was made here.
        """
        return sale_row(self._newest(number, slot))

    def digest(self, number: str, slot: int, reason: str) -> bytes:
        """What a second person approves.

        Raises:
            NothingToWriteAgain, ReasonMissing: there is nothing to approve.
        """
        row = self._newest(number, slot)
        return act_digest(
            KIND,
            card=number,
            slot=slot,
            epoch=row.epoch,
            intent=row.seq,
            reason=checked_reason(reason),
        )

    def write(self, operator: str, number: str, slot: int, reason: str, approval: str) -> SaleRow:
        """Write our newest purchase onto the card of that number, which is in the reader.

        Raises:
            NothingToWriteAgain: the slot holds it already, or nothing was sold to it here.
            CardMovedOn: something later is known of the slot.
            ApprovalMissing, ApprovalForAnother, ApprovalByOperator, ReasonMissing: nothing was
                done.
            CardAbsent, CardSwapped, CardReplaced, CardLost and their like: likewise.
            CardRemoved, CardWriteUncertain, CardReadBackDiffers: put the card in again, and do it
                again.
        """
        digest = self.digest(number, slot, reason)
        with self.cards.counter.card() as connection:
            held = self.keyring.card(number)
            session = self.cards.counter.session(connection, number, held.node_key)
            account = self.cards.accounts.of_card(number)
            if account is None:
                raise AccountUnknown(number=number)
            check(account, Act.WRITE_AGAIN)
            refusal = self.cards.standings.refusal(number, account.card or "")
            if refusal is not None:
                raise refusal
            image = read_image(session, account, self.keyring)
            row = self._newest(number, slot)
            intent, position = self.cards.settlement.committed(row)
            self._check(account, image.slot(slot), intent, number)
            data = remade(intent, position, self.keyring.meter(intent.meter))
            approved = self.approvals.take(approval, digest, operator)
            named = self.cards.settlement.named(row)

            def body(place: Position) -> Supplemented:
                return Supplemented(
                    **named,
                    card=number,
                    slot=slot,
                    reason=checked_reason(reason),
                    approved=place.seq - 1,
                )

            at = self.clock()
            self.journal.append([approved, body], at=at, operator=operator)
            session.write_record(slot, data)
            if row.state == PENDING:
                self.journal.append([Sale(**named)], at=self.clock(), operator=operator)
        after = self.queries.intent(row.epoch, row.seq)
        assert after is not None, "an intent is never deleted"
        return sale_row(after)

    def _newest(self, number: str, slot: int) -> rows.Intent:
        account = self.cards.accounts.of_card(number)
        if account is not None:
            for row in self.book.on_card(account.number, number, slot):
                if row.state != SUPERSEDED:
                    return row
        raise NothingToWriteAgain(number=number, place=slot + 1)

    def _check(
        self, account: Account, slot: SlotImage | None, intent: Intent, number: str
    ) -> None:
        """Whether the slot wants the record, and nothing later is known of it."""
        place = intent.slot + 1
        ours = (intent.generation, intent.count)
        if slot is None or slot.view.meter != intent.meter:
            raise NothingToWriteAgain(number=number, place=place)
        shown = slot.shown()
        if shown.readable and shown.mac.hex() == intent.mac:
            raise NothingToWriteAgain(number=number, place=place)
        if shown.readable and (shown.generation, shown.count) >= ours:
            raise CardMovedOn(number=number, place=place)
        later = [(0, 0)]
        if slot.write_back is not None:
            later.append(slot.write_back.reading.position)
        heard = self.queries.last_reading(intent.meter)
        if heard is not None:
            later.append((heard.generation, heard.count))
        told = None if account.told is None else account.told.slot(intent.slot)
        if told is not None:
            later.append((told.generation, told.count))
        if max(later) > ours:
            raise CardMovedOn(number=number, place=place)
