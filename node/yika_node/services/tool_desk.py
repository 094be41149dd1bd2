"""Tool cards at the counter: written as headquarters ordered them, read and emptied on return.

Only a vending point that headquarters sends a list (:mod:`yika_common.sync.tool_list`) has any.
The issue is committed before the chip is touched and names the chip; after a pull the same chip is
presented again and finished.  On return one commit says what the meters wrote, what the orders
came to and that the card is back; then the chip is made blank, which can be repeated.
"""

from datetime import datetime
from enum import StrEnum

from yika_common.cards.application import CardState
from yika_common.cards.ciphers import key_of_version
from yika_common.cards.claim import Claim
from yika_common.cards.contact import UserCard, personalise, recognise, recycle
from yika_common.cards.errors import CardBlank, CardError, CardNotBlank, CardRetired
from yika_common.cards.tool_order import OrderKind, ToolOrder
from yika_common.cards.write_back import (
    EMPTY_WRITE_BACK,
    MeterStatus,
    WriteBack,
    evidence_in,
    open_write_back,
)
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.journal import meter_bodies
from yika_common.journal.bodies import Reading
from yika_common.journal.body import Body
from yika_common.journal.card_bodies import (
    ISSUED,
    MISSING,
    RECYCLED,
    RETURNED,
    TOOL,
    CardEnded,
    SpecialCard,
)
from yika_common.journal.meter_bodies import OrderDone, ToolReturned
from yika_common.readers.port import MemoryChip
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.messages import TOOLS_ITEM
from yika_common.sync.tool_list import ToolCard, open_tools, order_of
from yika_common.values import dataclass
from yika_node.db.customer_queries import CustomerQueries
from yika_node.db.journal import Journal
from yika_node.services.counter import Counter
from yika_node.services.keyring import KeyRing
from yika_node.services.standing import Standing
from yika_node.services.tool_errors import (
    ToolCardBegun,
    ToolCardExpired,
    ToolCardNotOut,
    ToolCardOver,
    ToolCardUnknown,
    ToolNeedsCpuCard,
)
from yika_node.vault import Vault

PROFILE = 8
"""A tool card has room for eight orders."""

_GENERATION = 1
_NO_GENERATION = 0


class ToolState(StrEnum):
    """Where a tool card is in its life, as far as this vending point knows."""

    WAITING = "waiting"
    """To be written."""
    OUT = "out"
    OVERDUE = "overdue"
    """Out, and of use no more."""
    RETURNED = "returned"
    MISSING = "missing"
    ENDED = "ended"
    """Never written, and not to be: it ran out, or headquarters took it off."""


@dataclass(frozen=True, slots=True)
class ToolView:
    """A tool card as the page shows it; ``issued_at`` None: it was not issued."""

    card: str
    holder: str
    reason: str
    until: datetime
    state: ToolState
    issued_at: datetime | None
    orders: tuple[ToolOrder, ...]


@dataclass(frozen=True, slots=True)
class OrderReturned:
    """An order, what it came to, and what its meter wrote; None: nothing that holds."""

    order: ToolOrder
    outcome: str
    write_back: WriteBack | None


