"""What is on a card: every slot that this node holds the meter's keys for, checked and opened."""

from dataclasses import replace

from yika_common.cards.application import MARK_SIZE, CardIdentity
from yika_common.cards.ciphers import MAC_SIZE
from yika_common.cards.claim import Claim
from yika_common.cards.contact import UserCard
from yika_common.cards.cut import Cut
from yika_common.cards.errors import CardError, RecordForged
from yika_common.cards.record import EMPTY_RECORD, CreditRecord, open_record
from yika_common.cards.slot_meter import SlotMeter
from yika_common.cards.write_back import (
    EMPTY_WRITE_BACK,
    WriteBack,
    evidence_in,
    open_write_back,
)
from yika_common.errors import YikaError
from yika_common.values import dataclass
from yika_node.services.errors import MeterUnknown
from yika_node.services.keyring import HeldMeter, KeyRing
from yika_node.services.recovery import SlotShown
from yika_node.services.views import Account, MeterView, SlotView


@dataclass(frozen=True, slots=True)
class SlotImage:
    """One slot: its meter, and what was read; ``problem`` says why ``record`` can't be used.

    ``cut``: what the card has no room for.  ``refund_waits``: the record gives back what the meter
    may hold, and the meter has not taken it yet.
    """

    view: MeterView
    raw: bytes
    record: CreditRecord | None
    write_back: WriteBack | None
    evidence: bytes
    problem: YikaError | None
    write_back_problem: YikaError | None = None
    cut: Cut = Cut.WHOLE
    refund_waits: bool = False

    @property
    def slot(self) -> int:
        """0 to 7."""
        return self.view.slot

    @property
    def bare(self) -> bool:
        """Whether the card has no room to say more than count and total."""
        return self.cut is Cut.BARE

    def shown(self) -> SlotShown:
        """What recovery looks at."""
        if self.problem is not None:
            return SlotShown(readable=False)
        if self.record is None:
            return SlotShown(readable=True)
        record = self.record
        return SlotShown(
            readable=True,
            generation=record.generation,
            count=record.count,
            total=record.total,
            mac=self.raw[-MAC_SIZE:],
        )

    def with_record(self, raw: bytes, meter: HeldMeter) -> "SlotImage":
        """The slot after these bytes of the meter's were written to it and read back.

        A refund just written waits for the meter until the card is read again.
        """
        record = open_record(raw, meter.keys.credit)
        return replace(self, raw=raw, record=record, problem=None, refund_waits=record.lower)


@dataclass(frozen=True, slots=True)
class CardImage:
    """A whole card; ``fresh``: the slots that were read just now, not remembered."""

    identity: CardIdentity
    account: Account
    slots: tuple[SlotImage, ...]
    marks: bytes = b""
    fresh: frozenset[int] = frozenset()

    def slot(self, number: int) -> SlotImage | None:
        """The slot of that number, if it has a meter."""
        return next((image for image in self.slots if image.slot == number), None)

    def with_slot(self, changed: SlotImage) -> "CardImage":
        """The card with one slot replaced."""
        slots = (changed if image.slot == changed.slot else image for image in self.slots)
        return replace(self, slots=tuple(slots))


class LastCard:
    """What was last read of a card, so that what did not change is not read again.

    Nothing of the customer is in it; it is gone as soon as another card is read or none is there.
    """

    def __init__(self) -> None:
        self._turn, self._number, self._marks = 0, "", b""
        self._slots: dict[int, SlotImage] = {}

    def forget(self) -> None:
        """The card has left."""
        self._number, self._marks, self._slots = "", b"", {}

    def under(self, turn: int) -> None:
        """What was read with other keys says nothing under these."""
        if turn != self._turn:
            self.forget()
            self._turn = turn

    def keep(self, image: CardImage) -> None:
        """Remember a card as it was read, once what it told is recorded."""
        self._number, self._marks = image.identity.number, image.marks
        self._slots = {slot.slot: slot for slot in image.slots if image.marks}

    def unchanged(self, number: str, view: MeterView, marks: bytes) -> SlotImage | None:
        """The slot as it was read, if the card's marks say that it is still so.

        One that could not be used, or says what only its meter's claim decides, is read again.
        """
        known = self._slots.get(view.slot)
        if known is None or self._number != number or known.view != view:
            return None
        mark = slice(view.slot * MARK_SIZE, (view.slot + 1) * MARK_SIZE)
        if not marks or marks[mark] != self._marks[mark]:
            return None
        doubtful = known.problem or known.write_back_problem
        lower = known.record is not None and known.record.lower
        return None if doubtful or lower else known


