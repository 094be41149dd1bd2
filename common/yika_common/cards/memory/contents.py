"""The records and write-backs on one issued memory card, cell by cell.

A slot's record is the one of the highest count that is whole under its meter's credit key.  A new
record goes into the cell that holds nobody's newest; the old one stands until the new one's mark
is written, so that after a pull at any byte the slot shows the old record or the new one, whole,
and the same bytes can be written again.
"""

from yika_common.cards.ciphers import mac8, same
from yika_common.cards.identifiers import METER_ID_SIZE, name_to_bytes
from yika_common.cards.memory.cells import (
    Scrub,
    confirm_mark,
    is_steady,
    mark_of,
    marked,
    write_cell,
)
from yika_common.cards.memory.head import CardHead
from yika_common.cards.memory.layout import ChipLayout
from yika_common.cards.memory.notes import encode_note
from yika_common.cards.record import EMPTY_RECORD, RECORD_SIZE
from yika_common.cards.slot_meter import SlotMeter
from yika_common.cards.write_back import EMPTY_WRITE_BACK, WRITE_BACK_SIZE
from yika_common.readers.port import MemoryChip

_FORMAT = bytes((1,))
_FLAGS_AT, _COUNT = 5, slice(22, 26)
_NO_RECORD = b"\xff" * RECORD_SIZE
_NO_WRITE_BACK = b"\xff" * WRITE_BACK_SIZE


class Contents:
    """What the cells of one issued card hold; the record cells are read at once.

    Attributes:
        layout: where everything stands.
    """

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
        return _NO_RECORD

    def is_whole(self, slot: int, meter: SlotMeter) -> bool:
        """Whether the slot has a record that the meter's key accepts."""
        return self.record(slot, meter).startswith(_FORMAT)

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

    def steady(self, slot: int) -> None:
        """Write that mark once more if it wavers: it was torn when it was written.

        A steady one is left alone, because a pull then would make the cell free.
        """
        offset = self._newest(slot)
        if offset is not None and not is_steady(self._chip, offset, self._records[offset][:1]):
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
            return _NO_WRITE_BACK

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
            _FORMAT
            + bytes((0, 0, slot, meter.service.number, lower))
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
