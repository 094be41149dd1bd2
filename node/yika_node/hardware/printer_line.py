"""The line to a receipt printer: a port, a device or an address behind one file descriptor.

Nothing waits without a limit: a printer without paper takes nothing, for hours.
"""

import os
import select
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from yika_common.errors import Phrase
from yika_common.infra.system_errors import why_refused
from yika_node.hardware.printer_errors import PrinterMissing, PrinterSilent, PrinterStuck

CONNECT_S: Final = 3.0
PAUSE_S: Final = 8.0
"""So long a printer may take nothing while it prints what it has."""
PORT: Final = 9100
_CHUNK: Final = 512


class PrinterLine:
    """An open line, from construction to :meth:`close`.

    Args:
        descriptor: open and not blocking.
        end: closes it.
        name: the port, as it is configured.
        forget: drops what was written and not sent yet.
    """

    def __init__(
        self,
        descriptor: int,
        end: Callable[[], object],
        name: str,
        forget: Callable[[], object] = lambda: None,
    ) -> None:
        self._descriptor = descriptor
        self._end = end
        self.forget = forget
        self.name = name

    def write(self, data: bytes, pause_s: float = PAUSE_S) -> None:
        """Send all bytes, as fast as they are taken.

        Raises:
            PrinterStuck: for that long nothing was taken.
            PrinterSilent: the line is gone.
        """
        left = memoryview(data)
        while left:
            if not select.select([], [self._descriptor], [], pause_s)[1]:
                raise PrinterStuck
            try:
                left = left[os.write(self._descriptor, left[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError as cause:
                raise PrinterSilent(port=self.name) from cause

    def read(self, wait_s: float) -> bytes:
        """What comes in; empty where nothing does in that time.

        Raises:
            PrinterSilent: the line is gone.
        """
        if not select.select([self._descriptor], [], [], max(0.0, wait_s))[0]:
            return b""
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return b""
        except OSError as cause:
            raise PrinterSilent(port=self.name) from cause
        if not data:
            raise PrinterSilent(port=self.name)
        return data

    def discard(self) -> None:
        """Drop what has come in already."""
        while self.read(0.0):
            pass

    def close(self) -> None:
        """Let go of it; what was written is sent, if it can be."""
        self._end()


OpenLine = Callable[[], PrinterLine]


def serial_line(port: str, speed: int, flow: str) -> PrinterLine:
    """A serial port, 8 data bits, no parity, one stop bit, held by this program alone.

    Args:
        port: path of the device.
        speed: bits a second.
        flow: none, rtscts or xonxoff.

    Raises:
        PrinterMissing: it is not there, or another program's.
    """
    import serial  # noqa: PLC0415 - a printer on USB or the network does without

    try:
        opened = serial.Serial(
            port,
            speed,
            timeout=0,
            exclusive=True,
            rtscts=flow == "rtscts",
            xonxoff=flow == "xonxoff",
        )
    except (OSError, ValueError) as cause:
        raise _missing(port, cause) from cause

    return PrinterLine(opened.fileno(), opened.close, port, opened.reset_output_buffer)


def device_line(path: str) -> PrinterLine:
    """A USB printer's device, or for trials a file that is added to.

    Raises:
        PrinterMissing: it is not there, or another program's.
    """
    regular = not Path(path).exists() or Path(path).is_file()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND if regular else os.O_RDWR
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o600)
    except OSError as cause:
        raise _missing(path, cause) from cause
    return PrinterLine(descriptor, lambda: os.close(descriptor), path)


def network_line(address: str) -> PrinterLine:
    """A printer on the network: HOST or HOST:PORT.

    Raises:
        PrinterMissing: nobody is there.
    """
    host, _, port = address.rpartition(":") if ":" in address else (address, "", str(PORT))
    try:
        connected = socket.create_connection((host, int(port)), CONNECT_S)
    except (OSError, ValueError) as cause:
        raise _missing(address, cause) from cause
    connected.setblocking(False)  # noqa: FBT003 - the library's own way
    return PrinterLine(connected.fileno(), connected.close, address)


def _missing(port: str, cause: Exception) -> PrinterMissing:
    known = isinstance(cause, OSError) and cause.errno
    why = why_refused(cause) if known and isinstance(cause, OSError) else Phrase("nobody answers")
    return PrinterMissing(port=port, why=why)
