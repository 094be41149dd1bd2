"""Replacing a meter (换表): what is left in the old one moves to the new one, exactly once.

A meter that was *transferred* (a tool card told it so) delivers nothing and takes no record any
more.  Its write-back says what is left in it, whichever card brought that here: the tool card, or
the customer's own.  What was bought and the meter never took moves as well, since it never will.
A meter that is dead can't be asked: a second person approves a figure, which is not above what its
last write-back and the purchases since leave possible.

A meter takes a record only if it has room for all of it.  So the new one begins with no more than
it may hold, by its tariff, by the settings that headquarters orders, and by its plate; the rest is
owed, and made up for as it finds room (:mod:`yika_node.services.make_up`).

The swap is committed together with the account's new card (:mod:`yika_node.services.reissue`),
which carries the other slots as they are and begins the new meter's with what moved.  Whatever is
cut off is finished as every replaced card is, and what waited for the old meter is closed with it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from yika_common.cards import contact as cards
from yika_common.cards.application import CardState
from yika_common.cards.approval import act_digest
from yika_common.cards.write_back import MeterStatus
from yika_common.clock import Clock, from_timestamp
from yika_common.journal.bodies import FIGURE_MAX, TOTAL_MAX
from yika_common.journal.body import Body
from yika_common.journal.meter_bodies import MeterSwapped
from yika_common.numbers import Quantity, quantity_to_text
from yika_common.tariffs.errors import NoTariffInForce, TariffsClash
from yika_common.values import dataclass
from yika_node.db.customer_queries import CustomerQueries
from yika_node.db.journal import Draft, Position
from yika_node.services.account_acts import Act, check
from yika_node.services.account_desk import AccountDesk
from yika_node.services.approvals import Approvals
from yika_node.services.carrying import Moved
from yika_node.services.errors import MeterOfAnotherService, MeterTaken, SlotEmpty
from yika_node.services.keyring import KeyRing
from yika_node.services.pricing import Pricing
from yika_node.services.reissue import Reissue
from yika_node.services.reissue_terms import Reissued, Terms
from yika_node.services.settled import most_held
from yika_node.services.swap_errors import FigureTooHigh, SwapFormIncomplete, TransferMissing
from yika_node.services.tariff_age import TariffExpired
from yika_node.services.views import Account, MeterView

if TYPE_CHECKING:
    from yika_node.db import rows

SWAP = "meter swap"
"""The kind of the act that a second person approves where the old meter is dead."""

REASON_MAX = 200
_NOTHING = Quantity(0)


@dataclass(frozen=True, slots=True)
class SwapForm:
    """What is typed: the slot whose meter goes, the meter that comes, and how it all stands.

    Attributes:
        figure: what is to move out of a dead meter; None: it was transferred.
        start: the new meter's index.
        holds: the most that the new meter holds, by its plate; None: nobody looked.
    """

    account: str
    slot: int
    meter: str
    reason: str
    figure: Quantity | None = None
    start: Quantity = _NOTHING
    holds: Quantity | None = None


class Newest(NamedTuple):
    """The old meter's newest purchase that is known."""

    generation: int
    count: int  # type: ignore[assignment]  # instead of the tuple's own method
    total: int


@dataclass(frozen=True, slots=True)
class OldMeter:
    """What is known of the meter that goes.

    Attributes:
        view: the meter and its slot.
        newest: its newest purchase that is known.
        reading: its last write-back that is known here; None: none is.
    """

    view: MeterView
    newest: Newest
    reading: rows.Reading | None

    @property
    def transferred(self) -> bool:
        """Whether its last write-back says that it delivers and takes nothing any more."""
        return self.reading is not None and bool(self.reading.status & MeterStatus.TRANSFERRED)

    @property
    def unloaded(self) -> Quantity:
        """What was bought and not taken, as far as it wrote."""
        taken = 0 if self.reading is None else self.reading.total
        return Quantity(max(0, self.newest.total - taken))

    @property
    def most(self) -> Quantity:
        """The most that can be left in it, with what was bought for it and not taken."""
        balance = 0 if self.reading is None else max(0, self.reading.balance)
        return Quantity(balance + self.unloaded)

    @property
    def read_at(self) -> datetime | None:
        """Its clock when it last wrote."""
        return None if self.reading is None else from_timestamp(self.reading.meter_time)


