"""Writing special cards as headquarters ordered them, and taking them back.

Only a vending point that headquarters gave the right has orders.  The issue is committed before
the chip is touched and names the chip; after a pull the same chip is presented again and finished.
A card that comes back is written down first and then burnt.  Tool cards have a desk of their own
(:mod:`yika_node.services.tool_desk`); all are on one list.
"""

from collections.abc import Iterator

from yika_common.cards import contact as customers
from yika_common.cards.application import CardState
from yika_common.cards.channel import AnyCard
from yika_common.cards.errors import CardForeign, CardNotBlank
from yika_common.cards.special import contact as special
from yika_common.cards.special.errors import ManagingCardForeign, PinsDiffer
from yika_common.cards.special.face import CardType, State, check_new_pin
from yika_common.cards.special.keys import Stretch
from yika_common.clock import Clock
from yika_common.errors import N_, YikaError
from yika_common.infra.pins import stretched
from yika_common.journal.card_bodies import (
    ISSUED,
    MANAGING,
    MISSING,
    RETURNED,
    SYSTEM,
    SpecialCard,
)
from yika_common.sync.special_list import IssueOrder
from yika_common.values import dataclass
from yika_node.db import seldom
from yika_node.db.journal import Journal
from yika_node.db.special_queries import SpecialQueries
from yika_node.services.counter import Counter
from yika_node.services.special_shelf import SpecialShelf

_WHAT = {CardType.SYSTEM: SYSTEM, CardType.MANAGING: MANAGING}


class SpecialCardBegun(YikaError):
    """The card was begun on another chip."""

    code = "special_card_begun"
    sentence = N_(
        "Special card %(card)s was begun on another chip. Nothing was written. Put that chip in, "
        "or ask headquarters to order the card anew."
    )


class SpecialCardNotOut(YikaError):
    """The card was not issued here, or its life is over."""

    code = "special_card_not_out"
    sentence = N_("Special card %(card)s is not out. Nothing was recorded. Look at the list.")


@dataclass(frozen=True, slots=True)
class SpecialDesk:
    """Writes system and managing cards and takes them back."""

    counter: Counter
    journal: Journal
    queries: SpecialQueries
    shelf: SpecialShelf
    clock: Clock
    stretch: Stretch = stretched

    def orders(self) -> tuple[IssueOrder, ...]:
        """The cards that are to be written; one that was begun stays until headquarters knows.

        Raises:
            VaultLocked, NotEnrolled: the list can't be opened.
        """
        return tuple(order for order in self.shelf.orders() if self._is_open(order.card))

    def issued(self) -> tuple[seldom.SpecialCard, ...]:
        """Every system and managing card that was written here or met its end here."""
        return tuple(self._issued())

    def write(self, operator: str, number: str, pin: str, again: str) -> None:
        """Make the blank card in the reader the special card of that number.

        ``pin``, typed twice, is the one that a managing card's holder chooses.

        Raises:
            SpecialCardUnknown, SpecialCardBegun, PinsDiffer, PinUnusable: nothing was written.
            CardNotBlank, SpecialCardBurnt, CardForeign, CardTooSmall: the card was left untouched.
            CardRemoved, CardWriteUncertain, CardMute, ReaderError: put the same card in again.
            VaultLocked, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        entry = self.shelf.order(number)
        order = entry.order()
        if order.type is CardType.MANAGING:
            if pin != again:
                raise PinsDiffer
            check_new_pin(pin)
        with self.counter.card() as contact:
            serial, blank = _chip(contact, number)
            self._begin(operator, entry, serial.hex(), blank=blank)
            special.issue(contact, self.counter.random, order, pin, self.stretch)

    def take_back(self, operator: str) -> str:
        """Write down that the managing card in the reader came back, and burn it; its number.

        Raises:
            ManagingCardNeeded, ManagingCardForeign, SpecialCardBurnt: nothing was recorded.
            CardNotAuthentic, CardRemoved, CardWriteUncertain, CardMute, ReaderError: put it in
                again.
            VaultLocked, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        with self.counter.card() as contact:
            face = special.managing_face(contact)
            entry = self.shelf.manager(face.number)
            if entry is None:
                raise ManagingCardForeign(number=face.number)
            row = self.queries.card(face.number)
            if row is None or row.state != RETURNED:
                body = SpecialCard(
                    card=face.number,
                    what=MANAGING,
                    state=RETURNED,
                    holder=face.holder,
                    serial=face.serial.hex(),
                )
                self.journal.append([body], at=self.clock(), operator=operator)
            key = bytes.fromhex(entry.manage)
            special.burn(contact, self.counter.random, key, face.number, face.serial)
        return face.number

    def report_missing(self, operator: str, number: str, reason: str) -> None:
        """The holder does not have the card any more; headquarters hears of it and revokes it.

        Raises:
            SpecialCardNotOut: it was not issued here, or is over; nothing was recorded.
            VaultLocked, NodeRestored, DiskFull: see their sentences.
        """
        row = self.queries.card(number)
        if row is None or row.state != ISSUED or row.kind not in _WHAT.values():
            raise SpecialCardNotOut(card=number)
        body = SpecialCard(
            card=number,
            what=row.kind,
            state=MISSING,
            holder=row.holder,
            serial=row.serial,
            reason=reason,
        )
        self.journal.append([body], at=self.clock(), operator=operator)

    def _begin(self, operator: str, entry: IssueOrder, serial: str, *, blank: bool) -> None:
        """Record the issue on this chip, unless it is recorded."""
        row = self.queries.card(entry.card)
        if row is not None:
            if row.state != ISSUED:
                raise SpecialCardNotOut(card=entry.card)
            if row.serial != serial:
                raise SpecialCardBegun(card=entry.card)
            return
        if not blank:
            raise CardNotBlank(number=entry.card)
        body = SpecialCard(
            card=entry.card,
            what=entry.type,
            state=ISSUED,
            holder=entry.holder,
            serial=serial,
            until=entry.valid_until,
        )
        self.journal.append([body], at=self.clock(), operator=operator)

    def _is_open(self, number: str) -> bool:
        row = self.queries.card(number)
        return row is None or row.state == ISSUED

    def _issued(self) -> Iterator[seldom.SpecialCard]:
        return (row for row in self.queries.cards() if row.kind in _WHAT.values())


def _chip(contact: AnyCard, number: str) -> tuple[bytes, bool]:
    """The serial of a chip that is blank, or that is this card already; and whether it is blank.

    Raises:
        CardNotBlank, CardForeign: it is another card; untouched.
    """
    try:
        face = special.recognise(contact)
    except CardForeign:
        found = customers.recognise(contact)
        if found.state is not CardState.BLANK:
            raise CardNotBlank(number=found.number) from None
        return found.serial, True
    if face.state is State.BLANK:
        return face.serial, True
    if face.number != number:
        raise CardNotBlank(number=face.number)
    return face.serial, False
