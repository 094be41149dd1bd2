"""The GemPC Twin on a serial port: the production driver.

Source: the protocol of :mod:`yika_common.readers.ccid`.  The reader works at TPDU level, so this
side speaks T=1 with the card (:mod:`yika_node.hardware.t1_session`).
"""

from collections.abc import Callable
from typing import Final

from yika_common.readers.ccid import BAUD, Icc, Kind
from yika_node.hardware.ccid_link import CcidLink
from yika_node.hardware.ccid_tpdu import CcidTpdu
from yika_node.hardware.line import MakeLine
from yika_node.hardware.serial_line import SerialLine
from yika_node.hardware.t1_session import T1Session
from yika_node.hardware.timing import Timing

GEMPC_TWIN: Final = "gempc-twin"
_FIRMWARE = b"\x02"
_REPORT_MOVEMENT_WITH_ANSWERS = b"\x01\x01\x01"


class GemPcTwinProtocol:
    """A :class:`yika_node.hardware.serial_reader.SerialProtocol`."""

    name = GEMPC_TWIN

    def __init__(
        self,
        port: str,
        timing: Timing,
        monotonic: Callable[[], float],
        make_line: MakeLine = SerialLine,
    ) -> None:
        self.line = make_line(port, BAUD, monotonic)
        self._timing = timing
        self._monotonic = monotonic
        self._link = CcidLink(self.line, timing, monotonic)

    def greeted(self, wait_s: float) -> bool:
        """See :class:`SerialProtocol`, as for all that follow."""
        return self._link.answers(wait_s)

    def begin(self) -> str:
        """Ask for the firmware's text, and for movement to be told with answers."""
        firmware = self._link.command(Kind.ESCAPE, _FIRMWARE)
        self._link.command(Kind.ESCAPE, _REPORT_MOVEMENT_WITH_ANSWERS)
        return "" if firmware.failed else firmware.data.decode("ascii", "replace")

    def card_present(self) -> bool:
        """Ask for the slot's status."""
        return self._link.command(Kind.SLOT_STATUS).icc is not Icc.ABSENT

    def power_up(self) -> T1Session:
        """Power up a CPU card."""
        return T1Session(CcidTpdu(self._link, self._timing), self._timing, self._monotonic)
