"""A Gemplus reader of the GCR410's kind on a serial port: the production driver.

Source: the protocol of :mod:`yika_common.readers.gemplus`; the order of steps as Gemplus' own
driver takes them.  That driver knows 9600 and 38400 baud; this one finds the reader at every speed
and brings it to its fastest (:mod:`yika_node.hardware.gemplus_speed`).
"""

from collections.abc import Callable

from yika_common.readers.gemplus_commands import (
    START_BAUD,
    Command,
    SlotStatus,
    read_firmware,
)
from yika_node.hardware.gemplus_card import GemplusCard
from yika_node.hardware.gemplus_link import GemplusLink
from yika_node.hardware.gemplus_speed import GemplusSpeed
from yika_node.hardware.line import Line
from yika_node.hardware.serial_line import SerialLine
from yika_node.hardware.timing import Timing

_BLOCKS_ONLY = bytes([Command.MODE, 0x00, 0x00])


class GemplusProtocol:
    """A :class:`yika_node.hardware.serial_reader.SerialProtocol`."""

    name = "gemplus"

    def __init__(self, port: str, timing: Timing, monotonic: Callable[[], float]) -> None:
        line = SerialLine(port, START_BAUD, monotonic, stop_bits=1)
        self.line: Line = line
        self._timing = timing
        self._monotonic = monotonic
        self._link = GemplusLink(line, timing, monotonic)
        self._speed = GemplusSpeed(line, self._link, monotonic)

    def greeted(self, wait_s: float) -> bool:
        """See :class:`SerialProtocol`, as for all that follow.

        A short wait is for the likely speeds, a longer one for every speed.
        """
        return self._speed.find(everywhere=wait_s > self._timing.greetings_s[0])

    def begin(self) -> str:
        """Find the reader's speed, raise it, and ask for the firmware's name."""
        if not any(self._speed.find(everywhere=every) for every in (False, True, True)):
            raise self._link.failure(garbled=self.line.heard)
        self._speed.raise_to_fastest()
        self._link.command(_BLOCKS_ONLY)
        return self._link.command(read_firmware())[1:].decode("ascii", "replace").strip("\0 ")

    def card_present(self) -> bool:
        """Ask for the slot's status."""
        slot = SlotStatus.from_data(self._link.command(bytes([Command.STATUS]))[1:])
        if slot is None:
            raise self._link.failure(garbled=True)
        return slot.present

    def power_up(self) -> GemplusCard:
        """Power up a CPU card."""
        return GemplusCard(self._link, self._timing, self._monotonic)
