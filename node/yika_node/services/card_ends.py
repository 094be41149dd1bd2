"""Taking a card out of use (回收, 清卡): written down first, then the chip, as often as it takes.

=========  ======================================  =================================
end        the chip                                for
=========  ======================================  =================================
retired    out of service for good                 a card that nobody shall use again
recycled   blank again, nothing of the customer    the next customer
spoilt     cannot be read; nothing is done to it   a chip that does not answer
kept       nothing is done to it                   a found card, until it is decided
=========  ======================================  =================================

Once the chip is changed nobody sells to it any more: what was settled with it, where that is
certain, is then written down too, so that the account's end can pay out what is left of it
(:mod:`.closing_adjustment`).

A card that still carries credit is not ended, unless a newer card of the account carries that
credit.  A chip that was pulled while it ended is shown again: what was written down is finished.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from yika_common.cards import contact as cards
from yika_common.cards.application import CardIdentity, CardState
from yika_common.cards.errors import CardBlank, CardRetired
from yika_common.clock import Clock
from yika_common.journal.card_bodies import (
    KEPT,
    RECYCLED,
    RETIRED,
    SPOILT,
    CardCleared,
    CardEnded,
    Through,
)
from yika_common.readers.port import Contact
from yika_common.values import dataclass
from yika_node.db.card_queries import CardQueries
from yika_node.db.journal import Journal
from yika_node.services.card_desk import CardDesk
from yika_node.services.card_errors import (
    CardUnknownHere,
    CreditOnCard,
    EndUnknown,
    checked_reason,
)
from yika_node.services.card_image import read_image, slot_view
from yika_node.services.errors import SaleStillOpen
from yika_node.services.keyring import KeyRing
from yika_node.services.premises import Premises
from yika_node.services.settled import Settled
from yika_node.services.views import Account, SlotView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yika_node.db.card_rows import CardEnd

ENDS = (RETIRED, RECYCLED, KEPT)
"""What can be done with a card that lies in the reader."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A card that ended, and how."""

    card: str
    how: str


@dataclass(frozen=True, slots=True)
class CardEnds:
    """Ends cards."""

    cards: CardDesk
    journal: Journal
    book: CardQueries
    keyring: KeyRing
    clock: Clock

    def end(self, operator: str, how: str, reason: str) -> Ended:
        """End the card in the reader, or finish what was begun with it.

        Raises:
            EndUnknown, ReasonMissing: nothing was done.
            CardUnknownHere, CreditOnCard, SaleStillOpen: the card was left as it is.
            CardBlank, CardRetired, CardForeign, CardUnknown: there is nothing to end.
            CardRemoved, CardWriteUncertain, CardMute: put the same card in again.
            VaultLocked, NodeRestored, DiskFull and their like: see their sentences.
        """
        if how not in ENDS:
            raise EndUnknown
        with self.cards.counter.card() as connection:
            found = cards.recognise(connection)
            begun, cleared = self._begun(found), None
            if begun is None or (begun.how, how) in _CHANGES:
                number, cleared = self._checked(connection, found)
                self._record(operator, number, found, how, reason)
            else:
                number, how = begun.card, begun.how
            self._act(connection, number, how)
        if cleared is not None and how != KEPT:
            self.journal.append([cleared], at=self.clock(), operator=operator)
        return Ended(number, how)

    def spoil(self, operator: str, number: str, reason: str) -> Ended:
        """A card that cannot be read any more is thrown away; its credit is on the newer card.

        Raises:
            ReasonMissing, CardUnknownHere: nothing was done.
            CreditOnCard: the account has no newer card that carries what was on it.
        """
        account = self.cards.accounts.of_card(number)
        if account is None:
            raise CardUnknownHere(number=number)
        if account.card == number and self.cards.queries.account_was_sold_to(account.number):
            raise CreditOnCard(number=number, place="?")
        self._record(operator, number, None, SPOILT, reason)
        return Ended(number, SPOILT)

    def unfinished(self, identity: CardIdentity) -> Ended | None:
        """What was begun with this chip and is not done."""
        begun = self._begun(identity)
        if begun is None or begun.how == KEPT:
            return None
        done = identity.state is CardState.RETIRED or not identity.number
        return None if done else Ended(begun.card, begun.how)

    def _begun(self, found: CardIdentity) -> CardEnd | None:
        """The end of the card that the chip is, or was when it was pulled."""
        end = self.book.end(found.number) if found.number else None
        return end if end is not None and end.serial == found.serial.hex() else None

    def _checked(self, connection: Contact, found: CardIdentity) -> tuple[str, CardCleared | None]:
        """The number of a card that may end, and what was settled with it if that is certain."""
        number = found.number
        if found.state is CardState.RETIRED:
            raise CardRetired(number=number)
        if not number:
            raise CardBlank
        held = self.keyring.card(number)
        if found.state is CardState.BLANK:
            # It was pulled while it was made, or made blank: nothing was ever on it, or is left.
            return number, None
        session = self.cards.counter.session(connection, number, held.node_key)
        account = self.cards.accounts.of_card(number)
        if account is None:
            raise CardUnknownHere(number=number)
        image = read_image(session, account, self.keyring)
        self.cards.settlement.listen(image, "")
        if self._carried_on(account, number, found.generation):
            return number, None
        if self.cards.queries.pending(number):
            raise SaleStillOpen(card=number)
        slots = [slot_view(slot) for slot in image.slots]
        for slot in slots:
            if slot.problem is not None or slot.unloaded is not None:
                raise CreditOnCard(number=number, place=slot.slot + 1)
        return number, self._settled(account, found, slots)

    def _settled(
        self, account: Account, found: CardIdentity, slots: Sequence[SlotView]
    ) -> CardCleared | None:
        """What was settled with the account's card; None: it is not its newest, or not certain."""
        if account.card != found.number:
            return None
        meters = [slot.meter for slot in slots]
        bare = [slot.meter for slot in slots if slot.bare]
        standing = self.cards.queries.standing(account.number, meters, bare)
        home = not account.home
        premises = Premises(slots, standing, account.told, found.generation, home=home)
        settled = Settled.of(premises)
        if not settled.complete:
            return None
        applied = settled.through
        return CardCleared(
            account=account.number,
            card=found.number,
            number=max((one.money_number for one in applied.values()), default=0),
            slots=tuple(
                Through(slot.slot, *slot.record.position, applied[slot.slot].money_total)
                for slot in slots
                if slot.record is not None
            ),
        )

    def _carried_on(self, account: Account, number: str, generation: int) -> bool:
        """Whether a newer card of the account carries what is on this one."""
        told = account.told
        newer = told is not None and told.generation > generation
        return account.card != number and (newer or self.book.replacing(number) is not None)

    def _record(
        self, operator: str, number: str, found: CardIdentity | None, how: str, reason: str
    ) -> None:
        reason = checked_reason(reason)
        account = self.cards.accounts.of_card(number)
        body = CardEnded(
            account="" if account is None else account.number,
            card=number,
            serial="" if found is None else found.serial.hex(),
            how=how,
            reason=reason,
        )
        self.journal.append([body], at=self.clock(), operator=operator)

    def _act(self, connection: Contact, number: str, how: str) -> None:
        """Change the chip; it may have been changed before."""
        if how == KEPT:
            return
        key = self.keyring.card(number).node_key
        act = cards.retire if how == RETIRED else cards.recycle
        act(connection, self.cards.counter.random, key, number=number)


_CHANGES = {(KEPT, RETIRED), (KEPT, RECYCLED)}
"""What a card that was kept may become later."""
