"""The serial port under a reader driver: opens, writes, reads until a moment, never hangs.

Every failure of the operating system becomes one of ``yika_node.hardware.errors``; a port that
failed is closed, and the next use opens it again.
"""

import errno
import termios
from collections.abc import Callable

import serial

from yika_common.errors import Phrase
from yika_common.infra.line_speed import line_speed
from yika_common.infra.system_errors import why_refused
from yika_node.hardware.errors import PortBusy, PortMissing, PortUnusable, ReaderUnplugged

_READ_STEP_S = 0.05
_WRITE_LIMIT_S = 1.0
_SPEED_TOLERANCE = 33
"""A line may be off by one part in this; two sides off by 3 % each still understand each other."""
_MISSING = frozenset({errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO})
_BUSY = frozenset({errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK})


class SerialLine:
    """One port with 8 data bits and no parity, held by this program alone.

    Args:
        port: path of the device.
        baud: bits a second when it is opened.
        monotonic: seconds of a clock that never goes back.
        ready: whether DTR and RTS say so while the port is open.
        stop_bits: 1 or 2.

    Attributes:
        port: path of the device.
        baud: bits a second.
        transfer: empty, as in :class:`yika_node.hardware.line.Line`.
        heard: whether anything came in since the port was opened.
    """

    def __init__(
        self,
        port: str,
        baud: int,
        monotonic: Callable[[], float],
        *,
        ready: bool = True,
        stop_bits: int = 2,
    ) -> None:
        self.port = port
        self.baud = self._opening_baud = baud
        self.transfer = ""
        self.heard = False
        self._monotonic = monotonic
        self._ready = ready
        self._stop_bits = stop_bits
        self._serial: serial.Serial | None = None

    @property
    def is_open(self) -> bool:
        """Whether the port is held at the moment."""
        return self._serial is not None

    def open(self) -> None:
        """Take the port, and drop what it received before.

        Raises:
            PortMissing: there is no such port.
            PortBusy: another program holds it.
            PortUnusable: it is no serial port, or we may not use it.
        """
        self.heard = False
        self.baud = self._opening_baud
        port = serial.Serial(
            baudrate=self.baud,
            stopbits=self._stop_bits,
            timeout=_READ_STEP_S,
            write_timeout=_WRITE_LIMIT_S,
            exclusive=True,
        )
        port.port, port.dtr, port.rts = self.port, self._ready, self._ready
        try:
            port.open()
        except OSError as cause:
            if cause.errno in _MISSING:
                raise PortMissing(port=self.port) from cause
            if cause.errno in _BUSY:
                raise PortBusy(port=self.port) from cause
            why = why_refused(cause) if cause.errno else Phrase("it is not a serial port")
            raise PortUnusable(port=self.port, why=why) from cause
        self._serial = port

    def set_speed(self, baud: int) -> bool:
        """Speak at another speed from now on; False, and nothing changed, where the port can't.

        Raises:
            ReaderUnplugged: the port is gone.
        """
        held, before = self._held(), self.baud
        try:
            try:
                held.baudrate = baud
                taken = abs(line_speed(held.fileno()) - baud) * _SPEED_TOLERANCE <= baud
            except ValueError:
                taken = False
            if not taken:
                held.baudrate = before
        except (OSError, termios.error) as cause:
            raise self._gone() from cause
        self.baud = baud if taken else before
        return taken

    def write(self, data: bytes) -> None:
        """Send all bytes.

        Raises:
            ReaderUnplugged: the port is gone or takes nothing any more.
        """
        try:
            self._held().write(data)
        except OSError as cause:
            raise self._gone() from cause

    def read(self, until: float) -> bytes:
        """What has come in; waits for the first byte at most until that moment, then empty.

        Raises:
            ReaderUnplugged: the port is gone.
        """
        held = self._held()
        try:
            while True:
                first: bytes = held.read(1)
                if first:
                    self.heard = True
                    return first + bytes(held.read(held.in_waiting))
                if self._monotonic() >= until:
                    return b""
        except OSError as cause:
            raise self._gone() from cause

    def discard(self) -> None:
        """Drop what has come in already, without waiting.

        Raises:
            ReaderUnplugged: the port is gone.
        """
        try:
            self._held().reset_input_buffer()
        except (OSError, termios.error) as cause:
            raise self._gone() from cause

    def drain(self, until: float) -> None:
        """Drop what still comes in, until the line is quiet or that moment is reached.

        Raises:
            ReaderUnplugged: the port is gone.
        """
        while self._monotonic() < until and self.read(self._monotonic()):
            pass

    def close(self) -> None:
        """Release the port; harmless when repeated."""
        held, self._serial = self._serial, None
        if held is not None:
            held.close()

    def _held(self) -> serial.Serial:
        if self._serial is None:
            raise ReaderUnplugged(port=self.port)
        return self._serial

    def _gone(self) -> ReaderUnplugged:
        self.close()
        return ReaderUnplugged(port=self.port)
