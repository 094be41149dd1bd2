"""A memory card as nodes and meters use it, with the same meaning as a CPU card's session.

A slot's record is the one of the highest count that is whole under its meter's credit key.  A new
record goes into the cell that holds nobody's newest; the old one stands until the new one's mark
is written, so that after a pull at any byte the slot shows the old record or the new one, whole,
and the same bytes can be written again.

What a memory card can't do: prove that it is genuine.  Whoever listens to a reader learns its
code, and a copy with that code is as good as the card.  It gains nothing: a meter takes each
(generation, count) once.  There is no claim, so nothing is refunded before the meter's write-back
shows the lower total.
"""

from yika_common.cards.aes import MAC_SIZE, mac8, same
from yika_common.cards.application import CardIdentity, CardState
from yika_common.cards.claim import Claim
from yika_common.cards.cut import Cut
from yika_common.cards.errors import (
    CardBlank,
    CardNotAuthentic,
    CardReadBackDiffers,
    CardRetired,
    CardSwapped,
    CardTooSmall,
    CardWriteUncertain,
)
from yika_common.cards.identifiers import METER_ID_SIZE, name_to_bytes
from yika_common.cards.memory.cells import Scrub, confirm_mark, mark_of, marked, scrub, write_cell
from yika_common.cards.memory.head import CardHead, boxed, card_code, read_head
from yika_common.cards.memory.issuing import present_code
from yika_common.cards.memory.layout import ChipLayout
from yika_common.cards.memory.notes import encode_note
from yika_common.cards.memory.packing import admit
from yika_common.cards.record import EMPTY_RECORD, RECORD_SIZE
from yika_common.cards.slot_meter import SlotMeter
from yika_common.cards.write_back import EMPTY_WRITE_BACK, WRITE_BACK_SIZE
from yika_common.errors import YikaError
from yika_common.readers.port import MemoryChip

_PREFIX = bytes((1, 1))
_BODY_SIZE = RECORD_SIZE - MAC_SIZE
_SLOT_AT, _FLAGS_AT, _COUNT = 3, 5, slice(22, 26)


