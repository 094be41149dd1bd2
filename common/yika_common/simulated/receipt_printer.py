"""A receipt printer that stands on a pseudo terminal or on the network, and keeps what it prints.

It answers DLE EOT at once and GS r when it comes to it, as ESC/POS printers do.  Without paper,
with its cover open or off-line it takes what is sent, prints nothing of it, and goes on when it is
well again, unless it was told to forget (DLE DC4 8).  A paper ends with the cut.
"""

import os
import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from yika_common.simulated.escpos_stream import first_of
from yika_common.simulated.pty_link import PtyLink

LINE_DOTS: Final = 30
_STEP_S: Final = 0.05
_MOST: Final = 65_536
_ANSWER: Final = 0x12
_OFFLINE, _COVER, _PAPER_STOPS, _KNIFE = 0x08, 0x04, 0x20, 0x08
_LOW, _OUT = 0x0C, 0x60
_LOW_DONE, _OUT_DONE = 0x03, 0x0C


class Wire(Protocol):
    """Where bytes come from and go to."""

    def read(self) -> bytes:
        """What came in since; empty where nothing did."""

    def write(self, data: bytes) -> None:
        """Answer."""

    def close(self) -> None:
        """End it."""


class PtyWire:
    """A serial port at a path."""

    def __init__(self, link: Path) -> None:
        self._port = PtyLink(link)

    def read(self) -> bytes:
        """See :class:`Wire`."""
        if not select.select([self._port.master], [], [], _STEP_S)[0]:
            return b""
        return os.read(self._port.master, _MOST)

    def write(self, data: bytes) -> None:
        """See :class:`Wire`."""
        self._port.write(data)

    def close(self) -> None:
        """See :class:`Wire`."""
        self._port.close()


class NetworkWire:
    """A port of this machine's, for one program at a time.

    Attributes:
        port: chosen by the system.
    """

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._connected: socket.socket | None = None

    def read(self) -> bytes:
        """See :class:`Wire`."""
        if self._connected is None:
            if select.select([self._listening], [], [], _STEP_S)[0]:
                self._connected = self._listening.accept()[0]
            return b""
        if not select.select([self._connected], [], [], _STEP_S)[0]:
            return b""
        data = self._connected.recv(_MOST)
        if not data:
            self._connected.close()
            self._connected = None
        return data

    def write(self, data: bytes) -> None:
        """See :class:`Wire`."""
        if self._connected is not None:
            self._connected.sendall(data)

    def close(self) -> None:
        """See :class:`Wire`."""
        self._listening.close()
        if self._connected is not None:
            self._connected.close()


class ReceiptPrinter:
    """A printer on a wire; runs from construction to :meth:`close`.

    Attributes:
        papers: every paper that was cut off, as the bytes between two cuts.
        on_paper: what has been printed since the last cut.
        drawer: how often the cash drawer was opened.
        mute: it takes what comes and answers nothing, like a printer on a one-way cable.
        dead: it takes nothing and answers nothing.
        lines_left: lines until the roll is at its end; None: it is full.
        knows_done: it answers GS r; some makers leave that out.
    """

    def __init__(
        self,
        wire: Wire,
        on_paper: Callable[[bytes], None] = lambda _paper: None,
    ) -> None:
        self.papers: list[bytes] = []
        self.on_paper = b""
        self.drawer = 0
        self.mute = self.dead = False
        self.knows_done = True
        self.lines_left: int | None = None
        self._wire = wire
        self._told = on_paper
        self._changed = threading.RLock()
        self._received = self._held = b""
        self._paper_low = self._paper_out = self._cover = self._off = self._knife = False
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def paper(self, *, low: bool = False, out: bool = False) -> None:
        """Change the roll: full, near its end, or at its end."""
        with self._changed:
            self._paper_low, self._paper_out, self.lines_left = low or out, out, None
            self._go_on()

    def cover(self, *, is_open: bool) -> None:
        """Open or close the lid."""
        with self._changed:
            self._cover = is_open
            self._go_on()

    def switch(self, *, online: bool) -> None:
        """Put it on-line or off-line."""
        with self._changed:
            self._off = not online
            self._go_on()

    def jam(self, *, stuck: bool) -> None:
        """Let the knife be stuck, or free it."""
        with self._changed:
            self._knife = stuck
            self._go_on()

    def close(self) -> None:
        """Pull the plug."""
        self._over = True
        self._thread.join()
        self._wire.close()

    @property
    def _stopped(self) -> bool:
        return self._paper_out or self._cover or self._off or self._knife

    def _run(self) -> None:
        while not self._over:
            if self.dead:
                threading.Event().wait(_STEP_S)
                continue
            try:
                data = self._wire.read()
            except OSError:
                return
            with self._changed:
                self._take(data)

    def _take(self, data: bytes) -> None:
        """Answer what must be answered at once; keep the rest in its order."""
        self._received += data
        while self._received:
            part = first_of(self._received)
            if part is None:
                return
            self._received = self._received[len(part) :]
            if part.startswith(b"\x10\x04"):
                self._answer(self._status(part[2]))
            elif part.startswith(b"\x10\x14\x08"):
                self._held = self.on_paper = b""
            else:
                self._held += part
                self._go_on()

    def _go_on(self) -> None:
        """Print what is held, as long as something can be printed."""
        while self._held and not self._stopped:
            part = first_of(self._held)
            assert part is not None, "only whole ones are held"
            self._held = self._held[len(part) :]
            self._print(part)

    def _print(self, part: bytes) -> None:
        if part.startswith(b"\x1dr"):
            if self.knows_done:
                out = _OUT_DONE if self._paper_out else 0
                self._answer((_LOW_DONE if self._paper_low else 0) | out)
            return
        if part.startswith(b"\x1bp"):
            self.drawer += 1
            return
        self.on_paper += part
        if part.startswith(b"\x1dV"):
            paper, self.on_paper = self.on_paper, b""
            self.papers.append(paper)
            self._told(paper)
        if self.lines_left is not None:
            self.lines_left -= _lines(part)
            self._paper_out = self._paper_low = self.lines_left <= 0

    def _status(self, n: int) -> int:
        answer = _ANSWER
        if n == 1 and self._stopped:
            answer |= _OFFLINE
        elif n == 2:  # noqa: PLR2004 - the questions have numbers
            answer |= (_COVER if self._cover else 0) | (_PAPER_STOPS if self._paper_out else 0)
        elif n == 3:  # noqa: PLR2004
            answer |= _KNIFE if self._knife else 0
        elif n == 4:  # noqa: PLR2004
            answer |= (_LOW if self._paper_low else 0) | (_OUT if self._paper_out else 0)
        return answer

    def _answer(self, byte: int) -> None:
        if not self.mute:
            self._wire.write(bytes((byte,)))


def _lines(part: bytes) -> int:
    """How far a part moves the paper, in lines."""
    if part == b"\n":
        return 1
    if part.startswith(b"\x1bd"):
        return part[2]
    if part.startswith(b"\x1dv"):
        return int.from_bytes(part[6:8], "little") // LINE_DOTS
    return 0
