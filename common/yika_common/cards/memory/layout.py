"""Where everything stands on a memory card, and what it is.

======  ====  =====================================================================
offset  size  content
======  ====  =====================================================================
0       8     the maker's: answer to reset, chip
8       1     ``59``: numbered for this system; 8 to 20 are frozen for ever
9       1     format, 1
10      8     chip serial
18      3     check: first bytes of the SHA-256 of bytes 8 to 17
21      6     the maker's: application
27      1     state: ``FF`` blank, ``59`` user, ``56`` special, ``00`` retired; any other: being
              issued
28      3     steps of the change of code: ``FF`` not begun, any other: begun; one a byte
31      1     key version of K_node
32      1     profile: 4, 6 or 8 meters
33      8     card number, packed name
41      2     generation
43      N     N = profile x 6 on an SLE4428: tag and boxed code of each slot;
              N = profile x 3 on an SLE4442: boxed code of each slot
43 + N  4     CMAC under K_node of bytes 8 to 20 and 31 to 42 + N, first 4 bytes
47 + N  R     R = (profile + 1) x cell: a mark and a packed record each
        W     W = profile x cell: a mark and a packed write-back each;
              on an SLE4442 profile x 6: a note each
======  ====  =====================================================================

============  =======  ===========  ===============  ===========  ==========
chip          profile  records      write-backs      from and to  bytes left
============  =======  ===========  ===============  ===========  ==========
SLE4428       4        5 x (1+107)  4 x (1+85)       71 to 954    66
SLE4428       6        7 x (1+90)   6 x (1+47)       83 to 1007   13
SLE4428       8        9 x (1+59)   8 x (1+47)       95 to 1018   2
SLE4442       4        5 x (1+14)   4 x 6            59 to 157    98
SLE4442       6        7 x (1+14)   6 x 6            65 to 205    50
SLE4442       8        9 x (1+14)   8 x 6            71 to 253    2
============  =======  ===========  ===============  ===========  ==========

There is one record cell more than there are meters: a record is written into the free cell while
the slot's old one stands (:mod:`yika_common.cards.memory.cells`).

A *note* is what an SLE4442 tells of a meter, for display alone: count last taken (1 byte),
balance (4, signed, kept within what they hold), and the first byte of the SHA-256 of the slot's
number and those 5 bytes.
"""

from yika_common.cards.cut import Cut
from yika_common.cards.memory.packing import PACKINGS, Packing
from yika_common.readers.port import MemoryKind
from yika_common.services import PROFILES
from yika_common.values import dataclass

FORMAT = 1
NUMBERED = 0x59
NUMBERED_AT = 8
SERIAL_AT, SERIAL_SIZE = 10, 8
CHECK_AT, CHECK_SIZE = 18, 3
FROZEN = slice(8, 21)

STATE_AT = 27
STEPS_AT = 28
KEY_VERSION_AT = 31
PROFILE_AT = 32
NUMBER_AT, NUMBER_SIZE = 33, 8
GENERATION_AT, GENERATION_SIZE = 41, 2
SLOTS_AT = 43
MAC_SIZE = 4
HEAD_SIZE = SLOTS_AT
NOTE_SIZE = 6

_CUTS = {4: Cut.WHOLE, 6: Cut.CLOSE, 8: Cut.NARROW}
_MARK_SIZE = 1
_TAG_SIZE = 4


@dataclass(frozen=True, slots=True)
class ChipLayout:
    """The offsets on a chip of a kind, issued for a number of meters."""

    kind: MemoryKind
    profile: int

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"no card is made for {self.profile} meters")

    @property
    def packing(self) -> Packing:
        """How records are packed."""
        return PACKINGS[_CUTS[self.profile] if self.tag_size else Cut.BARE]

    @property
    def tag_size(self) -> int:
        """Bytes of a slot's tag; 0: an SLE4442 has none."""
        return _TAG_SIZE if self.kind is MemoryKind.SLE4428 else 0

    @property
    def slot_size(self) -> int:
        """Bytes of a slot's tag and boxed code."""
        return self.tag_size + self.kind.facts.code_size

    @property
    def mac_at(self) -> int:
        """Where the head's MAC begins."""
        return SLOTS_AT + self.profile * self.slot_size

    @property
    def records_at(self) -> int:
        """Where the record cells begin."""
        return self.mac_at + MAC_SIZE

    @property
    def record_cells(self) -> tuple[int, ...]:
        """The offset of each record cell."""
        size = _MARK_SIZE + self.packing.record_size
        return tuple(self.records_at + index * size for index in range(self.profile + 1))

    @property
    def _after_records(self) -> int:
        return self.record_cells[-1] + _MARK_SIZE + self.packing.record_size

    def write_back_cell(self, slot: int) -> int:
        """The offset of a slot's write-back cell, or of its note."""
        return self._after_records + slot * self._written_size

    @property
    def cells(self) -> tuple[int, ...]:
        """The offset of every cell; a note has no mark and is none."""
        if not self.packing.write_back_size:
            return self.record_cells
        return self.record_cells + tuple(map(self.write_back_cell, range(self.profile)))

    @property
    def end(self) -> int:
        """The first byte after all of it."""
        return self.write_back_cell(self.profile)

    @property
    def _written_size(self) -> int:
        packed = self.packing.write_back_size
        return _MARK_SIZE + packed if packed else NOTE_SIZE


assert all(
    ChipLayout(kind, profile).end <= kind.facts.size for kind in MemoryKind for profile in PROFILES
), "every profile fits every chip"
