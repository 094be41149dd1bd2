"""Making up for what a replaced meter's successor had no room for (补气), load by load.

What is owed to a meter in quantity is headquarters' cumulative order for its slot, with what a
meter replaced here left over until headquarters has said so itself (:mod:`.settled`).  Each load
is a record of its own, without a purchase: the slot's next count, a total higher by as much as the
meter has room for, and the sum that was credited through the slot.  So owed, loaded and left are
the same at every point that knows of the order, and no load is counted twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from yika_common.cards.record import QuotaState
from yika_common.clock import Clock
from yika_common.errors import N_, YikaError
from yika_common.journal.bodies import MAKEUP, Intent, Sale
from yika_common.journal.record import decode_line
from yika_common.numbers import Quantity, quantity_to_text
from yika_common.tariffs.facts import Tally
from yika_common.values import dataclass
from yika_node.db.journal import Entry, Journal
from yika_node.db.queries import Queries
from yika_node.services.allowed import check_services
from yika_node.services.basket import TOTAL_MAX, Basket, MakeUp
from yika_node.services.card_desk import CardDesk, OpenCard
from yika_node.services.card_image import slot_view
from yika_node.services.carried_minting import CarriedMinting
from yika_node.services.carrying import Carried, furthest
from yika_node.services.errors import FormUsed, RefundAwaitsMeter, SaleStillOpen, SlotEmpty
from yika_node.services.keyring import KeyRing
from yika_node.services.make_up_minting import MakeUpMinting
from yika_node.services.minting import remade
from yika_node.services.pricing import Pricing
from yika_node.services.rows import sale_row
from yika_node.services.sales_desk import naming_what_failed
from yika_node.services.standing import Standing
from yika_node.services.swap_errors import MeterTransferred
from yika_node.services.views import MeterView, SaleRow, SlotView

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime


class NothingOwed(YikaError):
    """Nothing is owed to the meter, as far as this vending point knows."""

    code = "nothing_owed"
    sentence = N_(
        "As far as this vending point knows nothing is owed to meter %(meter)s now. Nothing was "
        "loaded. Where another point replaced the meter, its rest is known here once headquarters "
        "has told of it."
    )


class NoRoomYet(YikaError):
    """The meter holds, with what waits for it, as much as it may."""

    code = "no_room_yet"
    sentence = N_(
        "Meter %(meter)s, with what waits for it on the card, holds as much as it may. Nothing "
        "was loaded; %(left)s stays owed. Let the meter use some, show it the card, and come "
        "again."
    )


class Loaded(NamedTuple):
    """A load: its record, how much, and why it is not on the card yet, if it is not."""

    sale: SaleRow
    quantity: Quantity
    problem: YikaError | None = None


@dataclass(frozen=True, slots=True)
class MakeUpDesk:
    """Loads what is owed, with the card in the reader."""

    cards: CardDesk
    journal: Journal
    queries: Queries
    keyring: KeyRing
    standing: Standing
    pricing: Pricing
    clock: Clock

    def load(self, operator: str, card: str, slot: int, token: str) -> Loaded:
        """Load as much of what is owed to the slot's meter as it has room for.

        Args:
            operator: who does it.
            card: the card that the form was made for.
            slot: the meter's place on it.
            token: the form's own; the same call again returns what the first one loaded.

        Returns:
            The load; where ``problem`` says why its record is not on the card, it waits for it as
            a sale does.

        Raises:
            NothingOwed, NoRoomYet, SlotEmpty, SaleStillOpen, FormUsed: nothing was loaded.
            MeterTransferred, RefundAwaitsMeter, ServiceNotAllowed, NoTariffInForce and their
                like; CardAbsent, CardSwapped, CardReplaced and theirs; VaultLocked, DiskFull:
                nothing was loaded.
        """
        with self.cards.open(card, operator) as opened:
            done = self._loaded_before(token, card, slot)
            if done is not None:
                return done
            if self.queries.pending(card):
                raise SaleStillOpen(card=card)
            at = self.clock()
            minting = self._decided(opened, slot, at)
            opened.session.admit(minting.trial(at))
            entry = self._commit(minting, operator, token, at)
            problem = self._write(opened, minting, entry, operator)
        return self._load_of(entry.epoch, entry.seq, problem)

    def _loaded_before(self, token: str, card: str, slot: int) -> Loaded | None:
        """What this very form has loaded, if it has; asked when the first press has ended."""
        done = self.queries.form(token)
        if done is None:
            return None
        row = self.queries.intent(done.epoch, done.basket)
        if row is None or (row.act, row.card, row.slot) != (MAKEUP, card, slot):
            raise FormUsed(number=f"{done.epoch}-{done.basket}")
        return self._load_of(done.epoch, done.basket)

    def _decided(self, opened: OpenCard, place: int, at: datetime) -> MakeUpMinting:
        image = opened.image
        slots = tuple(slot_view(slot) for slot in image.slots)
        slot = next((slot for slot in slots if slot.slot == place), None)
        if slot is None or slot.record is None:
            raise SlotEmpty(place=place + 1)
        if slot.problem is not None:
            raise slot.problem
        if slot.transferred:
            raise MeterTransferred(meter=slot.meter)
        if slot.refund_waits:
            raise RefundAwaitsMeter(meter=slot.meter)
        check_services(self.standing, [slot.service])
        basket = self.pricing.basket(image.account, image.identity, slots, at)
        owed = basket.make_up(slot, self.pricing.tariff(image.account, slot, at))
        if owed is None:
            raise NothingOwed(meter=slot.meter)
        if not owed.fits:
            raise NoRoomYet(meter=slot.meter, left=quantity_to_text(owed.left))
        return self._minting(opened, basket, slot, owed)

    def _minting(
        self, opened: OpenCard, basket: Basket, slot: SlotView, owed: MakeUp
    ) -> MakeUpMinting:
        """The slot's record with the next count, and nothing changed but what is credited."""
        assert slot.record is not None, "it was checked"
        image = opened.image
        base = basket.premises.base(image.identity, slot)
        number = basket.owed.order(slot.slot).number
        settled = basket.settled.through[slot.slot]
        quantity = Quantity(min(owed.fits, TOTAL_MAX - base.total))
        carried = Carried(
            meter=MeterView(slot.slot, slot.service, slot.meter),
            count=base.count + 1,
            total=base.total + quantity,
            act=MAKEUP,
            quota=furthest(map(_quota, basket.premises.tallies(slot.service))),
            adjustments=replace(
                settled,
                quantity_number=max(settled.quantity_number, number),
                quantity_total=Quantity(settled.quantity_total + quantity),
            ),
            parameters=slot.record.parameters,
        )
        record = CarriedMinting(
            image.account.number,
            image.identity.number,
            base.generation,
            carried,
            self.keyring.meter(slot.meter),
            opened.session.cut,
        )
        return MakeUpMinting(record, slot.record.position, quantity, number)

    def _commit(self, minting: MakeUpMinting, operator: str, token: str, at: datetime) -> Entry:
        def remember(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
            connection.execute(
                "INSERT INTO form (token, epoch, basket) VALUES (?, ?, ?)",
                (token, entries[0].epoch, entries[0].seq),
            )

        (entry,) = self.journal.append([minting.draft], at=at, operator=operator, along=[remember])
        return entry

    def _write(
        self, opened: OpenCard, minting: MakeUpMinting, entry: Entry, operator: str
    ) -> YikaError | None:
        assert isinstance(entry.body, Intent), "a minting drafts an intent"
        try:
            data = remade(entry.body, entry.position, minting.record.meter)
            opened.session.write_record(entry.body.slot, data)
            with naming_what_failed():
                closing = Sale(intent=entry.seq)
                self.journal.append([closing], at=self.clock(), operator=operator)
        except YikaError as problem:
            return problem
        return None

    def _load_of(self, epoch: int, seq: int, problem: YikaError | None = None) -> Loaded:
        row, record = self.queries.intent(epoch, seq), self.queries.record(epoch, seq)
        assert row is not None, "it was committed"
        assert record is not None, "so was its line"
        body = decode_line(record.line).body
        assert isinstance(body, Intent), "the row is an intent's"
        return Loaded(sale_row(row), Quantity(body.adjusted_quantity), problem)


def _quota(tally: Tally) -> QuotaState:
    return QuotaState(
        tally.period, tally.counted, tally.heating_year, tally.charged_through, tally.free_day
    )
