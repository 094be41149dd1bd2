"""A parallel port with a simulated device on it, reached through a socket of the UNIX kind.

Each access to a register is a request of two bytes, answered by one::

    0   which register: 00 data, 01 status, 02 control; +80 to write it
    1   the value to write; else 00
    answer: the value read, or 00

``packaging/dev/parport.c`` makes a socket look like ``/dev/parport0`` to any program.  Where no
device listens, that program sees a port that nothing is connected to.
"""

import contextlib
import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from yika_common.errors import Phrase
from yika_common.infra.system_errors import why_refused
from yika_common.readers.ieee1284 import Mode
from yika_common.simulated.parallel_peripheral import Peripheral
from yika_common.simulated.pty_link import LinkUnusable

DATA, STATUS, CONTROL = 0, 1, 2
WRITE: Final = 0x80
IDENTITY: Final = b"MFG:Yika;CMD:CARD READER;MDL:Simulated reader;CLS:SMARTCARD;"
_REQUEST_SIZE = 2


def _unheard(event: str) -> None:
    """Where nobody listens."""


def _unwatched(register: int, value: int) -> None:
    """Where nobody watches the registers."""


class ParallelLink:
    """A device's side of a parallel port; open from construction to :meth:`close`.

    Args:
        link: where the socket shall appear; one that is there is replaced.
        modes: what the device takes.
        identity: its device id.
        on_event: told of each event of the handshakes.
        on_access: told of each access: the register, +80 for writing, and the value.

    Attributes:
        link: the path of the socket.
        master: file descriptor that gives the bytes that came forward, not blocking.
        peripheral: the lines of the device.

    Raises:
        LinkUnusable: something that is no socket stands there, or the system refuses.
    """

    def __init__(
        self,
        link: Path,
        *,
        modes: Iterable[Mode] = tuple(Mode),
        identity: bytes = IDENTITY,
        on_event: Callable[[str], None] = _unheard,
        on_access: Callable[[int, int], None] = _unwatched,
    ) -> None:
        self.link = link
        if link.exists() and not link.is_socket():
            raise LinkUnusable(path=str(link), why=Phrase("something else is there"))
        self._listening = socket.socket(socket.AF_UNIX)
        try:
            link.unlink(missing_ok=True)
            self._listening.bind(str(link))
        except OSError as cause:
            self._listening.close()
            why = why_refused(cause) if cause.errno else Phrase("the path is too long")
            raise LinkUnusable(path=str(link), why=why) from cause
        self._listening.listen()
        self.master, self._forward = os.pipe()
        os.set_blocking(self.master, False)
        os.set_blocking(self._forward, False)
        self.peripheral = Peripheral(
            self._came_forward, identity=identity, modes=modes, on_event=on_event
        )
        device = self.peripheral
        self._read = {
            DATA: device.read_data,
            STATUS: device.read_status,
            CONTROL: device.read_control,
        }
        self._written = {
            DATA | WRITE: device.write_data,
            CONTROL | WRITE: device.write_control,
        }
        self._watch = on_access
        self._lock = threading.Lock()
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(self._listening, selectors.EVENT_READ)
        self._ended, self._end = socket.socketpair()
        self._waiting.register(self._ended, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def to_reader(self, data: bytes) -> bytes:
        """See :class:`yika_common.simulated.reader.Wire`; no port changes what it carries."""
        return data

    def to_program(self, data: bytes) -> None:
        """Have bytes wait for whoever uses the port."""
        with self._lock:
            self.peripheral.send(data)

    def access(self, register: int, value: int = 0) -> int:
        """One access to a register; the value read, or 0."""
        with self._lock:
            if register in self._written:
                self._written[register](value)
                found = 0
            elif register in self._read:
                found = self._read[register]()
            else:
                return 0
            self._watch(register, value if register & WRITE else found)
            return found

    def close(self) -> None:
        """Take the device off the port; harmless to whoever uses the port, who sees it go."""
        self._end.send(b"\0")
        self._thread.join()
        for key in list(self._waiting.get_map().values()):
            with contextlib.suppress(OSError):
                key.fileobj.close()  # type: ignore[union-attr]
        self._waiting.close()
        self._end.close()
        self.link.unlink(missing_ok=True)
        os.close(self.master)
        os.close(self._forward)

    def _came_forward(self, data: bytes) -> None:
        with contextlib.suppress(BlockingIOError):  # what nobody takes in time is lost
            os.write(self._forward, data)

    def _serve(self) -> None:
        while True:
            for key, _ in self._waiting.select():
                if key.fileobj is self._ended:
                    return
                if key.fileobj is self._listening:
                    connection, _ = self._listening.accept()
                    self._waiting.register(connection, selectors.EVENT_READ)
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self._answer(key.fileobj)

    def _answer(self, connection: socket.socket) -> None:
        """One access; a connection that ended, or sends half a request, is dropped."""
        try:
            request = connection.recv(_REQUEST_SIZE)
            if len(request) == _REQUEST_SIZE:
                connection.sendall(bytes([self.access(*request)]))
                return
        except OSError:
            pass
        self._waiting.unregister(connection)
        connection.close()
