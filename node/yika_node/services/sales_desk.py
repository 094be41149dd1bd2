"""Selling (预购): decide, write down, act, confirm.

The order of a sale::

    decide   price every line on the card as it is now
    commit   the intents of the whole basket: from here on the money is taken and owed
    write    one slot, in one atomic update, and read it back
    commit   that slot's sale; then the next slot

Whatever fails after the first commit leaves lines *pending*; they are finished when the card is
seen again (:mod:`yika_node.services.settlement`).  Nothing is sold anew because of a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from sqlite3 import Connection
from typing import TYPE_CHECKING, Final

from yika_common.cards.contact import UserCard
from yika_common.clock import Clock
from yika_common.errors import Phrase, YikaError
from yika_common.infra.sqlite_errors import DatabaseBusy, DiskFull
from yika_common.journal.bodies import Intent, Sale
from yika_common.journal.body import Body
from yika_common.numbers import Money, money_to_text, quantity_to_text
from yika_common.services import Service
from yika_common.values import dataclass
from yika_node.db.journal import Draft, Entry, Journal, Position
from yika_node.db.queries import Queries
from yika_node.errors import VaultLocked
from yika_node.services.approvals import Approvals
from yika_node.services.basket import Outlook, PricedLine
from yika_node.services.card_desk import CardDesk, OpenCard
from yika_node.services.card_image import slot_view
from yika_node.services.enquiries import Enquiries
from yika_node.services.errors import (
    FormUsed,
    PriceChanged,
    SaleNotClosed,
)
from yika_node.services.keyring import KeyRing
from yika_node.services.minting import Minting, remade
from yika_node.services.payments import Agreed, BasketQuote, Receipt
from yika_node.services.pricing import Pricing
from yika_node.services.sale_checks import Asked, check_sale
from yika_node.services.standing import Standing
from yika_node.services.views import CardView, SaleEntry, SlotView

if TYPE_CHECKING:
    from yika_node.services.tenders import Given

_NOT_RECORDED: Final[dict[type[YikaError], Phrase]] = {
    DiskFull: Phrase("the disk is full"),
    VaultLocked: Phrase("nobody is signed in any more"),
    DatabaseBusy: Phrase("another program holds the database"),
}
_REFUSED: Final = Phrase("the journal takes no more records")


@dataclass(frozen=True, slots=True)
class SalesDesk:
    """Quotes and sells."""

    cards: CardDesk
    journal: Journal
    queries: Queries
    keyring: KeyRing
    standing: Standing
    pricing: Pricing
    enquiries: Enquiries
    approvals: Approvals
    clock: Clock

    def quote(self, view: CardView, entries: Sequence[SaleEntry]) -> BasketQuote:
        """What the entries cost on the card as it was read; nothing changes.

        Raises:
            AccountUnknown: the card's account is not one of this vending point.
            SaleStillOpen: an earlier sale to the card is not settled.
            ServiceNotAllowed: this vending point may not sell that.
            those of :meth:`Pricing.price`: the first line that can't be priced.
        """
        check_sale(
            Asked(
                view.account,
                view.identity.number or view.identity.serial.hex(),
                view.refusal,
                lambda: bool(view.pending),
                _wanted(view.slots, entries),
                self.standing,
            )
        )
        assert view.account is not None, "it is the first thing that is looked at"
        at = self.clock()
        lines = self.pricing.price(view.account, view.identity, view.slots, entries, at)
        return BasketQuote(
            card=view.identity.number,
            account=view.account.number,
            at=at,
            lines=tuple(priced.line for priced in lines),
        )

    def outlooks(self, view: CardView) -> dict[int, Outlook]:
        """What the next purchase of each meter of the card would meet; empty where none can be."""
        if view.account is None or view.refusal is not None:
            return {}
        return self.pricing.outlooks(view.account, view.identity, view.slots, self.clock())

    def sell(
        self,
        operator: str,
        card_number: str,
        entries: Sequence[SaleEntry],
        form_token: str,
        *,
        agreed: Agreed | None = None,
        given: Given | None = None,
        approval: str = "",
    ) -> Receipt:
        """Sell the basket onto the card of that number; the same token sells once.

        Args:
            operator: who sells.
            card_number: the card the form was made for.
            entries: one per meter.
            form_token: the form's own; the same call again returns the first one's receipt.
            agreed: what the customer was told; to pay something else, or to get something else
                for it, is refused.
            given: how it is paid; None: with the exact sum in cash.
            approval: the token of the approval of a sale beyond the operator's limit of a day.

        Returns:
            The receipt.  Lines may be pending; then ``problem`` says why.

        Raises:
            FormUsed: the token has sold something else.
            CardAbsent, CardSwapped, CardReplaced, AccountUnknown and their like; those of
                :meth:`Pricing.price`; PriceChanged, SaleStillOpen, CardTooSmall; DayTimesReached,
                DayAmountReached, ApprovalMissing and its like; VaultLocked, NodeRestored,
                DiskFull: nothing was sold.
        """
        done = self._sold_before(form_token, card_number, entries, waited=False)
        if done is not None:
            return done
        with self.cards.open(card_number, operator) as opened:
            # Whoever pressed twice has waited at the counter for the first sale to end.
            done = self._sold_before(form_token, card_number, entries, waited=True)
            if done is not None:
                return done
            # One moment selects the tariff and the period, and is the record's own time.
            at = self.clock()
            mintings = self._decided(opened, entries, agreed, at)
            approved = self._lifted(approval, operator, card_number, entries, mintings)
            intents = self._commit(mintings, operator, form_token, at, given, approved)
            problem = self._write(opened.session, mintings, intents, operator)
        return self.enquiries.receipt(intents[0].epoch, intents[0].seq, problem)

    def _sold_before(
        self, form_token: str, card_number: str, entries: Sequence[SaleEntry], *, waited: bool
    ) -> Receipt | None:
        """The receipt of this very sale, if the form has made it; ``waited``: at the counter."""
        done = self.queries.form(form_token)
        if done is None:
            return None
        if not waited:
            # The first press may still be writing its card: its receipt is not the last word yet.
            self.cards.counter.await_turn()
        receipt = self.enquiries.receipt(done.epoch, done.basket)
        if receipt.card != card_number or [line.entry for line in receipt.lines] != [*entries]:
            raise FormUsed(number=receipt.number)
        return receipt

    def _decided(
        self,
        opened: OpenCard,
        entries: Sequence[SaleEntry],
        agreed: Agreed | None,
        at: datetime,
    ) -> tuple[Minting, ...]:
        image = opened.image
        number = image.identity.number
        slots = tuple(slot_view(slot) for slot in image.slots)
        check_sale(
            Asked(
                image.account,
                number,
                # What the card's reading has against the sale, opening the card has raised.
                None,
                lambda: bool(self.queries.pending(number)),
                _wanted(slots, entries),
                self.standing,
            )
        )
        lines = self.pricing.price(image.account, image.identity, slots, entries, at)
        found = _agreed(lines)
        if agreed is not None and agreed != found:
            raise PriceChanged(agreed=_in_words(agreed), found=_in_words(found))
        session = opened.session
        mintings = tuple(
            Minting(
                image.account,
                image.identity.number,
                priced,
                self.keyring.meter(priced.line.meter),
                session.cut,
            )
            for priced in lines
        )
        for minting in mintings:
            session.admit(minting.trial(at))
        return mintings

    def _commit(
        self,
        mintings: Sequence[Minting],
        operator: str,
        form_token: str,
        at: datetime,
        given: Given | None,
        approved: Body | None,
    ) -> tuple[Entry, ...]:
        """Take the money: all intents, how they are paid and the form's token in one commit."""
        first = 0 if approved is None else 1

        def remember(connection: Connection, entries: Sequence[Entry]) -> None:
            connection.execute(
                "INSERT INTO form (token, epoch, basket) VALUES (?, ?, ?)",
                (form_token, entries[first].epoch, entries[first].seq),
            )

        drafts: list[Draft] = [minting.draft(index) for index, minting in enumerate(mintings)]
        if approved is not None:
            drafts = [approved, naming_its_approval(mintings[0].draft(0)), *drafts[1:]]
        if given is not None:
            due = _agreed([minting.priced for minting in mintings]).paid
            drafts += given.drafts(due, len(mintings))
        entries = self.journal.append(drafts, at=at, operator=operator, along=[remember])
        return entries[first : first + len(mintings)]

    def _lifted(
        self,
        approval: str,
        operator: str,
        card: str,
        entries: Sequence[SaleEntry],
        mintings: Sequence[Minting],
    ) -> Body | None:
        """What a second person said to a sale beyond the operator's limit of the day."""
        if not approval:
            return None
        from yika_node.services.day_limits import sale_digest  # noqa: PLC0415 - seldom needed

        paid = _agreed([minting.priced for minting in mintings]).paid
        return self.approvals.take(approval, sale_digest(card, entries, paid), operator)

    def _write(
        self,
        session: UserCard,
        mintings: Sequence[Minting],
        intents: Sequence[Entry],
        operator: str,
    ) -> YikaError | None:
        """Write slot by slot; at the first failure stop, and say why the rest is pending."""
        try:
            for minting, entry in zip(mintings, intents, strict=True):
                assert isinstance(entry.body, Intent), "a minting drafts an intent"
                data = remade(entry.body, entry.position, minting.meter)
                session.write_record(entry.body.slot, data)
                self._close(entry, operator)
        except YikaError as problem:
            return problem
        return None

    def _close(self, intent: Entry, operator: str) -> None:
        """Record that the intent's record was read back; raises SaleNotClosed."""
        with naming_what_failed():
            self.journal.append([Sale(intent=intent.seq)], at=self.clock(), operator=operator)


