"""What can be read on a memory card without any key: everything, and none of it is proven."""

from yika_common.cards.application import CardIdentity
from yika_common.cards.memory import layout as at
from yika_common.cards.memory.cells import marked
from yika_common.cards.memory.head import CardHead, read_head
from yika_common.cards.memory.layout import NOTE_SIZE, ChipLayout
from yika_common.cards.memory.notes import Note, open_note
from yika_common.numbers import Quantity
from yika_common.readers.port import MemoryChip
from yika_common.values import dataclass

_HEAD = bytes(22)
_COUNT, _TOTAL = slice(22, 26), slice(26, 32)


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """A record under a slot's mark, as its bytes say; of two of a slot the higher count is newer.

    Attributes:
        slot: 0 to 7.
        count: purchase count n.
        total: lifetime total T.
        note: what an SLE4442's meter noted.
    """

    slot: int
    count: int
    total: Quantity
    note: Note | None = None


def meters_on(chip: MemoryChip) -> tuple[CardIdentity, tuple[int, ...]]:
    """What the card tells anybody, and the slots that have a meter.

    Raises:
        CardForeign: the chip is not numbered for this system.
    """
    head = read_head(chip)
    return head.identity, _slots(head)


def records_on(chip: MemoryChip) -> tuple[SeenRecord, ...]:
    """The newest record of every slot, by slot; raises as :func:`meters_on`."""
    head = read_head(chip)
    if head.layout is None:
        return ()
    newest: dict[int, SeenRecord] = {}
    for offset in head.layout.record_cells:
        seen = _seen(chip, head.layout, offset)
        if seen is not None and (seen.slot not in newest or newest[seen.slot].count < seen.count):
            newest[seen.slot] = seen
    return tuple(newest[slot] for slot in sorted(newest))


def _slots(head: CardHead) -> tuple[int, ...]:
    if head.layout is None:
        return ()
    size = head.layout.slot_size
    starts = (at.SLOTS_AT + slot * size for slot in range(head.layout.profile))
    return tuple(slot for slot, start in enumerate(starts) if any(head.data[start : start + size]))


def _seen(chip: MemoryChip, layout: ChipLayout, offset: int) -> SeenRecord | None:
    cell = chip.read(offset, 1 + layout.packing.record_size)
    found = marked(cell[0])
    if found is None or found[0] >= layout.profile:
        return None
    try:
        body = layout.packing.record_body(cell[1:], _HEAD)
    except ValueError:
        return None
    slot = found[0]
    note = None
    if not layout.packing.write_back_size:
        note = open_note(slot, chip.read(layout.write_back_cell(slot), NOTE_SIZE))
    return SeenRecord(
        slot=slot,
        count=int.from_bytes(body[_COUNT], "big"),
        total=Quantity(int.from_bytes(body[_TOTAL], "big")),
        note=note,
    )
