"""Cells: places whose content counts only under a mark that was written last.

A memory chip writes byte by byte, and each byte in two phases: all its bits are set, then some
are cleared.  A pull in a phase leaves a *weak* byte that reads now as ``FF``, now as the old or
the new value; and the chip does not program a byte that reads as it should, so that a weak byte
which reads right once would be left weak.  Hence these rules:

1. A cell is a mark byte and its content.  Marks, with ones for the bits that are set:

   ================  ============================================================
   mark              meaning
   ================  ============================================================
   ``F0 E1 .. 87``   the content of slot 0, 1 .. 7
   ``0F 1E .. 78``   likewise, and it is a record flagged *lower*
   ``33``            free, and the content is not weak: issued and never written
   any other         free; written in part: the content may be weak
   ================  ============================================================

   Each slot's mark has four ones: on its way from or to ``FF`` a byte has more of them and is
   never the mark of another slot.
2. Mark the cell free; write the content, its MAC last; read it back; write the slot's mark.
3. A weak byte shows one of two values.  What must be programmed for certain is therefore written
   as three different values in a row, the last one the right one: one of them at least differs
   from what the chip sees, and from then on the byte is not weak.  So are the mark *free*, and the
   content of a cell that was found with any other mark (*scrubbing*).
4. A mark that was read may itself be weak.  Before a node closes anything because of it, it is
   written once more (:func:`confirm_mark`); a pull there leaves the cell free, and the act is
   repeated.  A meter, which repeats nothing, looks at it often (:func:`is_steady`) before it takes
   the record, and writes it once more only if it wavers: then no sale was closed because of it.
"""

from collections.abc import Callable

from yika_common.cards.errors import CardReadBackDiffers
from yika_common.readers.port import MemoryChip
from yika_common.services import SLOTS_MAX

CLEAN = 0x33
DOUBTFUL = 0xFF
_FREE = (0xBF, 0xDF, 0x7F)
_LOOKS = 32

Scrub = Callable[[MemoryChip, int, bytes], None]
"""Programs every byte at that offset so that none stays weak, and leaves any values there."""


def mark_of(slot: int, *, lower: bool = False) -> int:
    """The mark of a slot's content."""
    return slot << 4 | 15 - slot if lower else 15 - slot << 4 | slot


_MARKS = {
    mark_of(slot, lower=lower): (slot, lower)
    for slot in range(SLOTS_MAX)
    for lower in (False, True)
}


def marked(mark: int) -> tuple[int, bool] | None:
    """The slot whose content it marks and whether it is flagged *lower*; None for another mark."""
    return _MARKS.get(mark)


def scrub(chip: MemoryChip, offset: int, data: bytes) -> None:
    """Write two other values for each byte of ``data``: the third, ``data``, is then not weak."""
    chip.write(offset, bytes(byte ^ 0x55 for byte in data))
    chip.write(offset, bytes(byte ^ 0xFF for byte in data))


def write_firmly(chip: MemoryChip, offset: int, data: bytes) -> None:
    """Write bytes none of which stays weak.

    Raises:
        CardReadBackDiffers: the chip holds something else.
    """
    scrub(chip, offset, data)
    chip.write(offset, data)
    demand(chip, offset, data)


def write_cell(
    chip: MemoryChip, offset: int, mark: int, content: bytes, *, scrubbing: Scrub = scrub
) -> None:
    """Replace a cell's mark and content; until it returns, the cell may be free.

    Raises:
        CardReadBackDiffers: the chip holds something else; its mark is not the slot's.
    """
    found = chip.read(offset, 1)[0]
    _free(chip, offset)
    if marked(found) is None and found != CLEAN:
        scrubbing(chip, offset + 1, content)
    chip.write(offset + 1, content)
    demand(chip, offset + 1, content)
    _mark(chip, offset, mark)


def confirm_mark(chip: MemoryChip, offset: int, mark: int) -> None:
    """Write a mark once more, because the one that was read may be weak.

    Until it returns, the cell may be free.

    Raises:
        CardReadBackDiffers: the chip holds something else.
    """
    _free(chip, offset)
    _mark(chip, offset, mark)


def is_steady(chip: MemoryChip, offset: int, value: bytes) -> bool:
    """Whether a byte is that one at every look: a torn one shows another now and then."""
    return all(chip.read(offset, 1) == value for _ in range(_LOOKS))


def _free(chip: MemoryChip, offset: int) -> None:
    for value in _FREE:
        chip.write(offset, bytes((value,)))
    demand(chip, offset, bytes(_FREE[-1:]))


def _mark(chip: MemoryChip, offset: int, mark: int) -> None:
    chip.write(offset, bytes((mark,)))
    demand(chip, offset, bytes((mark,)))


def demand(chip: MemoryChip, offset: int, data: bytes) -> None:
    """Read bytes back.

    Raises:
        CardReadBackDiffers: they are others.
    """
    if chip.read(offset, len(data)) != data:
        raise CardReadBackDiffers
