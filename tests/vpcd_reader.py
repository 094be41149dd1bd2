"""A card in a PC/SC reader: the card's side of vsmartcard's driver ``vpcd``, over TCP.

Source: ``vpcd.c`` and ``ifd-vpcd.c`` of vsmartcard 3.3, in its server mode: the driver, started by
pcscd, listens on a port for each of its two slots; a card that is put in connects.  (In its client
mode, in which the driver connects, a card that leaves aborts pcscd.)

::

    offset  size  field
    0       2     n, length of the body, most significant byte first
    2       n     body, never empty: the driver would wait for more

From the driver a body of one byte is an order: ``00`` power off, ``01`` power on, ``02`` reset,
``04`` tell the answer to reset; only the last one is answered.  Any other body is a command
APDU, answered by data and status.  The driver asks for the answer to reset every 400 ms; a
connection that ends means that the card was taken out.

The driver sends length and body apart; unless the first is acknowledged at once
(``TCP_QUICKACK``, set again before each read), the second waits 40 ms.
"""

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from yika_common.simulated.reader_slot import (
    AFTER_EVERYTHING,
    CardGone,
    IntegratedCircuitCard,
    Slot,
)

HOST: Final = "127.0.0.1"
_POWER_OFF, _POWER_ON, _RESET, _ATR = b"\x00", b"\x01", b"\x02", b"\x04"
_MUTE: Final = b"\x00"
"""In place of an answer to reset; no card answers this."""

_LENGTH_SIZE: Final = 2
_STEP_S: Final = 0.02


def _unheard(event: str, facts: dict[str, str | int]) -> None:
    """Where nobody listens."""


class VpcdReader:
    """A hand at a slot of the driver ``vpcd``; runs between ``with`` and its end.

    The daemon may be started, stopped and started again meanwhile.

    Args:
        port: on which the driver listens, or will.
        on_event: told of every event, from the thread that caused it.
    """

    def __init__(
        self, port: int, *, on_event: Callable[[str, dict[str, str | int]], None] = _unheard
    ) -> None:
        self.port = port
        self._emit = on_event
        self._slot = Slot(on_event)
        self._lock = threading.RLock()
        self._awake, self._end = threading.Event(), threading.Event()
        self._awake.set()
        self._inserted: object = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._emit("ready", {"port": self.port})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end.set()
        self._awake.set()
        self._thread.join()

    def insert(self, card: IntegratedCircuitCard) -> None:
        """Put a card in; one that is there is taken out first."""
        with self._lock:
            self._slot.insert(card)
            self._inserted = object()
            self._emit("inserted", {})

    def remove(self) -> None:
        """Take the card out; harmless when there is none."""
        with self._lock:
            if self._slot.occupied:
                self._slot.remove()
                self._emit("removed", {})

    def pull_after(self, count: int) -> None:
        """Pull the card when ``count`` bytes of the next write have crossed the contact."""
        with self._lock:
            self._slot.tear_next_write(count)

    def pull_answer(self) -> None:
        """Pull the card when it has taken the next write, before its answer is out."""
        self.pull_after(AFTER_EVERYTHING)

    def hang(self) -> None:
        """Answer nothing from now on, until :meth:`wake`."""
        self._awake.clear()

    def wake(self) -> None:
        """Answer again."""
        self._awake.set()

    def _run(self) -> None:
        while not self._end.wait(_STEP_S):
            if not self._slot.occupied:
                continue
            card = self._inserted
            with (
                contextlib.suppress(OSError, CardGone),
                socket.create_connection((HOST, self.port)) as driver,
            ):
                driver.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._talk(driver, card)

    def _talk(self, driver: socket.socket, card: object) -> None:
        """Answer the driver until it ends or the card is taken out.

        Raises:
            CardGone: the card was pulled in the middle of a command.
        """
        while (length := self._read(driver, _LENGTH_SIZE, card)) is not None:
            body = self._read(driver, int.from_bytes(length, "big"), card)
            self._awake.wait()
            if body is None:
                return
            with self._lock:
                answer = self._answer(body)
            if answer is not None:
                driver.sendall(len(answer).to_bytes(_LENGTH_SIZE, "big") + answer)

    def _answer(self, body: bytes) -> bytes | None:
        if body == _ATR:
            return self._slot.answer_to_reset or _MUTE
        if body == _POWER_OFF:
            self._slot.power_off()
        elif body in (_POWER_ON, _RESET):
            self._slot.power_on()
        else:
            return self._slot.exchange(body)
        return None

    def _read(self, driver: socket.socket, size: int, card: object) -> bytes | None:
        """So many bytes; None where the driver or the card that spoke with it is gone."""
        data = b""
        while len(data) < size:
            while not select.select([driver], [], [], _STEP_S)[0]:
                if self._end.is_set() or not self._slot.occupied or self._inserted is not card:
                    return None
            driver.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = driver.recv(size - len(data))
            if not part:
                return None
            data += part
        return data
