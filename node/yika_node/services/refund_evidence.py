"""What a card, its meter and the journals say of a purchase that is given back."""

from __future__ import annotations

from yika_common.cards.write_back import MeterStatus
from yika_common.journal.bodies import PURCHASE, REPLACEMENT, Intent
from yika_common.values import dataclass
from yika_node.db import rows
from yika_node.db.refund_queries import RefundQueries
from yika_node.services.card_desk import CardDesk, OpenCard
from yika_node.services.card_image import SlotImage
from yika_node.services.recovery import SlotShown
from yika_node.services.refund_rules import Pair, SlotEvidence, WriteBackSeen

Place = tuple[str, int, int]
"""Node, epoch and seq of a refund's intent."""

_UNREADABLE = SlotEvidence(SlotShown(readable=False), bare=False, claim=None, write_back=None)


@dataclass(frozen=True, slots=True)
class RefundEvidence:
    """Collects what the rules of :mod:`.refund_rules` look at."""

    cards: CardDesk
    refunds: RefundQueries

    def of_purchase(self, opened: OpenCard, purchase: Intent) -> SlotEvidence:
        """What is known before a purchase is given back."""
        slot = opened.image.slot(purchase.slot)
        return _UNREADABLE if slot is None else self._shown(opened, slot, purchase)

    def of_refund(
        self, opened: OpenCard, slot: SlotImage | None, refund: Intent, place: Place
    ) -> tuple[SlotEvidence, int]:
        """What is known before a refund is paid, and the number of the newest write-back.

        Where another meter has taken the place of the refund's, the old one's last word counts.
        """
        if slot is None:
            return _UNREADABLE, 0
        if slot.view.meter != refund.meter:
            return self._left_behind(refund)
        seen = 0 if slot.write_back is None else slot.write_back.reading.sequence
        unaware = not self._is_known_to(opened, refund, place)
        return self._shown(opened, slot, refund, unaware=unaware), seen

    def _shown(
        self, opened: OpenCard, slot: SlotImage, intent: Intent, *, unaware: bool = False
    ) -> SlotEvidence:
        """What the card says of the slot; claims count on the chip that the record is on."""
        claim = None
        if opened.image.identity.number == intent.card:
            read = opened.session.read_claim(slot.slot)
            claim = None if read is None else read.position
        seen = None
        if slot.write_back is not None:
            reading = slot.write_back.reading
            expected = self._expected(intent.account, slot, reading.position)
            seen = WriteBackSeen(reading.position, reading.total, reading.balance, expected)
        return SlotEvidence(slot.shown(), slot.bare, claim, seen, unaware)

    def _expected(self, account: str, slot: SlotImage, position: Pair) -> int | None:
        """The total that the journals say for the meter at that place, as far as we know."""
        if slot.record is not None and slot.record.position == position:
            return slot.record.total
        return self.refunds.credited_at(account, slot.view.meter, position)

    def _left_behind(self, refund: Intent) -> tuple[SlotEvidence, int]:
        """What a meter that stands there no more wrote last: it may have given the credit back."""
        on_card = SlotShown(readable=True, generation=refund.generation, count=refund.count)
        last = self.cards.queries.last_reading(refund.meter)
        if last is None:
            return SlotEvidence(on_card, bare=False, claim=None, write_back=None), 0
        position = (last.generation, last.count)
        expected = self.refunds.credited_at(refund.account, refund.meter, position)
        seen = WriteBackSeen(position, last.total, last.balance, expected)
        left = (
            bool(last.status & MeterStatus.TRANSFERRED)
            and position < (refund.before_generation, refund.before_count)
            and self._stayed_behind(refund)
        )
        found = SlotEvidence(on_card, bare=False, claim=None, write_back=seen, left=left)
        return found, last.sequence

    def _stayed_behind(self, refund: Intent) -> bool:
        """Whether whoever replaced the meter knew of the refund: the purchase did not move on."""
        moved = self.refunds.moved_on(refund.meter)
        return moved is not None and moved >= (refund.generation, refund.count)

    def _is_known_to(self, opened: OpenCard, refund: Intent, place: Place) -> bool:
        """Whether the card was made by somebody who knew of the refund, or before it.

        A maker that did not know would have carried the purchase: the meter keeps its credit, and
        whatever it writes back is from after the refund.
        """
        card = opened.image.identity
        if card.generation <= refund.generation:
            return True
        carried = self.cards.standings.book.on_card(refund.account, card.number, refund.slot)
        if any(row.meter == refund.meter and self._says(row, refund) for row in carried):
            return True
        told = opened.image.account.told
        return told is not None and told.card == card.number and place in told.carried

    def _says(self, row: rows.Intent, refund: Intent) -> bool:
        """Whether our record on a later card goes on from the refund, or without its purchase."""
        if row.act == REPLACEMENT:
            return row.count >= refund.count
        if row.act != PURCHASE:
            return False
        sale, _ = self.cards.settlement.committed(row)
        built_on = sale.total - sale.quantity - sale.adjusted_quantity
        return bool(sale.lower) or built_on < refund.total - refund.quantity
