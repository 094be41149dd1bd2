"""At which speed a Gemplus reader listens, and how it is brought to its fastest one.

Nothing says at which speed a program left the reader, so it is called at each, the likely ones
first.  Then it is told a faster one: it takes it at once and answers there already.  A speed
counts once the reader has been heard there without a fault, several times in a row; otherwise both
sides go back, and the next lower one is tried.  One at which the reader was lost is not tried
again.

A port says before the reader is told whether it has a speed: many have no 76800, the fastest this
reader knows.  57600 and 115200 have no code in its protocol; a reader that listens there all the
same is left there.
"""

from collections.abc import Callable, Iterable
from typing import Final

from yika_common.readers.gemplus import wire_time
from yika_common.readers.gemplus_commands import (
    SPEED_CODES,
    START_BAUD,
    Status,
    read_firmware,
    set_line,
)
from yika_node.hardware.attempts import ATTEMPTS
from yika_node.hardware.gemplus_link import GemplusLink
from yika_node.hardware.serial_line import SerialLine

_LIKELY: Final = (START_BAUD, 76_800, 38_400)
_EVERY: Final = (*_LIKELY, 115_200, 57_600, 19_200, 4_800, 2_400, 1_200)
_ORDER_BYTES = 11
"""The order, and a refusal."""
_TURNING_S = 0.05
_CALLING_S = 0.1
_PROOFS = 3


class GemplusSpeed:
    """The line's speed and the reader's, kept the same.

    Args:
        line: the port; open whenever a method is called.
        link: the conversation on it.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(
        self, line: SerialLine, link: GemplusLink, monotonic: Callable[[], float]
    ) -> None:
        self._line = line
        self._link = link
        self._monotonic = monotonic
        self._last = START_BAUD
        self._shunned: set[int] = set()

    def find(self, *, everywhere: bool) -> bool:
        """Set the line to the speed at which the reader answers; False where it does at none.

        ``everywhere`` calls at every speed, else only at the likely ones.

        Raises:
            ReaderUnplugged: the port is gone.
        """
        return self._found((self._line.baud, self._last, *(_EVERY if everywhere else _LIKELY)))

    def raise_to_fastest(self) -> None:
        """Agree on the fastest speed that works; the reader answers when this is called.

        Raises:
            ReaderSilent: it was lost on the way, and does not answer at any speed.
            ReaderUnplugged: the port is gone.
        """
        faster = (
            baud
            for baud in sorted(SPEED_CODES.keys() - self._shunned, reverse=True)
            if baud > self._line.baud
        )
        any(self._turned_to(baud) for baud in faster)
        self._last = self._line.baud

    def _found(self, speeds: Iterable[int]) -> bool:
        return any(
            self._line.set_speed(baud) and self._link.greeted() for baud in dict.fromkeys(speeds)
        )

    def _turned_to(self, baud: int) -> bool:
        """Whether both sides are at a new speed now; if not, they are where they were."""
        before = self._line.baud
        if not self._line.set_speed(baud):
            return False
        self._line.set_speed(before)
        if not self._ordered(baud):
            return False
        self._line.set_speed(baud)
        if self._called() and self._proven():
            return True
        if before in SPEED_CODES:
            self._ordered(before)
        if not self._found((before, baud, *_EVERY)):
            self._shunned.add(baud)
            raise self._link.failure(garbled=False)
        return False

    def _called(self) -> bool:
        return any(self._link.greeted(_CALLING_S) for _ in range(ATTEMPTS))

    def _ordered(self, baud: int) -> bool:
        """Tell the reader a speed and wait until the last bit is out; False where it refuses.

        A reader that refuses says so at the old speed; what one says at the new speed can't be
        read yet.
        """
        until = self._monotonic() + wire_time(_ORDER_BYTES, self._line.baud) + _TURNING_S
        answer = self._link.tell(set_line(baud), until)
        return answer is None or answer[:1] == bytes([Status.OK])

    def _proven(self) -> bool:
        return all(self._link.is_clean(read_firmware()) for _ in range(_PROOFS))
