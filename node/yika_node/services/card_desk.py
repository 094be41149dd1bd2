"""Reading cards (读卡), issuing them (初始化卡), and settling what a card left open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field, replace
from typing import TYPE_CHECKING

from yika_common.cards.application import CardIdentity, CardState
from yika_common.cards.contact import UserCard, chip_of, personalise, recognise
from yika_common.cards.errors import CardNotBlank, CardRetired
from yika_common.cards.identifiers import PRACTICE_CARDS, TOOL_CARDS
from yika_common.clock import Clock
from yika_common.errors import YikaError
from yika_common.journal.bodies import CardIssued
from yika_common.values import dataclass
from yika_node.db.customer_queries import CustomerQueries
from yika_node.db.journal import Journal
from yika_node.services.account_acts import Act, check, refusal_of
from yika_node.services.account_desk import AccountDesk
from yika_node.services.card_image import CardImage, LastCard, read_image, slot_view
from yika_node.services.card_standing import CardStandings
from yika_node.services.counter import Counter
from yika_node.services.errors import (
    AccountHasCard,
    AccountOpenedElsewhere,
    AccountUnknown,
    CardUnknown,
    NoCardKeyLeft,
    PracticeCardShown,
    RealCardShown,
)
from yika_node.services.keyring import HeldCard, KeyRing
from yika_node.services.rows import sale_row
from yika_node.services.settlement import Settlement
from yika_node.services.strangers import slots_of_stranger
from yika_node.services.tool_errors import ToolCardShown
from yika_node.services.views import Account, CardKind, CardView, Resolution, SlotView

if TYPE_CHECKING:
    from yika_node.db.rows import Card


@dataclass(frozen=True, slots=True)
class OpenCard:
    """A card of an account of ours, authenticated, read and settled."""

    session: UserCard
    image: CardImage
    resolved: tuple[Resolution, ...]


@dataclass(frozen=True, slots=True)
class CardDesk:
    """What is done with a card besides selling."""

    counter: Counter
    journal: Journal
    queries: CustomerQueries
    keyring: KeyRing
    accounts: AccountDesk
    settlement: Settlement
    standings: CardStandings
    clock: Clock
    _last: LastCard = field(default_factory=LastCard, repr=False)

    def present(self) -> bool:
        """Whether a card is in the reader.

        Raises:
            ReaderError: the reader can't be asked.
        """
        present = self.counter.present()
        if not present:
            self._last.forget()
        return present

    def read(self, operator: str = "") -> CardView:
        """Read the card in the reader; sales that it left open are settled first.

        A blank card, a card of another area and one of an account that is not known here are shown
        as far as they can be.  To a card that is sold nothing nothing is written.

        Raises:
            CardAbsent, CardForeign, CardRetired, CardNotAuthentic, CardRemoved, CardMute,
                ReaderError, ToolCardShown: nothing was written.
            CardWriteUncertain: a pending sale is still pending.
            VaultLocked, KeysNotHeld, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        with self.counter.card() as connection:
            identity = recognise(connection)
            if identity.state is CardState.RETIRED:
                raise CardRetired(number=identity.number)
            if identity.state is CardState.BLANK:
                return self._bare(identity, CardKind.BLANK)
            try:
                held = self.keyring.card(identity.number)
            except CardUnknown:
                if identity.number.startswith(TOOL_CARDS):
                    raise ToolCardShown(card=identity.number) from None
                self._check_world(identity.number)
                return self._bare(identity, CardKind.STRANGER)
            account = self.accounts.of_card(identity.number)
            session = self.counter.session(connection, identity.number, held.node_key)
            if account is None:
                slots = slots_of_stranger(session, self.keyring)
                refusal = self.standings.refusal(identity.number)
                notices = self.standings.notices.shown(None, identity.number, operator)
                return replace(
                    self._bare(identity, CardKind.GUEST, slots, refusal), notices=notices
                )
            image = read_image(session, account, self.keyring, self._last)
            refusal = self._refusal(account, identity.number, operator, Act.SELL)
            if refusal is None:
                opened = self._settled(session, image, operator)
            else:
                self._hear(image, operator)
                opened = OpenCard(session, image, ())
            notices = self.standings.notices.shown(account, identity.number, operator)
        return replace(self._view(opened, account, refusal), notices=notices)

    def _check_world(self, number: str) -> None:
        """A stranger's card: nothing of practice is real, and nothing real is for practice."""
        practising = self.keyring.practising
        if number.startswith(PRACTICE_CARDS) and not practising:
            raise PracticeCardShown(number=number)
        if practising:
            raise RealCardShown(number=number)

    def resolve(self, operator: str = "") -> CardView:
        """Settle the pending sales of the card in the reader: reading it does; see there."""
        return self.read(operator)

    @contextmanager
    def open(self, number: str, operator: str, act: Act = Act.SELL) -> Iterator[OpenCard]:
        """The card of that number, ready to be sold to, for as long as the block lasts.

        Or for another act, which the state of its account must allow.

        Raises:
            CardSwapped: another card is in the reader; untouched.
            AccountUnknown, CardReplaced, CardLost, CardOutOfUse, CardRefusedByList: the card can't
                be sold to here.
            AccountClosed, AccountRests, AccountOnHold, SupervisorSells: it may not be.
            those of :meth:`read`.
        """
        with self.counter.card() as connection:
            held = self.keyring.card(number)
            session = self.counter.session(connection, number, held.node_key)
            account = self.accounts.of_card(number)
            if account is None:
                raise AccountUnknown(number=number)
            refusal = self._refusal(account, number, operator, act)
            if refusal is not None:
                raise refusal
            image = read_image(session, account, self.keyring, self._last)
            yield self._settled(session, image, operator)

    def initialise(self, operator: str, account_number: str) -> CardIdentity:
        """Make the blank card in the reader the account's card.

        The ``card`` record is committed first and names the chip; the chip becomes a card of ours
        with its last command.  After a pull or a power cut the same chip is presented again and
        finished; another blank chip gets a new number of the next generation, as long as nothing
        was sold to the account, and the number before it is dead.

        Raises:
            AccountUnknown, AccountHasCard, AccountOpenedElsewhere, NoCardKeyLeft, AccountClosed,
                AccountRests: nothing was issued.
            CardNotBlank, CardRetired, CardForeign: the card was left untouched.
            CardRemoved, CardWriteUncertain, CardMute, ReaderError: put the same card in again.
            VaultLocked, KeysNotHeld, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        with self.counter.card() as connection:
            # Read at the counter: whoever pressed twice finds what the first one did.
            account = self.accounts.get(account_number)
            check(account, Act.ISSUE_CARD)
            found = recognise(connection)
            if found.state is CardState.RETIRED:
                raise CardRetired(number=found.number)
            issued = self._issued(operator, account, found, chip_of(connection))
            return personalise(
                connection,
                self.counter.random,
                number=issued.number,
                generation=issued.generation,
                profile=account.profile,
                key_version=issued.key_version,
                node_key=self.keyring.card(issued.number).node_key,
                slot_auth_keys={
                    meter.slot: self.keyring.meter(meter.meter).keys.auth
                    for meter in account.meters
                },
            )

    def _issued(self, operator: str, account: Account, chip: CardIdentity, kind: str) -> Card:
        """The account's card on this chip, recorded now if it was not recorded before."""
        serial = chip.serial.hex()
        current = None if account.card is None else self.queries.card(account.card)
        if current is None and account.card is not None:
            raise AccountHasCard(account=account.number, card=account.card)
        if current is None and account.home:
            # Two vending points that know of no card would make two that both can be sold to.
            raise AccountOpenedElsewhere(account=account.number, node=account.home)
        if current is not None and current.serial == serial:
            return current
        if chip.state is not CardState.BLANK:
            raise CardNotBlank(number=chip.number)
        if current is not None and self._sold_to(account):
            raise AccountHasCard(account=account.number, card=current.number)
        held = self.unissued()
        body = CardIssued(
            account=account.number,
            card=held.number,
            generation=1 if current is None else current.generation + 1,
            key_version=held.key_version,
            serial=serial,
            chip=kind,
        )
        self.journal.append([body], at=self.clock(), operator=operator)
        issued = self.queries.card(held.number)
        assert issued is not None, "it was committed just now"
        return issued

    def _sold_to(self, account: Account) -> bool:
        """Whether anything was sold to the account, here or, as headquarters tells, elsewhere."""
        told = () if account.told is None else account.told.slots
        return self.queries.account_was_sold_to(account.number) or any(slot.count for slot in told)

    def unissued(self) -> HeldCard:
        """The next of the numbers that headquarters allotted to this vending point alone.

        Raises:
            NoCardKeyLeft: they are used up.
            VaultLocked, KeysNotHeld, NotEnrolled: no card can be issued at all.
        """
        allotted = self.keyring.allotted()
        numbers = [held.number for held in allotted]
        taken = self.queries.cards_issued(numbers) | self.queries.told_cards(numbers)
        for held in allotted:
            if held.number not in taken:
                return held
        raise NoCardKeyLeft

    def _refusal(self, account: Account, card: str, operator: str, act: Act) -> YikaError | None:
        """Why the act is not done with the account's card, for example why it is sold nothing."""
        refusal = refusal_of(account, act)
        if refusal is None and account.holds and act is Act.SELL:
            from yika_node.services.holds import stop_of  # noqa: PLC0415 - few accounts have any

            refusal = stop_of(account, self.queries.operator(operator), self.clock())
        if refusal is not None:
            return refusal
        meters = [meter.meter for meter in account.meters]
        return self.standings.refusal(card, account.card or "", meters)

    def _hear(self, image: CardImage, operator: str) -> None:
        """Record what the card tells; until it is recorded the card is read whole."""
        self.settlement.listen(image, operator)
        self._last.keep(image)

    def _settled(self, session: UserCard, image: CardImage, operator: str) -> OpenCard:
        self._hear(image, operator)
        image, resolved = self.settlement.settle(session, image, operator)
        return OpenCard(session, image, resolved)

    def _view(self, opened: OpenCard, account: Account, refusal: YikaError | None) -> CardView:
        now = self.clock()
        return CardView(
            kind=CardKind.OURS,
            identity=opened.image.identity,
            account=account,
            slots=tuple(slot_view(slot) for slot in opened.image.slots),
            resolved=opened.resolved,
            pending=tuple(
                sale_row(row) for row in self.queries.pending(opened.image.identity.number)
            ),
            read_at=now,
            refusal=refusal,
        )

    def _bare(
        self,
        identity: CardIdentity,
        kind: CardKind,
        slots: tuple[SlotView, ...] = (),
        refusal: YikaError | None = None,
    ) -> CardView:
        return CardView(
            kind=kind,
            identity=identity,
            account=None,
            slots=slots,
            resolved=(),
            pending=(),
            read_at=self.clock(),
            refusal=refusal,
        )
