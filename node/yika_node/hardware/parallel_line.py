"""The parallel port under a reader driver, with the surface of the serial line.

What the reader sends waits in the reader until it is asked, so reading asks again and again, ever
more rarely.  Between calls the port is in compatibility mode.  A port that failed is closed, and
the next use opens it again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from yika_common.errors import Phrase
from yika_common.readers.ieee1284 import Mode
from yika_node.hardware.errors import PortUnusable, ReaderSilent, ReaderUnplugged
from yika_node.hardware.parallel_errors import HandshakeStopped, ModeRefused
from yika_node.hardware.parallel_handshake import BUSY, NOBODY, Handshake, Stopped
from yika_node.hardware.parallel_registers import PpdevRegisters, Registers

BYTE: Final = "byte"
NIBBLE: Final = "nibble"
MODES: Final = {BYTE: Mode.BYTE, NIBBLE: Mode.NIBBLE}
"""By what the settings call them, the faster first."""
_CHUNK: Final = 4096
_PRINTER: Final = Phrase("a printer is connected to it")
_NAMELESS: Final = Phrase("what is connected to it does not say what it is")
_PAUSE_S, _PAUSE_MAX_S = 0.001, 0.004


class ParallelLine:
    """One parallel port, held by this program alone.

    Args:
        port: path of the device.
        mode: how the reader's bytes come back: ``byte``, ``nibble``; anything else: whole bytes
            where reader and port can, half bytes else.
        monotonic: seconds of a clock that never goes back.
        named: whether the settings name this very port; otherwise only a device whose device id
            says what it is gets anything.
        open_registers: takes the port.

    Attributes:
        port: path of the device.
        baud: 0; each byte goes as fast as both sides acknowledge it.
        transfer: ``byte`` or ``nibble`` once the port was opened.
        heard: whether anything came in since the port was opened.
    """

    def __init__(
        self,
        port: str,
        mode: str,
        monotonic: Callable[[], float],
        *,
        named: bool = True,
        open_registers: Callable[[str], Registers] = PpdevRegisters,
    ) -> None:
        self.port = port
        self.baud = 0
        self.transfer = ""
        self.heard = False
        self._wanted = [mode] if mode in MODES else list(MODES)
        self._monotonic = monotonic
        self._named = named
        self._open_registers = open_registers
        self._registers: Registers | None = None
        self._handshake: Handshake | None = None

    @property
    def is_open(self) -> bool:
        """Whether the port is held at the moment."""
        return self._registers is not None

    def open(self) -> None:
        """Take the port and agree on a mode.

        Raises:
            ParallelNotInstalled: pyparallel is missing.
            PortMissing, PortBusy, PortUnusable: the port can't be had, or what is on it may print.
            ReaderSilent: nothing answers there.
            HandshakeStopped: the reader stopped on the way.
            ModeRefused: the configured mode is not taken.
        """
        self.heard = False
        self._registers = self._open_registers(self.port)
        self._handshake = Handshake(self._registers, self._monotonic)
        with self._talking() as reader:
            reader.restore()
            self.transfer = self._agreed(reader)
            identity = reader.identity()
        if _is_printer(identity) or not (identity or self._named):
            self.close()
            why = _PRINTER if identity else _NAMELESS
            raise PortUnusable(port=self.port, why=why)
        if not self.transfer:
            self.close()
            raise ModeRefused(port=self.port, mode=self._wanted[0])

    def write(self, data: bytes) -> None:
        """Send all bytes.

        Raises:
            ReaderSilent: the reader takes nothing.
            ReaderUnplugged: the port is gone.
        """
        with self._talking() as reader:
            reader.send(data)

    def read(self, until: float) -> bytes:
        """What has come in; waits for the first byte at most until that moment, then empty.

        Raises:
            ReaderSilent, HandshakeStopped: the reader stopped.
            ReaderUnplugged: the port is gone.
        """
        pause = _PAUSE_S
        while True:
            with self._talking() as reader:
                found = reader.receive(MODES[self.transfer], _CHUNK)
            if found:
                self.heard = True
                return found
            if self._monotonic() >= until:
                return b""
            time.sleep(pause)
            pause = min(2 * pause, _PAUSE_MAX_S)

    def discard(self) -> None:
        """Drop what has come in already, without waiting.

        Raises:
            ReaderSilent, HandshakeStopped: the reader stopped.
            ReaderUnplugged: the port is gone.
        """
        with self._talking() as reader:
            reader.receive(MODES[self.transfer], _CHUNK)

    def drain(self, until: float) -> None:
        """Drop what still comes in, until the line is quiet or that moment is reached.

        Raises:
            ReaderSilent, HandshakeStopped: the reader stopped.
            ReaderUnplugged: the port is gone.
        """
        while self._monotonic() < until and self.read(self._monotonic()):
            pass

    def close(self) -> None:
        """Release the port; harmless when repeated."""
        held, self._registers = self._registers, None
        self._handshake = None
        if held is not None:
            with suppress(OSError):
                held.close()

    def _agreed(self, reader: Handshake) -> str:
        """The first mode that the port can and the reader takes; empty: none of them."""
        for name in self._wanted:
            if name == BYTE and not reader.can_receive_bytes():
                continue
            if reader.takes(MODES[name]):
                return name
        return ""

    @contextmanager
    def _talking(self) -> Iterator[Handshake]:
        """The handshake; a failure closes the port and gets its sentence."""
        if self._handshake is None:
            raise ReaderUnplugged(port=self.port)
        try:
            yield self._handshake
        except Stopped as stopped:
            self.close()
            if stopped.step in (BUSY, NOBODY):
                raise ReaderSilent(port=self.port) from stopped
            raise HandshakeStopped(port=self.port, step=stopped.step) from stopped
        except OSError as cause:
            self.close()
            raise ReaderUnplugged(port=self.port) from cause


def _is_printer(identity: str) -> bool:
    """Whether a device id says so; whatever we sent would be printed."""
    fields = (field.partition(":") for field in identity.upper().split(";"))
    return any(
        key.strip() in ("CLS", "CLASS") and value.strip() == "PRINTER" for key, _, value in fields
    )