def recognise(chip: MemoryChip) -> CardIdentity:
    """What the card tells anybody; no code is presented and nothing changes.

    Raises:
        CardForeign: the chip is not numbered for this system.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    return read_head(chip).identity


class _Cells:
    """The record and write-back cells of one issued card."""

    def __init__(self, chip: MemoryChip, head: CardHead, scrubbing: Scrub) -> None:
        assert head.layout is not None, "an issued card has a layout"
        self.layout: ChipLayout = head.layout
        self._chip = chip
        self._generation = head.identity.generation.to_bytes(2, "big")
        self._scrub = scrubbing
        self._records = self._read_cells()
        self._live: dict[int, int] = {}

    def record(self, slot: int, meter: SlotMeter | None) -> bytes:
        """The slot's newest whole record, or another of its mark, or ``EMPTY_RECORD``."""
        found = {cell: self._unpacked(cell, meter) for cell in self._claims(slot)}
        whole = {
            cell: body
            for cell, body in found.items()
            if meter is not None and body is not None and self._is_whole(cell, body, meter)
        }
        if meter is not None and whole:
            newest = max(whole, key=lambda cell: whole[cell][_COUNT])
            self._live[slot] = newest
            return whole[newest] + mac8(meter.credit_key, whole[newest])
        self._live.pop(slot, None)
        if meter is None or not found:
            return EMPTY_RECORD
        return b"\xff" * RECORD_SIZE

    def write_record(self, slot: int, data: bytes) -> None:
        """Write a record into the free cell; raises as :func:`write_cell`."""
        if not 0 <= slot < self.layout.profile:
            raise ValueError(f"slot {slot} of a card for {self.layout.profile} meters")
        packed = self.layout.packing.pack_record(data)
        offset = self._free_cell()
        mark = mark_of(slot, lower=bool(data[_FLAGS_AT]))
        write_cell(self._chip, offset, mark, packed, scrubbing=self._scrub)
        self._records[offset] = bytes((mark,)) + packed
        self._live[slot] = offset

    def confirm(self, slot: int) -> None:
        """Write the mark of the slot's newest record once more."""
        offset = self._newest(slot)
        if offset is not None:
            confirm_mark(self._chip, offset, self._records[offset][0])

    def write_back(self, slot: int, meter_id: str) -> bytes:
        """The slot's write-back, or ``EMPTY_WRITE_BACK``."""
        size = self.layout.packing.write_back_size
        if not size:
            return EMPTY_WRITE_BACK
        cell = self._chip.read(self.layout.write_back_cell(slot), 1 + size)
        if cell[0] != mark_of(slot):
            return EMPTY_WRITE_BACK
        padded = name_to_bytes(meter_id, METER_ID_SIZE)
        try:
            return self.layout.packing.write_back(cell[1:], slot, padded)
        except ValueError:
            return b"\xff" * WRITE_BACK_SIZE

    def write_write_back(self, slot: int, data: bytes) -> None:
        """Replace the slot's write-back or note; raises as :func:`write_cell`."""
        offset = self.layout.write_back_cell(slot)
        if self.layout.packing.write_back_size:
            packed = self.layout.packing.pack_write_back(data)
            write_cell(self._chip, offset, mark_of(slot), packed, scrubbing=self._scrub)
            return
        note = encode_note(slot, data)
        self._scrub(self._chip, offset, note)
        self._chip.write(offset, note)

    def _read_cells(self) -> dict[int, bytes]:
        cells = self.layout.record_cells
        size = cells[1] - cells[0]
        data = self._chip.read(cells[0], size * len(cells))
        return {offset: data[offset - cells[0] :][:size] for offset in cells}

    def _claims(self, slot: int) -> list[int]:
        """The cells whose mark names the slot."""
        return [
            offset
            for offset, cell in self._records.items()
            if (found := marked(cell[0])) is not None and found[0] == slot
        ]

    def _unpacked(self, offset: int, meter: SlotMeter | None) -> bytes | None:
        cell = self._records[offset]
        found = marked(cell[0])
        if found is None or meter is None:
            return None
        slot, lower = found
        head = (
            _PREFIX
            + bytes((0, slot, meter.service.number, lower))
            + name_to_bytes(meter.meter_id, METER_ID_SIZE)
            + bytes(2)
            + self._generation
        )
        try:
            return self.layout.packing.record_body(cell[1:], head)
        except ValueError:
            return None

    def _is_whole(self, offset: int, body: bytes, meter: SlotMeter) -> bool:
        size = self.layout.packing.mac_size
        return same(self._records[offset][-size:], mac8(meter.credit_key, body)[:size])

    def _free_cell(self) -> int:
        """A cell that holds no slot's newest record; there is always one."""
        kept = {self._newest(slot) for slot in range(self.layout.profile)}
        unmarked = [at for at, cell in self._records.items() if marked(cell[0]) is None]
        free = [at for at in self._records if at not in kept]
        return next(iter(unmarked or free))

    def _newest(self, slot: int) -> int | None:
        """The slot's live cell: the one that was found whole, else of the highest count."""
        if slot in self._live:
            return self._live[slot]
        return max(self._claims(slot), key=self._count, default=None)

    def _count(self, offset: int) -> int:
        packed = self._records[offset][1:]
        return int.from_bytes(packed[self.layout.packing.count], "big")


class MemoryCardSession:
    """The node's work on one memory card whose code was accepted."""

    def __init__(self, chip: MemoryChip, head: CardHead, *, scrubbing: Scrub = scrub) -> None:
        self.identity = head.identity
        self._cells = _Cells(chip, head, scrubbing)

    @property
    def cut(self) -> Cut:
        """What of a record this card has no room for."""
        return self._cells.layout.packing.cut

    def admit(self, body: bytes) -> None:
        """Check that a record's 122 bytes, before the cut, can be written to this card.

        Raises:
            CardTooSmall: they can't; nothing was written.
        """
        admit(self.cut, body)

    def read_slot(self, slot: int, meter: SlotMeter | None = None) -> bytes:
        """The slot's credit record of 130 bytes, or ``EMPTY_RECORD``.

        A record that its meter's key does not accept reads as bytes that are none; without the
        meter every slot reads as empty.
        """
        return self._cells.record(slot, meter)

    def read_write_back(self, slot: int, meter: SlotMeter | None = None) -> bytes:
        """The slot's write-back of 100 bytes, or ``EMPTY_WRITE_BACK``.

        Raises:
            CardAbsent, CardRemoved, CardMute: there was no answer.
        """
        if meter is None:
            return EMPTY_WRITE_BACK
        return self._cells.write_back(slot, meter.meter_id)

    def write_record(self, slot: int, data: bytes) -> None:
        """Replace the slot's credit record and read it back.

        Raises:
            CardWriteUncertain: it holds the old record or the new one, whole.
            CardReadBackDiffers: the chip did not keep what was written; it holds the old record.
            CardTooSmall: the chip has no room for the record; it holds the old one.
        """
        try:
            self._cells.write_record(slot, data)
        except (CardReadBackDiffers, CardTooSmall):
            raise
        except YikaError as cause:
            raise CardWriteUncertain from cause

    def confirm(self, slot: int) -> None:
        """Make firm the record that :meth:`read_slot` showed, before a sale is closed by it.

        Its write may have been torn in the very last byte, which then shows it only now and then.

        Raises:
            CardWriteUncertain: the slot shows this record or the one before it, whole.
            CardReadBackDiffers: the chip did not keep what was written.
        """
        try:
            self._cells.confirm(slot)
        except CardReadBackDiffers:
            raise
        except YikaError as cause:
            raise CardWriteUncertain from cause


