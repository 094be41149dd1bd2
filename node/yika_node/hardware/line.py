"""What a reader's protocol needs of the port under it, be it serial or parallel."""

from collections.abc import Callable
from typing import Protocol


class Line(Protocol):
    """A port that carries bytes both ways; no call takes longer than it says.

    Attributes:
        port: path of the device.
        baud: bits a second; 0 where the port has no such thing.
        transfer: how a parallel port carries bytes, a sentence's word; empty on a serial port.
        heard: whether anything came in since the port was opened.
    """

    port: str
    baud: int
    transfer: str
    heard: bool

    @property
    def is_open(self) -> bool:
        """Whether the port is held at the moment."""
        ...

    def open(self) -> None:
        """Take the port, and drop what it received before.

        Raises:
            ReaderError: the port can't be had; its class says why.
        """
        ...

    def write(self, data: bytes) -> None:
        """Send all bytes.

        Raises:
            ReaderError: the port is gone or takes nothing any more; it is closed.
        """
        ...

    def read(self, until: float) -> bytes:
        """What has come in; waits for the first byte at most until that moment, then empty.

        Raises:
            ReaderError: the port is gone; it is closed.
        """
        ...

    def discard(self) -> None:
        """Drop what has come in already, without waiting.

        Raises:
            ReaderError: the port is gone; it is closed.
        """
        ...

    def drain(self, until: float) -> None:
        """Drop what still comes in, until the line is quiet or that moment is reached.

        Raises:
            ReaderError: the port is gone; it is closed.
        """
        ...

    def close(self) -> None:
        """Release the port; harmless when repeated."""
        ...


class MakeLine(Protocol):
    """Makes the line for a port at a protocol's speed."""

    def __call__(
        self, port: str, baud: int, monotonic: Callable[[], float], /, *, ready: bool = True
    ) -> Line:
        """The line, not opened yet."""
        ...