def naming_its_approval(draft: Callable[[Position], Intent]) -> Draft:
    """The same intent, naming the record right before it as its approval."""

    def at(position: Position) -> Intent:
        return replace(draft(position), approved=position.seq - 1)

    return at


@contextmanager
def naming_what_failed() -> Iterator[None]:
    """Around the record that follows what was written to a card.

    Raises:
        SaleNotClosed: the journal's own sentence would say that nothing was done.
    """
    try:
        yield
    except YikaError as failure:
        why = _NOT_RECORDED.get(type(failure), _REFUSED)
        raise SaleNotClosed(why=why) from failure


def _wanted(slots: Sequence[SlotView], entries: Sequence[SaleEntry]) -> Iterator[Service]:
    """What the basket is to buy."""
    wanted = {entry.slot for entry in entries}
    return (slot.service for slot in slots if slot.slot in wanted)


def _agreed(lines: Sequence[PricedLine]) -> Agreed:
    """What whoever buys these lines agrees to."""
    return Agreed(
        Money(sum(priced.line.bill.paid for priced in lines)),
        tuple(priced.line.quote.quantity for priced in lines),
    )


def _in_words(agreed: Agreed) -> str:
    """For example ``25.00 (12.3 + 4)``: the money, and the quantities of the meters."""
    quantities = " + ".join(quantity_to_text(quantity) for quantity in agreed.quantities)
    return f"{money_to_text(agreed.paid)} ({quantities})"
