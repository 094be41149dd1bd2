"""Settling what was left open: journalling what a card tells, and finishing its pending sales."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from yika_common.cards.contact import UserCard
from yika_common.clock import Clock, to_timestamp
from yika_common.errors import YikaError
from yika_common.journal import bodies
from yika_common.journal.body import Body
from yika_common.journal.record import decode_line
from yika_common.values import dataclass
from yika_node.db.journal import Journal, Position
from yika_node.db.projections import PENDING
from yika_node.db.queries import Queries
from yika_node.services.card_image import CardImage, SlotImage
from yika_node.services.customers import Customers
from yika_node.services.errors import SaleStillOpen
from yika_node.services.keyring import KeyRing
from yika_node.services.minting import remade
from yika_node.services.recovery import OpenIntent, SlotShown, Verdict, covers
from yika_node.services.rows import sale_row
from yika_node.services.standing import Standing
from yika_node.services.views import Resolution, SaleState

if TYPE_CHECKING:
    from yika_node.db.rows import Intent

Judge = Callable[[SlotShown, OpenIntent], Verdict]

_HEAD_SHOWN = 8
_NO_NODE = ""
"""A record that its card had no room to say the witness of."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Brings journal and card together, every time a card is seen."""

    journal: Journal
    queries: Queries
    standing: Standing
    keyring: KeyRing
    customers: Customers
    clock: Clock
    judge: Judge

    def listen(self, image: CardImage, operator: str) -> None:
        """Journal new meter readings and places in journals that the card's fresh slots name.

        Raises:
            NodeRestored: the card names a place in our own journal that we do not hold.
            DiskFull, VaultLocked and their like: nothing was recorded.
        """
        news: list[Body] = []
        for slot in image.slots:
            if slot.slot not in image.fresh:
                continue
            self._check_own_witness(slot)
            news += self._reading(image, slot)
            news += self._witness(image, slot)
        if news:
            self.journal.append(news, at=self.clock(), operator=operator)

    def settle(
        self, session: UserCard, image: CardImage, operator: str
    ) -> tuple[CardImage, tuple[Resolution, ...]]:
        """Decide every open sale of the card, and return the card as it then is.

        Raises:
            CardRemoved, CardWriteUncertain, ReaderError, DiskFull and their like: what was not
                decided stays open.
        """
        resolutions = []
        for row in self.queries.pending(image.identity.number):
            image, resolution = self._decide(session, image, row, operator)
            resolutions.append(resolution)
        resolutions += self._left_behind(image, operator)
        return image, tuple(resolutions)

    def close(self, row: Intent, operator: str) -> None:
        """Record that the intent's record was read back from the card.

        A new card's record closes with it what waited for an older card and is carried by it.
        """
        ends = [bodies.Sale(**self.named(row))]
        if row.act in bodies.ON_A_NEW_CARD:
            here = row.epoch == self.standing.membership.epoch
            by: dict[str, Any] = {"through": row.seq} if here else {"carried": row.card}
            for other in self.queries.pending(account=row.account):
                if self._covers(row, other):
                    ends.append(bodies.Sale(**self.named(other), **by))
        self.journal.append(ends, at=self.clock(), operator=operator)

    def _covers(self, new: Intent, old: Intent) -> bool:
        """Whether a new card's record carries what waited for an older one.

        A new meter's first record carries what was bought of the meter before it.
        """
        if new.meter == old.meter:
            return covers(
                (new.generation, new.count), new.total, (old.generation, old.count), old.total
            )
        swap = self.queries.swap_to(new.account, new.meter) if new.act == bodies.SWAP else None
        return swap is not None and (swap.old, swap.generation, swap.count, swap.total) == (
            old.meter,
            old.generation,
            old.count,
            old.total,
        )

    def _left_behind(self, image: CardImage, operator: str) -> Iterator[Resolution]:
        """Decide what waited for an older card of the account, as far as this one tells."""
        for row in self.queries.pending(account=image.account.number):
            if row.generation >= image.identity.generation:
                continue
            body = self._left(image, row)
            if body is not None:
                self.journal.append([body], at=self.clock(), operator=operator)
                yield self._resolution(row)

    def _left(self, image: CardImage, row: Intent) -> bodies.Sale | bodies.Superseded | None:
        slot = image.slot(row.slot)
        shown = SlotShown(readable=False)
        if slot is not None and slot.view.meter == row.meter:
            shown = slot.shown()
        seen, ours = (shown.generation, shown.count), (row.generation, row.count)
        if covers(seen, shown.total, ours, row.total) or self._is_among(row, lost=False):
            return bodies.Sale(**self.named(row), carried=image.identity.number)
        if self._is_among(row, lost=True):
            return bodies.Superseded(
                **self.named(row), generation_seen=shown.generation, count_seen=shown.count
            )
        return None

    def _resolution(self, row: Intent, problem: YikaError | None = None) -> Resolution:
        after = self.queries.intent(row.epoch, row.seq)
        assert after is not None, "an intent is never deleted"
        return Resolution(sale_row(after), SaleState(after.state), problem)

    def _decide(
        self, session: UserCard, image: CardImage, row: Intent, operator: str
    ) -> tuple[CardImage, Resolution]:
        slot = image.slot(row.slot)
        intent, position = self.committed(row)
        shown = SlotShown(readable=False) if slot is None else slot.shown()
        decided = self.judge(shown, _open(intent, row))
        if decided is Verdict.ASK and shown.readable and self._is_among(row, lost=True):
            decided = Verdict.SUPERSEDED
        problem: YikaError | None = None
        if decided is Verdict.REDO and slot is not None:
            meter = self.keyring.meter(row.meter)
            data = remade(intent, position, meter)
            session.write_record(row.slot, data)
            image = image.with_slot(slot.with_record(data, meter))
            decided = Verdict.COMPLETE
        elif decided is Verdict.COMPLETE:
            session.confirm(row.slot)
        if decided is Verdict.COMPLETE:
            self.close(row, operator)
        elif decided is Verdict.SUPERSEDED:
            body = bodies.Superseded(
                **self.named(row), generation_seen=shown.generation, count_seen=shown.count
            )
            self.journal.append([body], at=self.clock(), operator=operator)
        elif decided is Verdict.ASK and self._is_among(row, lost=False):
            # Another vending point sold on top of it before its end was seen here.
            below = bodies.Sale(**self.named(row), carried=image.identity.number)
            self.journal.append([below], at=self.clock(), operator=operator)
        else:
            problem = SaleStillOpen(card=image.identity.number)
        return image, self._resolution(row, problem)

    def _is_among(self, row: Intent, *, lost: bool) -> bool:
        """Whether headquarters tells that the intent never arrived, or that a card carries it."""
        sheet = self.customers.sheet(row.account)
        if sheet is None:
            return False
        ours = (self.standing.membership.node, row.epoch, row.seq)
        return ours in (sheet.lost if lost else sheet.carried)

    def committed(self, row: Intent) -> tuple[bodies.Intent, Position]:
        """The intent's own record, and its place in the chain."""
        membership = self.standing.membership
        record = self.queries.record(row.epoch, row.seq)
        before = self.queries.head_at(row.epoch, row.seq - 1, membership.certificate_payload)
        assert record is not None, "a projection has its record"
        assert before is not None, "a record has a hash before it"
        read = decode_line(record.line)
        assert isinstance(read.body, bodies.Intent), "the projection says so"
        return read.body, Position(membership.node, row.epoch, row.seq, before, read.ts)

    def named(self, row: Intent) -> dict[str, Any]:
        """How a resolution names its intent: an earlier epoch's by epoch and hash too."""
        if row.epoch == self.standing.membership.epoch:
            return {"intent": row.seq}
        record = self.queries.record(row.epoch, row.seq)
        assert record is not None, "a projection has its record"
        return {
            "intent": row.seq,
            "epoch": row.epoch,
            "hash": record.head[:_HEAD_SHOWN].hex(),
        }

    def _reading(self, image: CardImage, slot: SlotImage) -> list[Body]:
        if slot.write_back is None:
            return []
        reading = slot.write_back.reading
        last = self.queries.last_reading(slot.view.meter)
        if last is not None and last.sequence >= reading.sequence:
            return []
        return [
            bodies.Reading(
                card=image.identity.number,
                meter=slot.view.meter,
                slot=slot.slot,
                generation=reading.generation,
                count=reading.count,
                total=reading.total,
                balance=reading.balance,
                used=reading.lifetime_use,
                status=int(reading.status),
                sequence=reading.sequence,
                meter_time=to_timestamp(reading.clock),
                evidence=slot.evidence.hex(),
                parameters=slot.write_back.parameter_version,
            )
        ]

    def _witness(self, image: CardImage, slot: SlotImage) -> list[Body]:
        membership = self.standing.membership
        if slot.record is None or slot.record.witness.node in (membership.node, _NO_NODE):
            return []
        seen = slot.record.witness
        if self.queries.witness(seen.node, seen.epoch, seen.sequence, seen.head.hex()) is not None:
            return []
        return [
            bodies.Witness(
                card=image.identity.number,
                slot=slot.slot,
                node=seen.node,
                epoch=seen.epoch,
                seq=seen.sequence,
                head=seen.head.hex(),
            )
        ]

    def _check_own_witness(self, slot: SlotImage) -> None:
        """A card that names a place in our journal which we do not hold proves a restore."""
        membership = self.standing.membership
        if slot.record is None:
            return
        seen = slot.record.witness
        if (seen.node, seen.epoch) != (membership.node, membership.epoch):
            return
        before = self.queries.head_at(
            seen.epoch, seen.sequence - 1, membership.certificate_payload
        )
        tip = self.queries.tip(seen.epoch)
        found = 0 if tip is None else tip.seq
        if before is None or before[:_HEAD_SHOWN] != seen.head or seen.sequence > found:
            raise self.journal.outrun(seen.sequence)


def _open(intent: bodies.Intent, row: Intent) -> OpenIntent:
    return OpenIntent(
        open=row.state == PENDING,
        generation=intent.generation,
        count=intent.count,
        total=intent.total,
        before=(intent.before_generation, intent.before_count),
        mac=bytes.fromhex(intent.mac),
    )
