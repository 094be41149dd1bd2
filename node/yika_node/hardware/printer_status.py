"""What a receipt printer says of itself.

=============  ==============================  ==================================
asked by       answer, bits                    meaning
=============  ==============================  ==================================
DLE EOT 1      0..1..10, bit 3                 off-line
DLE EOT 2      bit 2, 5, 6                     cover open, paper end, error
DLE EOT 3      bit 3, 5, 6                     knife, beyond repair, head too hot
DLE EOT 4      bits 2 and 3, bits 5 and 6      paper near its end, at its end
GS r 1         0..0...., bits 2 and 3          paper at its end; the answer comes when
                                               everything before it was printed
=============  ==============================  ==================================

Source: Epson, ESC/POS Command Reference, DLE EOT and GS r.
"""

from typing import Final

from yika_common.values import dataclass
from yika_node.hardware.printer_errors import (
    CoverOpen,
    PaperOut,
    PrinterError,
    PrinterFailed,
    PrinterOffline,
)

ASKED: Final = (1, 2, 3, 4)
"""The questions of DLE EOT, all of them asked each time."""
DONE: Final = b"\x1dr1"
"""GS r 1."""
THROW_AWAY: Final = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8: forget what was received and not printed, so that it does not follow later."""

_FIXED, _FIXED_VALUE = 0b1001_0011, 0b0001_0010
_DONE_FIXED: Final = 0b1001_0000
_OFFLINE: Final = 0x08
_COVER, _PAPER_STOPS = 0x04, 0x20
_KNIFE, _BROKEN, _HOT = 0x08, 0x20, 0x40
_NEAR_END, _PAPER_END = 0x0C, 0x60


def question(n: int) -> bytes:
    """DLE EOT n."""
    return bytes((0x10, 0x04, n))


def is_answer(byte: int) -> bool:
    """Whether it can be an answer to DLE EOT; flow control and GS r are none."""
    return byte & _FIXED == _FIXED_VALUE


def is_done(byte: int) -> bool:
    """Whether it can be the answer to GS r 1."""
    return byte & _DONE_FIXED == 0


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What it said; ``problem`` is why nothing can be printed, None where something can."""

    paper_low: bool = False
    problem: PrinterError | None = None


def status_of(answers: dict[int, int]) -> PrinterStatus:
    """The status that the answers to DLE EOT tell, by the question's number.

    A printer may leave questions out; what it did not say is well.
    """
    line, cause, error, paper = (answers.get(n, 0) for n in ASKED)
    problem: PrinterError | None = None
    if cause & _COVER:
        problem = CoverOpen()
    elif paper & _PAPER_END == _PAPER_END or cause & _PAPER_STOPS:
        problem = PaperOut()
    elif error & (_KNIFE | _BROKEN | _HOT):
        problem = PrinterFailed()
    elif line & _OFFLINE:
        problem = PrinterOffline()
    return PrinterStatus(bool(paper & _NEAR_END), problem)