@dataclass(frozen=True, slots=True)
class SwapQuote:
    """What the swap would say."""

    old: OldMeter
    body: MeterSwapped

    @property
    def needs_approval(self) -> bool:
        """Whether credit moves on somebody's word: a second person decides the figure."""
        return bool(self.body.figure)


@dataclass(frozen=True, slots=True)
class MeterSwap:
    """Replaces meters; the new card's chip, or the old card itself, lies in the reader."""

    queries: CustomerQueries
    accounts: AccountDesk
    keyring: KeyRing
    reissue: Reissue
    approvals: Approvals
    pricing: Pricing
    clock: Clock

    def quote(self, form: SwapForm) -> SwapQuote:
        """What the swap would say, by what is known of the old meter now; nothing changes.

        Raises:
            AccountUnknown, SlotEmpty, SwapFormIncomplete: the form can't be used.
            MeterUnknown, MeterOfAnotherService, MeterTaken: the new meter can't stand there.
            TransferMissing: the old meter may hold credit, and no figure was given.
            FigureTooHigh: more than can be left in it.
            VaultLocked, KeysNotHeld, NotEnrolled: nothing can be told.
        """
        _check(form)
        old = self.old(form.account, form.slot)
        self._check_new(form, old.view)
        return SwapQuote(old, _body(form, old, self._most(form, old.view)))

    def old(self, account_number: str, slot: int) -> OldMeter:
        """The meter that stands in a slot now, and what is known of it.

        Raises:
            AccountUnknown, SlotEmpty: there is none.
            VaultLocked, KeysNotHeld, NotEnrolled: nothing can be told.
        """
        account = self.accounts.get(account_number)
        view = next((view for view in account.meters if view.slot == slot), None)
        if view is None:
            raise SlotEmpty(place=slot + 1)
        return OldMeter(view, self._newest(account, view), self.queries.last_reading(view.meter))

    def look(self, operator: str, account: str) -> bool:
        """Read the account's own card, if it lies in the reader; whether it does.

        What it says of the old meter is then recorded, and goes into the swap.

        Raises:
            those of :meth:`yika_node.services.reissue.Reissue.look`.
        """
        with self.reissue.cards.counter.card() as connection:
            found = cards.recognise(connection)
        number = self.accounts.get(account).card
        if found.state is not CardState.USER or found.number != number:
            return False
        self.reissue.look(operator)
        return True

    def is_done(self, token: str) -> bool:
        """Whether the form has replaced its meter; its card may still have to be finished."""
        return self.queries.form(token) is not None

    def digest(self, body: MeterSwapped) -> bytes:
        """What a second person approves: which meters, and how much moves."""
        return act_digest(
            SWAP,
            account=body.account,
            slot=body.slot,
            old=body.old,
            new=body.new,
            moved=body.moved,
            reason=body.reason,
        )

    def swap(self, operator: str, form: SwapForm, token: str, approval: str = "") -> Reissued:
        """Let the new meter take the old one's place, and make the chip the account's new card.

        The same call again, with the same chip in the reader, finishes what was cut off.

        Args:
            operator: who does it.
            form: what was typed.
            token: the form's own; it replaces one meter.
            approval: the token of the second person's approval, where one is needed.

        Raises:
            those of :meth:`quote` and :meth:`look`; AccountClosed, AccountRests: nothing was
                recorded.
            ApprovalMissing and its like, CardNotBlank, CardRetired, NoCardKeyLeft and what else
                :meth:`yika_node.services.reissue.Reissue.reissue` raises: see there.
        """
        if self.is_done(token):
            terms = Terms(reason=form.reason.strip())
            return self.reissue.reissue(operator, form.account, terms, token)
        check(self.accounts.get(form.account), Act.REPLACE_METER)
        same_chip = self.look(operator, form.account)
        quote = self.quote(form)
        terms = Terms(
            reason=quote.body.reason,
            before=self._records(quote, operator, approval),
            moved={form.slot: Moved(form.meter, quote.body.moved - quote.body.owed)},
            same_chip=same_chip,
        )
        return self.reissue.reissue(operator, form.account, terms, token)

    def _records(self, quote: SwapQuote, operator: str, approval: str) -> tuple[Draft, ...]:
        """What is recorded before the new card; an approval is used up by the commit alone."""
        if not quote.needs_approval:
            return (quote.body,)
        approve = partial(self.approvals.take, approval, self.digest(quote.body), operator)

        def approved(_position: Position) -> Body:
            return approve()

        def swapped(position: Position) -> Body:
            return replace(quote.body, approved=position.seq - 1)

        return approved, swapped

    def _check_new(self, form: SwapForm, old: MeterView) -> None:
        if self.keyring.meter(form.meter).service is not old.service:
            raise MeterOfAnotherService(meter=form.meter, place=form.slot + 1)
        holder = self.accounts.of_meter(form.meter)
        if holder is not None:
            raise MeterTaken(meter=form.meter, account=holder)

    def _most(self, form: SwapForm, old: MeterView) -> Quantity | None:
        """The most that the new meter may begin with: by its tariff, its settings, its plate."""
        account, tariff = self.accounts.get(form.account), None
        with suppress(NoTariffInForce, TariffsClash, TariffExpired):
            tariff = self.pricing.tariff(account, old, self.clock())
        money = tariff is not None and tariff.holds_money
        levels = self.pricing.levels(form.meter, old.service, account.tariff_class, money)
        return most_held(tariff, levels, form.holds or _NOTHING)

    def _newest(self, account: Account, old: MeterView) -> Newest:
        known = self.reissue.known.newest(account, self.reissue.old_card(account.number), old)
        return Newest(0, 0, 0) if known is None else Newest(*known.position, known.total)


