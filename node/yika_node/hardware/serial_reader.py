"""A reader on a serial port, whatever its protocol: found, opened, shared, thread-safe, bounded.

Where more than one protocol is possible, each is greeted in turn with a command that means nothing
to the others, until one answers; longer each time, since opening a port may make a reader start
anew.  The one that was found is kept while it answers; after a failure it is looked for anew, so
that another reader may be plugged into the same port.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from yika_common.readers.errors import ReaderError
from yika_common.readers.port import ReaderDescription
from yika_node.hardware.chip_session import ChipSession
from yika_node.hardware.connection import ApduConnection, ApduSession, ChipConnection
from yika_node.hardware.errors import ReaderGarbled, ReaderSilent
from yika_node.hardware.line import Line
from yika_node.hardware.timing import USUAL, Timing
from yika_node.hardware.turns import Turns

_POLL_S = 0.2


class SerialProtocol(Protocol):
    """One protocol's conversation with a reader on an open line.

    Attributes:
        name: as the configuration calls it.
        line: the port, at the protocol's speed.
    """

    name: str
    line: Line

    def greeted(self, wait_s: float) -> bool:
        """Whether a reader of this protocol is there; nothing is changed."""
        ...

    def begin(self) -> str:
        """Make the reader ready after the port was opened; its firmware's own text or nothing."""
        ...

    def card_present(self) -> bool:
        """Whether a card is in the slot."""
        ...

    def power_up(self) -> ApduSession | ChipSession:
        """Power the card up; raises as :meth:`CardReader.connect`."""
        ...


MakeProtocol = Callable[[str, Timing, Callable[[], float]], SerialProtocol]
"""Makes a protocol for a port."""


class SerialReader:
    """A :class:`yika_common.readers.port.CardReader`; opens its port at the first use.

    Args:
        port: path of the serial device.
        protocols: the ones that are possible, the likeliest first.
        timing: how long to wait.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        port: str,
        protocols: Sequence[MakeProtocol],
        *,
        timing: Timing = USUAL,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timing = timing
        self._monotonic = monotonic
        self._possible = [make(port, timing, monotonic) for make in protocols]
        self._found: SerialProtocol | None = None
        self._talking = threading.Lock()
        self._turns = Turns(timing.idle_s, monotonic)
        self._firmware = ""

    def describe(self) -> ReaderDescription:
        """Which reader it is, asked anew.

        Raises:
            ReaderError: the reader can't be asked.
        """
        with self._talking:
            reader = self._opened()
            reader.card_present()
            line = reader.line
            return ReaderDescription(
                line.port, reader.name, line.baud, self._firmware, line.transfer
            )

    def card_present(self) -> bool:
        """See :class:`yika_common.readers.port.CardReader`; True while a card is talked to."""
        if not self._talking.acquire(timeout=_POLL_S):
            return True
        try:
            return self._opened().card_present()
        finally:
            self._talking.release()

    def connect(self) -> ApduConnection | ChipConnection:
        """See :class:`yika_common.readers.port.CardReader`.

        Raises:
            ReaderBusy: another page keeps the card for too long.
            CardForeign: the card speaks no protocol of ours; it is untouched.
            AtrRefused: the card's answer to reset makes no sense.
        """
        turn = self._turns.take(self._timing.turn_s)
        try:
            with self._talking:
                session = self._opened().power_up()
        except BaseException:
            turn.give_up()
            raise
        if isinstance(session, ChipSession):
            return ChipConnection(session, turn, self._talking)
        return ApduConnection(session, turn, self._talking)

    def close(self) -> None:
        """See :class:`yika_common.readers.port.CardReader`; a connection that was open is over."""
        self._turns.end()
        with self._talking:
            for protocol in self._possible:
                protocol.line.close()

    def _opened(self) -> SerialProtocol:
        """The reader's protocol, on an open port."""
        found = self._found
        if found is not None and found.line.is_open:
            return found
        self._found = None
        if len(self._possible) > 1:
            found = self._searched(found)
        else:
            found = self._possible[0]
            found.line.open()
        self._firmware = found.begin()
        self._found = found
        return found

    def _searched(self, last: SerialProtocol | None) -> SerialProtocol:
        """The protocol that is answered, its port open; the one that was found last goes first.

        Raises:
            ReaderSilent, ReaderGarbled: none is answered.
            PortMissing, PortBusy, PortUnusable, ReaderUnplugged: the port can't be used.
        """
        noise = False
        for patience in self._timing.greetings_s:
            for protocol in sorted(self._possible, key=lambda one: one is not last):
                line = protocol.line
                line.open()
                try:
                    if protocol.greeted(patience):
                        return protocol
                except ReaderError:
                    line.close()
                    raise
                line.close()
                noise = noise or line.heard
        raise (ReaderGarbled if noise else ReaderSilent)(port=line.port)
