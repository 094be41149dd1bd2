"""A simulated serial card reader on a pseudo terminal, for programs and for tests.

The firmware (:class:`yika_common.simulated.firmware.Firmware`) runs in a thread of its own; the
methods of :class:`SimulatedReader` are the hand that puts cards in and pulls them.  What happens
is told as events, each a name and facts::

    ready      link: the port can be opened
    inserted   a card was put in
    removed    the card was taken out
    powered    the card answered to reset
    unpowered  the card's power was taken away
    torn       after: bytes of the write that crossed the contact; taken: true where the card
               has the whole command and only the answer was lost
    failed     why: the simulated card's own storage failed; the card falls silent
    unplugged  the port is gone
    plugged    link: the port is back
"""

import os
import select
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from yika_common.simulated.firmware import Disturbance, Firmware
from yika_common.simulated.memory_chip import SimulatedChip
from yika_common.simulated.pace import Pace
from yika_common.simulated.reader_gempc_twin import GemPcTwin
from yika_common.simulated.reader_slot import AFTER_EVERYTHING, IntegratedCircuitCard, Slot
from yika_common.simulated.serial_wire import SerialWire

_CHUNK = 4096


def _unheard(event: str, facts: dict[str, str | int]) -> None:
    """Where nobody listens."""


class Direction(StrEnum):
    """Which way bytes went."""

    TO_READER = ">"
    FROM_READER = "<"


def _unwatched(direction: Direction, data: bytes) -> None:
    """Where nobody watches the line."""


class Wire(Protocol):
    """The port between a program and a reader's firmware.

    Attributes:
        master: file descriptor that gives the program's bytes, not blocking.
    """

    master: int

    def to_reader(self, data: bytes) -> bytes:
        """What the reader hears of the program's bytes."""
        ...

    def to_program(self, data: bytes) -> None:
        """Send the reader's bytes."""
        ...

    def close(self) -> None:
        """End the port."""
        ...


class SimulatedReader:
    """A reader whose serial port appears at ``link``; runs between ``with`` and its end.

    Args:
        link: where the port shall appear; one that is there is replaced.
        on_event: told of every event, from the thread that caused it.
        firmware: which reader it is, a GemPC Twin unless said otherwise.
        on_line: told of every run of bytes on the line.
        time_requests: how often cards ask for more time before each answer.
        wire: makes the port, a serial one unless said otherwise.
        pace: the time that line, contact and chip take; they take none if it is None.

    Raises:
        LinkUnusable: the port can't appear at ``link``.
    """

    def __init__(
        self,
        link: Path,
        *,
        on_event: Callable[[str, dict[str, str | int]], None] = _unheard,
        firmware: Callable[[Slot], Firmware] = GemPcTwin,
        on_line: Callable[[Direction, bytes], None] = _unwatched,
        time_requests: int = 0,
        wire: Callable[[Path, Firmware], Wire] = SerialWire,
        pace: Pace | None = None,
    ) -> None:
        self.link = link
        self._make_wire = wire
        self._emit = on_event
        self._pace = pace
        self._slot = Slot(on_event, time_requests=time_requests, pace=pace)
        self._firmware = firmware(self._slot)
        self._watch = on_line
        self._lock = threading.RLock()
        self._port: Wire | None = None
        self._thread: threading.Thread | None = None
        self._wake_read, self._wake_write = -1, -1

    def __enter__(self) -> Self:
        self._start()
        self._emit("ready", {"link": str(self.link)})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def insert(self, card: IntegratedCircuitCard | SimulatedChip) -> None:
        """Put a card in; one that is there is taken out first."""
        with self._lock:
            self.remove()
            self._slot.insert(card)
            self._emit("inserted", {})
            self._report(present=True)

    def remove(self) -> None:
        """Take the card out; harmless when there is none."""
        with self._lock:
            if self._slot.occupied:
                self._slot.remove()
                self._emit("removed", {})
                self._report(present=False)

    def pull_after(self, count: int) -> None:
        """Pull the card when ``count`` bytes of the next write have crossed the contact."""
        with self._lock:
            self._slot.tear_next_write(count)

    def pull_answer(self) -> None:
        """Pull the card when it has taken the next write, before its answer is out."""
        self.pull_after(AFTER_EVERYTHING)

    def disturb(self, kind: Disturbance, count: int = 1) -> None:
        """Spoil the traffic of the next ``count`` commands on the line."""
        with self._lock:
            self._firmware.disturbances.add(kind, count)

    def calm(self) -> None:
        """Spoil nothing from now on."""
        with self._lock:
            self._firmware.disturbances.clear()

    def unplug(self) -> None:
        """Pull the reader's plug: its port is gone and the card loses power."""
        self._stop()
        self._emit("unplugged", {})

    def plug(self) -> None:
        """Plug the reader in again: a new port appears at the same path."""
        self._start()
        self._emit("plugged", {"link": str(self.link)})

    def _report(self, *, present: bool) -> None:
        report = self._firmware.moved(present=present)
        if self._port is not None and report:
            self._send(self._port, report)

    def _start(self) -> None:
        if self._port is not None:
            return
        self._port = self._make_wire(self.link, self._firmware)
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, args=(self._port,), daemon=True)
        self._thread.start()

    def _stop(self) -> None:
        if self._port is None or self._thread is None:
            return
        os.write(self._wake_write, b"x")
        self._thread.join()
        with self._lock:
            self._port.close()
            self._firmware.restart()
            self._port = self._thread = None
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _run(self, port: Wire) -> None:
        while True:
            ready, _, _ = select.select([port.master, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            data = os.read(port.master, _CHUNK)
            with self._lock:
                self._watch(Direction.TO_READER, data)
                if self._pace is not None:
                    self._pace.line(len(data))
                self._send(port, self._firmware.received(port.to_reader(data)))

    def _send(self, port: Wire, data: bytes) -> None:
        self._watch(Direction.FROM_READER, data)
        if self._pace is not None:
            self._pace.line(len(data))
        port.to_program(data)