def _check(form: SwapForm) -> None:
    rules = (
        ("reason", 0 < len(form.reason.strip()) <= REASON_MAX and form.reason.isprintable()),
        ("start", 0 <= form.start <= TOTAL_MAX),
        ("figure", form.figure is None or 0 <= form.figure <= FIGURE_MAX),
        ("holds", form.holds is None or 0 < form.holds <= FIGURE_MAX),
    )
    for field, holds in rules:
        if not holds:
            raise SwapFormIncomplete(field=field)


def _body(form: SwapForm, old: OldMeter, most: Quantity | None) -> MeterSwapped:
    balance, unloaded, figure = 0, 0, 0
    meter, newest, reading = old.view.meter, old.newest, old.reading
    if reading is not None and old.transferred:
        balance, unloaded = reading.balance, old.unloaded
    elif form.figure:
        if form.figure > old.most:
            raise FigureTooHigh(meter=meter, most=quantity_to_text(old.most))
        balance, figure = form.figure, 1
    elif form.figure is None and old.most:
        raise TransferMissing(meter=meter, most=quantity_to_text(old.most))
    moved = max(0, balance + unloaded)
    return MeterSwapped(
        account=form.account,
        slot=form.slot,
        service=old.view.service,
        old=meter,
        new=form.meter,
        generation=newest.generation,
        count=newest.count,
        total=newest.total,
        balance=balance,
        unloaded=unloaded,
        moved=moved,
        owed=0 if most is None else max(0, moved - most),
        holds=form.holds or 0,
        used=0 if reading is None else reading.used,
        start=form.start,
        reading=0 if reading is None else reading.sequence,
        figure=figure,
        reason=form.reason.strip(),
        # Its place is known with the approval's; until then any that is not 0.
        approved=figure,
    )