def read_image(
    session: UserCard, account: Account, keyring: KeyRing, last: LastCard | None = None
) -> CardImage:
    """Read every slot that has a meter of the account, but for what ``last`` knows already.

    A forged or unreadable slot is an image with a problem; a card that leaves is an error.

    Raises:
        CardRemoved, CardMute, CardNotAuthentic, ReaderError: the dialogue ended.
        VaultLocked, KeysNotHeld: no key can be used.
    """
    if last is None:
        last = LastCard()
    last.under(keyring.turn)
    marks = session.marks()
    number = session.identity.number
    slots: list[SlotImage] = []
    fresh: list[int] = []
    for view in account.meters:
        slot = last.unchanged(number, view, marks)
        if slot is None:
            slot = _read_slot(session, view, keyring)
            fresh.append(view.slot)
        slots.append(slot)
    return CardImage(session.identity, account, tuple(slots), marks, frozenset(fresh))


def _read_slot(session: UserCard, view: MeterView, keyring: KeyRing) -> SlotImage:
    try:
        held = keyring.meter(view.meter)
    except MeterUnknown as unknown:
        return SlotImage(view, session.read_slot(view.slot), None, None, b"", unknown)
    meter = SlotMeter(held.meter, held.service, held.keys.credit)
    raw = session.read_slot(view.slot, meter)
    written_back = session.read_write_back(view.slot, meter)
    record, forged = _record(raw, held, view)
    write_back, unreadable = _write_back(written_back, held)
    evidence = evidence_in(written_back)
    # A claim is read for a refund alone: every sale would wait for it.
    waits = (
        record is not None
        and record.lower
        and awaits_meter(record, write_back, session.read_claim(view.slot))
    )
    return SlotImage(
        view,
        raw,
        record,
        write_back,
        evidence,
        forged,
        unreadable,
        cut=session.cut,
        refund_waits=waits,
    )


def awaits_meter(record: CreditRecord, write_back: WriteBack | None, claim: Claim | None) -> bool:
    """Whether a *lower* record must be taken by the meter before another is written over it.

    Over it the next record would say a total that is below the meter's, which only this one sets
    down.  If the meter never claimed the purchase, there is nothing to set down.  The claim speaks
    for this chip alone: what the meter claimed on a card before it, only a write-back tells.
    """
    seen = (0, 0) if write_back is None else write_back.reading.position
    if seen >= record.position:
        return False
    if claim is None or claim.position >= (record.generation, record.count - 1):
        return True
    return record.generation > 1 and seen[0] < record.generation


def _record(
    raw: bytes, held: HeldMeter, view: MeterView
) -> tuple[CreditRecord | None, YikaError | None]:
    if raw == EMPTY_RECORD:
        return None, None
    try:
        record = open_record(raw, held.keys.credit)
    except CardError as problem:
        return None, problem
    # The MAC proves the meter's key; a genuine record in another place is still not for this one.
    if (record.meter_id, record.slot) != (view.meter, view.slot):
        return None, RecordForged()
    return record, None


def _write_back(data: bytes, held: HeldMeter) -> tuple[WriteBack | None, YikaError | None]:
    if data == EMPTY_WRITE_BACK:
        return None, None
    try:
        return open_write_back(data, held.keys.wbn), None
    except CardError as problem:
        return None, problem


def slot_view(image: SlotImage) -> SlotView:
    """What the counter sees of a slot."""
    return SlotView(
        slot=image.slot,
        service=image.view.service,
        meter=image.view.meter,
        record=image.record,
        write_back=image.write_back,
        problem=image.problem,
        write_back_problem=image.write_back_problem,
        bare=image.bare,
        cut=image.cut,
        refund_waits=image.refund_waits,
    )