class MemoryMeterSession:
    """A meter's work on one memory card: its own slot and nothing else."""

    def __init__(
        self, chip: MemoryChip, head: CardHead, slot: int, meter: SlotMeter, *, scrubbing: Scrub
    ) -> None:
        self.identity = head.identity
        self.slot = slot
        self._meter = meter
        self._cells = _Cells(chip, head, scrubbing)

    @property
    def cut(self) -> Cut:
        """What of a write-back this card has no room for."""
        return self._cells.layout.packing.cut

    def read_record(self) -> bytes:
        """The slot's credit record, as :meth:`MemoryCardSession.read_slot`."""
        return self._cells.record(self.slot, self._meter)

    def write_claim(self, claim: Claim) -> None:
        """Nothing: a memory card has no claims, and nothing on it is refunded on the spot."""

    def write_write_back(self, data: bytes) -> None:
        """Replace the slot's write-back; raises as :meth:`MemoryCardSession.write_record`."""
        try:
            self._cells.write_write_back(self.slot, data)
        except YikaError as cause:
            raise CardWriteUncertain from cause


def open_session(
    chip: MemoryChip, node_key: bytes, *, number: str | None = None, scrubbing: Scrub = scrub
) -> MemoryCardSession:
    """Present the code of a card that was recognised.

    Args:
        chip: a powered chip.
        node_key: the card's K_node, 16 bytes.
        number: the card the work began with; another card sees no code.
        scrubbing: how content that may be weak is prepared for writing.

    Raises:
        CardForeign, CardBlank, CardRetired, CardSwapped: not the card for this; untouched.
        CardNotAuthentic: its head was not written under this key, or it has another code.
        CardCodeSpent: one wrong code more would block it; untouched.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    head = _head_in_use(chip, number)
    if not head.made_under(node_key):
        raise CardNotAuthentic(number=head.identity.number)
    code = card_code(node_key, head.identity, chip.kind.facts.code_size)
    present_code(chip, code, head.identity.number)
    return MemoryCardSession(chip, head, scrubbing=scrubbing)


def open_meter_session(
    chip: MemoryChip,
    meter: SlotMeter,
    auth_key: bytes,
    *,
    slot: int | None = None,
    scrubbing: Scrub = scrub,
) -> MemoryMeterSession | None:
    """Find the meter's slot and present the code that its box holds; None: it has no slot.

    On an SLE4428 a slot is found by its tag, on an SLE4442 by a record that is whole under the
    meter's key: no code is presented to a card that has neither.

    Raises:
        those of :func:`open_session`.
    """
    head = _head_in_use(chip)
    for place in (slot,) if slot is not None else range(head.identity.profile):
        session = MemoryMeterSession(chip, head, place, meter, scrubbing=scrubbing)
        if not _is_own(session, auth_key):
            continue
        code = boxed(head.box_of(place), auth_key, head.identity)
        present_code(chip, code, head.identity.number)
        return session
    return None


def _is_own(session: MemoryMeterSession, auth_key: bytes) -> bool:
    if session.cut is not Cut.BARE:
        return session.slot in session.identity.slots_of(auth_key)
    record = session.read_record()
    return record != EMPTY_RECORD and record[:2] == _PREFIX


def _head_in_use(chip: MemoryChip, number: str | None = None) -> CardHead:
    head = read_head(chip)
    found = head.identity
    if number is not None and found.number != number:
        raise CardSwapped(expected=number, found=found.number or found.serial.hex())
    if found.state is CardState.BLANK:
        raise CardBlank
    if found.state is CardState.RETIRED:
        raise CardRetired(number=found.number)
    return head
