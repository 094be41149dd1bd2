"""The GemPC Twin on a serial port: the production driver, thread-safe and bounded in time.

Source: the protocol of :mod:`yika_common.readers.ccid`.  The reader works at TPDU level, so this
side speaks T=1 with the card (:mod:`yika_node.hardware.t1_session`).
"""

import contextlib
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from yika_common.cards.errors import CardRemoved
from yika_common.readers.ccid import BAUD, Icc, Kind
from yika_common.readers.errors import ReaderError
from yika_node.hardware.ccid_link import CcidLink, Timing
from yika_node.hardware.serial_line import SerialLine
from yika_node.hardware.t1_session import T1Session
from yika_node.hardware.turns import Turn, Turns

_FIRMWARE = b"\x02"
_REPORT_MOVEMENT_WITH_ANSWERS = b"\x01\x01\x01"
_POLL_S = 0.2
_USUAL = Timing()


class TwinConnection:
    """A :class:`yika_common.readers.port.CardConnection`, made by the reader.

    Attributes:
        atr: the card's answer to reset.
    """

    def __init__(self, session: T1Session, turn: Turn, talking: threading.Lock) -> None:
        self.atr = session.atr
        self._session = session
        self._turn = turn
        self._talking = talking

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.disconnect()

    def transmit(self, apdu: bytes) -> bytes:
        """See :class:`yika_common.readers.port.CardConnection`."""
        with self._talking:
            if not self._turn.renew():
                raise CardRemoved
            return self._session.transmit(apdu)

    def disconnect(self) -> None:
        """See :class:`yika_common.readers.port.CardConnection`."""
        with self._talking, contextlib.suppress(ReaderError):
            if self._turn.renew():
                self._session.power_down()
        self._turn.give_up()


class GemPcTwinReader:
    """A :class:`yika_common.readers.port.CardReader`; opens its port at the first use.

    Args:
        port: path of the serial device.
        timing: how long to wait.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        port: str,
        *,
        timing: Timing = _USUAL,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timing = timing
        self._monotonic = monotonic
        self._line = SerialLine(port, BAUD, monotonic)
        self._link = CcidLink(self._line, timing, monotonic)
        self._talking = threading.Lock()
        self._turns = Turns(timing.idle_s, monotonic)
        self._firmware = ""

    def describe(self) -> str:
        """The firmware's own text, empty where the reader keeps it to itself.

        Raises:
            ReaderError: the reader can't be asked.
        """
        with self._talking:
            self._open()
            self._link.command(Kind.SLOT_STATUS)
            return self._firmware

    def card_present(self) -> bool:
        """See :class:`yika_common.readers.port.CardReader`; True while a card is talked to."""
        if not self._talking.acquire(timeout=_POLL_S):
            return True
        try:
            self._open()
            return self._link.command(Kind.SLOT_STATUS).icc is not Icc.ABSENT
        finally:
            self._talking.release()

    def connect(self) -> TwinConnection:
        """See :class:`yika_common.readers.port.CardReader`.

        Raises:
            ReaderBusy: another page keeps the card for too long.
            CardForeign: the card does not speak T=1, so it is not ours; it is untouched.
            AtrRefused: the card's answer to reset makes no sense.
        """
        turn = self._turns.take(self._timing.turn_s)
        try:
            with self._talking:
                self._open()
                session = T1Session(self._link, self._timing, self._monotonic)
        except BaseException:
            turn.give_up()
            raise
        return TwinConnection(session, turn, self._talking)

    def close(self) -> None:
        """See :class:`yika_common.readers.port.CardReader`; a connection that was open is over."""
        self._turns.end()
        with self._talking:
            self._line.close()

    def _open(self) -> None:
        if self._line.is_open:
            return
        self._line.open()
        firmware = self._link.command(Kind.ESCAPE, _FIRMWARE)
        self._firmware = "" if firmware.failed else firmware.data.decode("ascii", "replace")
        self._link.command(Kind.ESCAPE, _REPORT_MOVEMENT_WITH_ANSWERS)
