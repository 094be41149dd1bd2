"""A new card in an old one's place (补卡): decide, write down, make the chip, write, confirm.

The order::

    decide   what each slot carries (carrying), which chip, which number, which fee
    commit   the new card, what it replaces and its fee, and one intent for each slot it carries:
             from here on the old card is dead, and its credit is owed on the new one
    make     the chip becomes the new card; until its last command it is blank
    settle   each slot's record is written and read back like any pending sale's

The last step is the recovery that every reading of a card does
(:mod:`yika_node.services.settlement`): there is no other way credit gets onto a card.  Whatever is
cut off, the same chip is presented again and finished: a blank one here, a made one by reading it.
Another blank chip gets another number of the next generation, with the same credit, at no cost.

A meter swap is the same act: the chip may be the old card's own, which is made blank in between,
and slots whose meter was exchanged begin with what was left in the old meter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from yika_common.cards import contact as cards
from yika_common.cards.application import CardIdentity, CardState
from yika_common.cards.approval import act_digest
from yika_common.cards.errors import CardNotBlank, CardRetired
from yika_common.clock import Clock, from_timestamp
from yika_common.errors import YikaError
from yika_common.journal.bodies import ON_A_NEW_CARD, CardIssued
from yika_common.journal.card_bodies import SPOILT, CardEnded
from yika_common.journal.record import decode_line
from yika_common.numbers import Money
from yika_common.readers.port import Contact
from yika_node.db.card_queries import CardQueries
from yika_node.db.journal import Draft, Entry, Journal, Position
from yika_node.db.projections import WRITTEN
from yika_node.services.account_acts import Act, check
from yika_node.services.approvals import Approvals
from yika_node.services.card_desk import CardDesk
from yika_node.services.card_errors import (
    AlreadyReplaced,
    CardUnknownHere,
    NothingToReplace,
    ReplacedElsewhere,
    checked_reason,
)
from yika_node.services.card_image import read_image
from yika_node.services.card_shelf import LevelsOf, no_levels
from yika_node.services.card_views import Slip
from yika_node.services.carried_minting import CarriedMinting
from yika_node.services.carrying import Carried
from yika_node.services.keyring import KeyRing
from yika_node.services.known_credit import KnownCredit
from yika_node.services.reissue_terms import Reissued, Terms
from yika_node.services.rows import sale_row
from yika_node.services.settings_shelf import SettingsShelf
from yika_node.services.views import Account, CardKind, CardView, Resolution

if TYPE_CHECKING:
    import sqlite3

    from yika_node.db import rows

FREE_CARD: Final = "free card"
"""The kind of the act of taking no fee, which a second person approves."""

_SEEN_FOR: Final = timedelta(minutes=30)


@dataclass(slots=True)
class Reissue:
    """Replaces cards; one chip at a time lies in the reader."""

    cards: CardDesk
    journal: Journal
    book: CardQueries
    keyring: KeyRing
    known: KnownCredit
    settings: SettingsShelf
    approvals: Approvals
    clock: Clock
    levels: LevelsOf = no_levels
    _seen: dict[str, tuple[datetime, CardView]] = field(default_factory=dict)

    def look(self, operator: str) -> CardView:
        """Read the old card, so that what it shows goes onto the new one; it is put away then.

        Raises:
            those of :meth:`yika_node.services.card_desk.CardDesk.read`.
        """
        view = self.cards.read(operator)
        if view.kind is CardKind.OURS and view.account is not None:
            self._seen[view.account.number] = self.clock(), view
        return view

    def old_card(self, account: str) -> CardView | None:
        """The account's old card, if it was looked at here a short while ago."""
        seen = self._seen.get(account)
        if seen is None or self.clock() - seen[0] > _SEEN_FOR:
            return None
        return seen[1]

    def carried(self, account_number: str) -> tuple[Carried, ...]:
        """What the new card would say now.

        Raises:
            AccountUnknown, NothingToReplace, ReplacedElsewhere: there is nothing to replace here.
        """
        account = self.cards.accounts.get(account_number)
        self._check(account)
        return self.known.carried(account, self.old_card(account.number))

    def fee(self, account_number: str) -> Money:
        """What a replacement costs: nothing if the card before was never finished."""
        newest = self.book.newest(account_number)
        if newest is not None and newest.replaces and not self._ever_finished(newest):
            return Money(0)
        return Money(self.settings.settings().card_fee)

    def free_digest(self, account_number: str, reason: str) -> bytes:
        """What a second person approves who lets a replacement be free."""
        account = self.cards.accounts.get(account_number)
        return act_digest(
            FREE_CARD,
            account=account.number,
            card=account.card or "",
            fee=self.fee(account_number),
            reason=reason,
        )

    def replace(
        self, operator: str, account_number: str, reason: str, token: str, approval: str = ""
    ) -> Reissued:
        """Make the blank card in the reader the account's card, in the place of its card.

        The same call again, with the same chip in the reader, finishes what was cut off.

        Args:
            operator: who does it.
            account_number: whose card.
            reason: why.
            token: the form's own; it replaces one card.
            approval: the token of a second person's approval to take no fee; empty: it is taken.

        Raises:
            AccountUnknown, NothingToReplace, ReplacedElsewhere, ReasonMissing, AlreadyReplaced,
                NoCardKeyLeft, CardTooSmall, ApprovalMissing and its like: nothing was issued.
            CardNotBlank, CardRetired, CardForeign: the card was left untouched.
            CardRemoved, CardWriteUncertain, CardMute, ReaderError: put the same card in again.
            VaultLocked, KeysNotHeld, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        reason = checked_reason(reason)
        with self.cards.counter.card() as connection:
            account = self.cards.accounts.get(account_number)
            found = cards.recognise(connection)
            issued = self._begun(account, found, token)
            if issued is None:
                self._check(account)
                made = self._made_by(token)
                if made is not None:
                    raise AlreadyReplaced(number=made)
                terms = Terms(reason=reason, fee=self.fee(account.number))
                if approval and terms.fee:
                    digest = self.free_digest(account.number, reason)
                    approve = partial(self.approvals.take, approval, digest, operator)
                    terms = Terms(reason=reason, approve=approve)
                issued = self._issue(connection, operator, account, found, terms, token)
            return self._finish(connection, operator, account, issued)

    def reissue(self, operator: str, account_number: str, terms: Terms, token: str) -> Reissued:
        """The same for other acts, such as a meter swap; raises as :meth:`replace`.

        What ``terms.before`` says of the account (an exchanged meter) holds for the new card: its
        projections are written in the same commit.
        """
        with self.cards.counter.card() as connection:
            account = self.cards.accounts.get(account_number)
            found = cards.recognise(connection)
            issued = self._begun(account, found, token)
            if issued is None:
                self._check(account)
                made = self._made_by(token)
                if made is not None:
                    raise AlreadyReplaced(number=made)
                issued = self._issue(connection, operator, account, found, terms, token)
                account = self.cards.accounts.get(account_number)
            return self._finish(connection, operator, account, issued)

    def slip(self, number: str) -> Slip:
        """What the customer takes home with a card that was made here.

        Raises:
            CardUnknownHere: none of that number was.
        """
        row = self.book.card(number)
        if row is None:
            raise CardUnknownHere(number=number)
        return Slip(
            card=number,
            replaces=row.replaces,
            account=row.account,
            generation=row.generation,
            at=from_timestamp(row.issued_at),
            operator=row.operator,
            reason=row.reason,
            fee=Money(row.fee),
            lines=tuple(
                sale_row(line)
                for line in reversed(self.book.on_card(row.account, number))
                if line.act in ON_A_NEW_CARD
            ),
        )

    def unfinished(self, identity: CardIdentity) -> rows.Card | None:
        """The card that a chip was to become in another's place, while it is not that card yet."""
        issued = self.book.on_chip(identity.serial.hex())
        if issued is None or not issued.replaces or identity.state is CardState.RETIRED:
            return None
        is_made = (identity.state, identity.number) == (CardState.USER, issued.number)
        return None if is_made or self.book.end(issued.number) is not None else issued

    def _check(self, account: Account) -> None:
        """Whether the account's card can be replaced here."""
        check(account, Act.REPLACE_CARD)
        if account.home and (account.told is None or not account.told.card):
            raise ReplacedElsewhere(account=account.number, node=account.home)
        if account.card is None:
            raise NothingToReplace(account=account.number)

    def _begun(self, account: Account, chip: CardIdentity, token: str) -> rows.Card | None:
        """The account's newest card, if this chip is to become it and that is not done yet.

        A form that comes back finds what it did done.
        """
        newest = self.book.newest(account.number)
        if newest is None or not newest.replaces or newest.number != account.card:
            return None
        if newest.serial != chip.serial.hex():
            return None
        made = (chip.state, chip.number) == (CardState.USER, newest.number)
        if made and self._made_by(token) != newest.number:
            open_ = self.cards.queries.pending(newest.number)
            return newest if any(row.act in ON_A_NEW_CARD for row in open_) else None
        return newest

    def _made_by(self, token: str) -> str | None:
        """The card that the form has made; "–" where it has done something else."""
        done = self.cards.queries.form(token)
        if done is None:
            return None
        record = self.cards.queries.record(done.epoch, done.basket)
        body = None if record is None else decode_line(record.line).body
        return body.card if isinstance(body, CardIssued) else "–"

    def _issue(
        self,
        connection: Contact,
        operator: str,
        account: Account,
        chip: CardIdentity,
        terms: Terms,
        token: str,
    ) -> rows.Card:
        """Commit the new card and what it carries."""
        old = account.card
        assert old is not None, "it was checked"
        _check_chip(chip, old if terms.same_chip else "")
        held = self.cards.unissued()
        generation = self._generation(account) + 1
        slots = self.known.carried(account, self.old_card(account.number), terms.moved)
        at = self.clock()
        mintings = self._mintings(connection, account, held.number, generation, slots, at)
        spoilt = self._spoilt(account)
        before: list[Draft] = [*terms.before, *([] if spoilt is None else [spoilt])]
        if terms.approve is not None:
            before.append(terms.approve())

        def issued(position: Position) -> CardIssued:
            return CardIssued(
                account=account.number,
                card=held.number,
                generation=generation,
                key_version=held.key_version,
                serial=chip.serial.hex(),
                chip=cards.chip_of(connection),
                replaces=old,
                fee=terms.fee,
                reason=terms.reason,
                approved=0 if terms.approve is None else position.seq - 1,
            )

        def remember(c: sqlite3.Connection, entries: Sequence[Entry]) -> None:
            c.execute(
                "INSERT INTO form (token, epoch, basket) VALUES (?, ?, ?)",
                (token, entries[len(before)].epoch, entries[len(before)].seq),
            )

        drafts = [minting.draft(index) for index, minting in enumerate(mintings)]
        self.journal.append([*before, issued, *drafts], at=at, operator=operator, along=[remember])
        self._seen.pop(account.number, None)
        row = self.book.newest(account.number)
        assert row is not None, "it was committed just now"
        return row

    def _mintings(
        self,
        connection: Contact,
        account: Account,
        card: str,
        generation: int,
        slots: Sequence[Carried],
        at: datetime,
    ) -> list[CarriedMinting]:
        cut = cards.cut_of(connection, account.profile)
        mintings = [
            CarriedMinting(
                account.number,
                card,
                generation,
                slot.levelled(self.levels, account.tariff_class, cut),
                self.keyring.meter(slot.meter.meter),
                cut,
            )
            for slot in slots
        ]
        for minting in mintings:
            cards.admit(cut, minting.trial(at))
        return mintings

    def _spoilt(self, account: Account) -> CardEnded | None:
        """The card before, where its chip was left unfinished: it will never be one."""
        newest = self.book.newest(account.number)
        if newest is None or newest.number != account.card or self._ever_finished(newest):
            return None
        return CardEnded(
            account=account.number, card=newest.number, serial=newest.serial, how=SPOILT
        )

    def _ever_finished(self, card: rows.Card) -> bool:
        """Whether the card was seen whole: everything it was to say was read back from it.

        A card that was to say nothing is taken for one that was finished.
        """
        rows = self.book.on_card(card.account, card.number)
        return not rows or any(row.state == WRITTEN for row in rows)

    def _generation(self, account: Account) -> int:
        """The newest that anybody made for the account, as far as is known."""
        newest = self.book.newest(account.number)
        seen = self.old_card(account.number)
        return max(
            0 if newest is None else newest.generation,
            0 if account.told is None else account.told.generation,
            0 if seen is None else seen.identity.generation,
        )

    def _finish(
        self, connection: Contact, operator: str, account: Account, issued: rows.Card
    ) -> Reissued:
        """Make the chip the card, and write what it carries; each step may have been done."""
        random = self.cards.counter.random
        found = cards.recognise(connection)
        if (found.state, found.number) == (CardState.USER, issued.replaces):
            old = self.keyring.card(issued.replaces)
            cards.recycle(connection, random, old.node_key, number=issued.replaces)
        held = self.keyring.card(issued.number)
        cards.personalise(
            connection,
            random,
            number=issued.number,
            generation=issued.generation,
            profile=account.profile,
            key_version=issued.key_version,
            node_key=held.node_key,
            slot_auth_keys={
                meter.slot: self.keyring.meter(meter.meter).keys.auth for meter in account.meters
            },
        )
        session = self.cards.counter.session(connection, issued.number, held.node_key)
        image = read_image(session, account, self.keyring)
        problem: YikaError | None = None
        resolved: tuple[Resolution, ...] = ()
        try:
            _, resolved = self.cards.settlement.settle(session, image, operator)
        except YikaError as failure:
            problem = failure
        return Reissued(issued.number, resolved, problem)


def _check_chip(chip: CardIdentity, own: str) -> None:
    """The chip can become a new card: it is blank, or the old card itself."""
    if chip.state is CardState.RETIRED:
        raise CardRetired(number=chip.number)
    if chip.state is CardState.USER and chip.number != own:
        raise CardNotBlank(number=chip.number)
