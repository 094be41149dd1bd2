"""The time that a reader's line, the card's contact and the chip take.

A pseudo terminal carries bytes in no time, and a simulated chip computes in none.  With a pace a
simulated reader waits where a real one would, so that what a program adds to it can be measured.

====================  =====================================================================
line                  11 bits a byte: a start bit, 8, two stop bits
reset                 400 clocks, then the answer to reset at 372 clocks a bit
contact               T=1: 11 etu a byte, 22 etu from the last byte of a block to the next;
                      an etu is F / (D x clock) as the answer to reset and the PPS say
chip                  a time for each command, and one for each page of 64 bytes it writes
====================  =====================================================================

Source: ISO/IEC 7816-3:2006, sections 6 to 8, and the reader's data sheet.  The chip's times are
those of usual chips; nothing asks more of a card.
"""

import time
from collections.abc import Callable
from dataclasses import field
from typing import Final

from yika_common.values import dataclass

CLOCK_HZ: Final = 3_571_200
PAGE: Final = 64
_LINE_BITS: Final = 11
_BYTE_ETU: Final = 11
_TURN_ETU: Final = 22
_RESET_CLOCKS: Final = 400
_F: Final = (372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0)
_D: Final = (0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0)
_DEFAULT_SPEED: Final = 0x11
_OVERDONE_S: Final = 0.002


@dataclass(frozen=True, slots=True)
class Speeds:
    """How long everything takes, in seconds.

    Attributes:
        baud: bits a second on the line.
        command_s: the chip's work on a command.
        page_s: the chip's work on writing a page.
    """

    baud: int = 115_200
    command_s: float = 0.005
    page_s: float = 0.005

    def line(self, count: int) -> float:
        """So many bytes on the line, one way."""
        return count * _LINE_BITS / self.baud

    def reset(self, count: int) -> float:
        """Power up to the last byte of the answer to reset."""
        return (_RESET_CLOCKS + count * _BYTE_ETU * _F[_DEFAULT_SPEED >> 4]) / CLOCK_HZ

    def contact(self, count: int, speed: int = _DEFAULT_SPEED) -> float:
        """A block of so many bytes over the contact, and the pause after it.

        ``speed`` is TA1 as it was agreed on: F in its upper half, D in its lower.
        """
        etu = _F[speed >> 4] / (_D[speed & 0x0F] * CLOCK_HZ)
        return (count * _BYTE_ETU + _TURN_ETU) * etu

    def chip(self, written: int = 0) -> float:
        """A command that writes so many bytes."""
        return self.command_s + -(-written // PAGE) * self.page_s


@dataclass(slots=True)
class Pace:
    """Waits until what a real reader would do by then is done.

    What is waited too long at one step is taken off the next, so that sums are right.
    """

    speeds: Speeds = field(default_factory=Speeds)
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _due: float = 0.0
    _speed: int = _DEFAULT_SPEED

    def line(self, count: int) -> None:
        """So many bytes cross the line."""
        self._take(self.speeds.line(count))

    def reset(self, answer: bytes) -> None:
        """A card was powered up and gave this answer to reset."""
        self._speed = _DEFAULT_SPEED
        self._take(self.speeds.reset(len(answer)))

    def contact(self, sent: int, received: int) -> None:
        """A block and its answer cross the contact."""
        self._take(self.speeds.contact(sent, self._speed))
        self._take(self.speeds.contact(received, self._speed))

    def agreed(self, speed: int) -> None:
        """Card and reader go on at another speed."""
        self._speed = speed

    def chip(self, written: int) -> None:
        """The chip executes a command that writes so many bytes."""
        self._take(self.speeds.chip(written))

    def _take(self, seconds: float) -> None:
        now = self.monotonic()
        # Waiting is overdone by less than this; a longer delay is the program's own.
        self._due = (now if now - self._due > _OVERDONE_S else self._due) + seconds
        if self._due > now:
            self.sleep(self._due - now)