@dataclass(frozen=True, slots=True)
class ToolDesk:
    """Writes tool cards and takes them back."""

    counter: Counter
    journal: Journal
    queries: CustomerQueries
    keyring: KeyRing
    standing: Standing
    vault: Vault
    clock: Clock

    def listed(self) -> tuple[ToolView, ...]:
        """Every tool card on headquarters' list, by number; none: this point issues none.

        Raises:
            VaultLocked, NotEnrolled: the list can't be opened.
        """
        now = self.clock()
        return tuple(self._view(held, now) for held in self._list())

    def write(self, operator: str, number: str) -> ToolView:
        """Make the blank CPU card in the reader the tool card of that number.

        Raises:
            ToolCardUnknown, ToolCardOver, ToolCardExpired, ToolCardBegun, ToolNeedsCpuCard,
                MeterUnknown: nothing was written.
            CardNotBlank, CardRetired, CardForeign: the card was left untouched.
            CardRemoved, CardWriteUncertain, CardMute, ReaderError: put the same card in again.
            VaultLocked, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        with self.counter.card() as connection:
            held = self._held(number)
            if isinstance(connection, MemoryChip):
                raise ToolNeedsCpuCard
            found = recognise(connection)
            if found.state is CardState.RETIRED:
                raise CardRetired(number=found.number)
            orders = [order_of(order) for order in held.orders]
            keys = {order.slot: self.keyring.meter(order.meter_id).keys.auth for order in orders}
            self._begin(operator, held, found.serial.hex(), blank=found.state is CardState.BLANK)
            node_key = key_of_version(held.key_version, bytes.fromhex(held.node))
            personalise(
                connection,
                self.counter.random,
                number=number,
                generation=_GENERATION,
                profile=PROFILE,
                key_version=held.key_version,
                node_key=node_key,
                slot_auth_keys=keys,
            )
            session = self.counter.session(connection, number, node_key)
            for order in held.orders:
                data = bytes.fromhex(order.order)
                if session.read_slot(order.slot) != data:
                    session.write_record(order.slot, data)
        return self._view(held, self.clock())

    def take_back(self, operator: str) -> tuple[OrderReturned, ...]:
        """Read the tool card in the reader, record what it brings, and make the chip blank.

        Called again after a pull it records nothing twice.

        Raises:
            ToolCardUnknown, ToolCardNotOut: nothing was recorded, the card is untouched.
            CardAbsent, CardForeign, CardBlank, CardRetired, CardNotAuthentic: likewise.
            CardRemoved, CardWriteUncertain, CardMute, ReaderError: put the same card in again.
            VaultLocked, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        with self.counter.card() as connection:
            found = recognise(connection)
            if found.state is CardState.BLANK:
                raise CardBlank
            number = found.number
            held = self._held(number)
            row = self.queries.special_card(number)
            if row is None:
                raise ToolCardNotOut(card=number)
            node_key = key_of_version(held.key_version, bytes.fromhex(held.node))
            session = self.counter.session(connection, number, node_key)
            brought = tuple(self._read(session, order_of(order)) for order in held.orders)
            if row.state != RETURNED:
                bodies = [
                    *(body for _, reading in brought for body in self._reading(number, reading)),
                    _returned(number, [done for done, _ in brought]),
                    SpecialCard(card=number, what=TOOL, state=RETURNED, serial=row.serial),
                    CardEnded(card=number, serial=row.serial, how=RECYCLED),
                ]
                self.journal.append(bodies, at=self.clock(), operator=operator)
            recycle(connection, self.counter.random, node_key, number=number)
        return tuple(done for done, _ in brought)

    def report_missing(self, operator: str, number: str, reason: str) -> None:
        """The holder does not have the card any more; its orders run out by themselves.

        Raises:
            ToolCardNotOut: it was not issued here, or came back; nothing was recorded.
            VaultLocked, NodeRestored, DiskFull: see their sentences.
        """
        row = self.queries.special_card(number)
        if row is None or row.state != ISSUED:
            raise ToolCardNotOut(card=number)
        body = SpecialCard(card=number, what=TOOL, state=MISSING, serial=row.serial, reason=reason)
        self.journal.append([body], at=self.clock(), operator=operator)

    def _begin(self, operator: str, held: ToolCard, serial: str, *, blank: bool) -> None:
        """Record the issue on this chip, unless it is recorded."""
        row = self.queries.special_card(held.card)
        if held.ended or (row is not None and row.state != ISSUED):
            raise ToolCardOver(card=held.card)
        if to_timestamp(self.clock()) > held.until:
            raise ToolCardExpired(card=held.card)
        if row is not None:
            if row.serial != serial:
                raise ToolCardBegun(card=held.card)
            return
        if not blank:
            raise CardNotBlank(number=held.card)
        body = SpecialCard(
            card=held.card,
            what=TOOL,
            state=ISSUED,
            holder=held.holder,
            serial=serial,
            until=held.until,
        )
        self.journal.append([body], at=self.clock(), operator=operator)

    def _read(
        self, session: UserCard, order: ToolOrder
    ) -> tuple[OrderReturned, tuple[WriteBack, bytes] | None]:
        claim, raw = session.read_claim(order.slot), session.read_write_back(order.slot)
        write_back = None
        if raw != EMPTY_WRITE_BACK:
            try:
                write_back = open_write_back(raw, self.keyring.meter(order.meter_id).keys.wbn)
            except CardError:
                # Not this meter's own: the order is as if the meter had written nothing.
                write_back = None
        done = OrderReturned(order, outcome_of(order, claim, write_back), write_back)
        return done, None if write_back is None else (write_back, evidence_in(raw))

    def _reading(self, card: str, read: tuple[WriteBack, bytes] | None) -> tuple[Body, ...]:
        if read is None:
            return ()
        write_back, evidence = read
        reading = write_back.reading
        last = self.queries.last_reading(reading.meter_id)
        if last is not None and last.sequence == reading.sequence:
            return ()
        return (
            Reading(
                card=card,
                meter=reading.meter_id,
                slot=reading.slot,
                generation=reading.generation,
                count=reading.count,
                total=reading.total,
                balance=reading.balance,
                used=reading.lifetime_use,
                status=int(reading.status),
                sequence=reading.sequence,
                meter_time=to_timestamp(reading.clock),
                evidence=evidence.hex(),
                parameters=write_back.parameter_version,
            ),
        )

    def _view(self, held: ToolCard, now: datetime) -> ToolView:
        row, until = self.queries.special_card(held.card), from_timestamp(held.until)
        if row is None:
            state = ToolState.ENDED if held.ended or now > until else ToolState.WAITING
        elif row.state == ISSUED:
            state = ToolState.OVERDUE if now > until else ToolState.OUT
        else:
            state = ToolState(row.state)
        return ToolView(
            card=held.card,
            holder=held.holder,
            reason=held.reason,
            until=until,
            state=state,
            issued_at=None if row is None else from_timestamp(row.issued_at),
            orders=tuple(order_of(order) for order in held.orders),
        )

    def _held(self, number: str) -> ToolCard:
        for held in self._list():
            if held.card == number:
                return held
        raise ToolCardUnknown(card=number)

    def _list(self) -> tuple[ToolCard, ...]:
        membership = self.standing.membership
        held = self.queries.items_held(f"{TOOLS_ITEM}{membership.node}")
        if not held:
            return ()
        return open_tools(
            read_signed_file(held[-1].file),
            membership.root,
            self.vault.seal_key(),
            node=membership.node,
            epoch=membership.epoch,
        ).cards


def outcome_of(order: ToolOrder, claim: Claim | None, write_back: WriteBack | None) -> str:
    """What an order came to, by what its meter left on the card.

    The claim says that the meter set about it, the write-back that it came to an end with the
    card; what it did is told by its status and its parameters.
    """
    claimed = claim == Claim(_NO_GENERATION, order.number)
    if write_back is None:
        return meter_bodies.UNCLEAR if claimed else meter_bodies.UNUSED
    if not claimed:
        return meter_bodies.REFUSED
    status = write_back.reading.status
    done = {
        OrderKind.INSPECTION: True,
        OrderKind.PARAMETERS: write_back.parameter_version >= order.parameters.version,
        OrderKind.TRANSFER: MeterStatus.TRANSFERRED in status,
        OrderKind.CLEAR: MeterStatus.CLEARED in status,
    }
    return meter_bodies.EXECUTED if done[order.kind] else meter_bodies.UNCLEAR


def _returned(card: str, brought: list[OrderReturned]) -> ToolReturned:
    return ToolReturned(
        card=card,
        orders=tuple(
            OrderDone(done.order.meter_id, int(done.order.kind), done.order.number, done.outcome)
            for done in brought
        ),
    )
