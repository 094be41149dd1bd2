"""The managing card in the reader approves one act, with the PIN of whoever holds it.

Before the PIN is presented everything else is looked at: the card is meant for this vending point,
neither revoked nor run out, nobody's who is signed in for the act, not blocked, and as it was left
at its last use here.  A memory card that is behind that is one of two copies: it is written down,
headquarters hears of it, and the card is refused from then on.

A memory card's tries can be brought back with the rest of its content, so wrong PINs are counted
here too.  How the card was left is kept before the approval is given out.
"""

from typing import Final
from zoneinfo import ZoneInfo

from yika_common.cards.errors import CardNotAuthentic
from yika_common.cards.special import contact as special
from yika_common.cards.special.contact import ManagingCard
from yika_common.cards.special.errors import (
    ManagingCardCopied,
    ManagingCardExpired,
    ManagingCardForeign,
    ManagingCardRevoked,
    PinBlocked,
    PinLastTry,
    WrongPin,
)
from yika_common.cards.special.face import TRIES_MAX, SpecialFace
from yika_common.cards.special.keys import Stretch
from yika_common.cards.special.memory_cells import Left
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.infra.pins import stretched
from yika_common.journal.card_bodies import COPIED, MANAGING, Approved, SpecialCard
from yika_common.sync.special_list import ManagingEntry
from yika_common.values import dataclass
from yika_node.db.journal import Journal
from yika_node.db.special_queries import SpecialQueries
from yika_node.services.approvals import (
    ApprovalBook,
    ApprovalByOperator,
    PendingApproval,
    operator_is,
)
from yika_node.services.counter import Counter
from yika_node.services.special_shelf import SpecialShelf

UTC: Final = ZoneInfo("UTC")
_NEVER: Final = Left(0, b"")
_KEEP: Final = (
    "INSERT OR REPLACE INTO managing_seen (number, counter, secret, failures) VALUES (?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class ManagingDesk:
    """Lets a second person approve."""

    counter: Counter
    journal: Journal
    queries: SpecialQueries
    shelf: SpecialShelf
    book: ApprovalBook
    clock: Clock
    zone: ZoneInfo = UTC
    """In which days are told."""
    stretch: Stretch = stretched

    def approve(self, token: str, pin: str, *, last: bool = False) -> PendingApproval:
        """Let the managing card in the reader approve what waits under a token.

        Args:
            token: of :meth:`ApprovalBook.begin`.
            pin: of the card's holder.
            last: the holder knows that a wrong PIN blocks the card.

        Raises:
            ApprovalMissing: nothing waits under the token.
            ManagingCardNeeded, ManagingCardForeign, ManagingCardRevoked, ManagingCardExpired,
                ManagingCardCopied, SpecialCardBurnt, ApprovalByOperator: nothing was approved.
            PinLastTry, PinBlocked, WrongPin: nothing was approved.
            CardAbsent, CardNotAuthentic, CardRemoved, CardMute, ReaderError: likewise.
            VaultLocked, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        waiting = self.book.pending(token)
        with self.counter.card() as contact:
            face = special.managing_face(contact)
            entry = self._entry(face, waiting)
            self._check_tries(face, last=last)
            key = bytes.fromhex(entry.manage)
            card = special.open_managing(contact, self.counter.random, key, self.stretch)
            if card.face.holder != entry.holder:
                raise CardNotAuthentic(number=face.number)
            self._check_left(card, waiting.operator)
            approved = self._approved(card, entry, pin, waiting.digest)
        self.book.give(token, approved)
        return self.book.pending(token)

    def _entry(self, face: SpecialFace, waiting: PendingApproval) -> ManagingEntry:
        """What headquarters says of the card; it may approve this act."""
        entry = self.shelf.manager(face.number)
        if entry is None:
            raise ManagingCardForeign(number=face.number)
        row = self.queries.card(face.number)
        if row is not None and row.state == COPIED:
            raise ManagingCardCopied(number=face.number)
        if entry.revoked:
            raise ManagingCardRevoked(number=face.number)
        now = to_timestamp(self.clock())
        if now < entry.valid_from or (entry.valid_until and now > entry.valid_until):
            raise ManagingCardExpired(
                number=face.number,
                since=self._day(entry.valid_from),
                until=self._day(entry.valid_until),
            )
        if operator_is(waiting.operator, entry.holder):
            raise ApprovalByOperator(operator=waiting.operator)
        return entry

    def _check_tries(self, face: SpecialFace, *, last: bool) -> None:
        special.demand_tries(face, last=last)
        failures = self._kept(face.number)[1]
        if failures >= TRIES_MAX:
            raise PinBlocked(number=face.number)
        if failures == TRIES_MAX - 1 and not last:
            raise PinLastTry(number=face.number)

    def _check_left(self, card: ManagingCard, operator: str) -> None:
        """Refuse one of two copies, and let headquarters know."""
        shown, kept = card.left(), self._kept(card.face.number)[0]
        if shown is None or kept is None or not kept.overtakes(shown):
            return
        body = SpecialCard(
            card=card.face.number,
            what=MANAGING,
            state=COPIED,
            holder=card.face.holder,
            serial=card.face.serial.hex(),
            reason=f"count {shown.counter} after count {kept.counter}",
        )
        self.journal.append([body], at=self.clock(), operator=operator)
        raise ManagingCardCopied(number=card.face.number)

    def _approved(
        self, card: ManagingCard, entry: ManagingEntry, pin: str, digest: bytes
    ) -> Approved:
        kept, failures = self._kept(entry.card)
        try:
            given = card.approve(pin, digest)
        except (WrongPin, PinBlocked):
            if card.left() is not None:
                self._keep(entry.card, kept or _NEVER, failures + 1)
            raise
        if given.left is not None:
            self._keep(entry.card, given.left, 0)
        return Approved(
            act=digest.hex(),
            card=entry.card,
            holder=entry.holder,
            counter=given.counter,
            proof=given.proof.hex(),
        )

    def _kept(self, number: str) -> tuple[Left | None, int]:
        """How the card was left here, and wrong PINs in a row."""
        row = self.queries.seen(number)
        if row is None:
            return None, 0
        return (Left(row.counter, row.secret) if row.secret else None), row.failures

    def _keep(self, number: str, left: Left, failures: int) -> None:
        self.journal.note(_KEEP, (number, left.counter, left.secret, failures))

    def _day(self, moment: int) -> str:
        if not moment:
            return "–"
        return from_timestamp(moment).astimezone(self.zone).date().isoformat()
