"""A card that was powered up, lent to one page: every use renews its turn at the reader."""

import contextlib
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from yika_common.cards.errors import CardRemoved
from yika_common.readers.errors import ReaderError
from yika_common.readers.port import MemoryChip, MemoryKind
from yika_node.hardware.turns import Turn


class Session(Protocol):
    """A powered card, whichever driver speaks with it."""

    def power_down(self) -> None:
        """Take the card's power away."""
        ...


class ApduSession(Session, Protocol):
    """A powered CPU card, whatever reader it is in.

    Attributes:
        atr: the card's answer to reset.
    """

    atr: bytes

    def transmit(self, apdu: bytes) -> bytes:
        """See :class:`yika_common.readers.port.CardConnection`."""
        ...


class ChipSession(MemoryChip, Session, Protocol):
    """A powered memory chip, whatever reader it is in."""


class _Lent:
    """What every connection has: its turn, and the way it ends."""

    def __init__(self, session: Session, turn: Turn, talking: threading.Lock) -> None:
        self._powered = session
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

    def disconnect(self) -> None:
        """See :class:`yika_common.readers.port.CardConnection`."""
        with self._talking, contextlib.suppress(ReaderError):
            if self._turn.renew():
                self._powered.power_down()
        self._turn.give_up()

    @contextlib.contextmanager
    def _at_the_reader(self) -> Iterator[None]:
        """The reader for one use.

        Raises:
            CardRemoved: another page has taken the turn over.
        """
        with self._talking:
            if not self._turn.renew():
                raise CardRemoved
            yield


class ApduConnection(_Lent):
    """A :class:`yika_common.readers.port.CardConnection`.

    Attributes:
        atr: the card's answer to reset.
    """

    def __init__(self, session: ApduSession, turn: Turn, talking: threading.Lock) -> None:
        super().__init__(session, turn, talking)
        self.atr = session.atr
        self._session = session

    def transmit(self, apdu: bytes) -> bytes:
        """See :class:`yika_common.readers.port.CardConnection`."""
        with self._at_the_reader():
            return self._session.transmit(apdu)


class ChipConnection(_Lent):
    """A :class:`yika_common.readers.port.MemoryConnection`.

    Attributes:
        kind: of the chip.
    """

    def __init__(self, session: ChipSession, turn: Turn, talking: threading.Lock) -> None:
        super().__init__(session, turn, talking)
        self.kind: MemoryKind = session.kind
        self._session = session

    def read(self, offset: int, size: int) -> bytes:
        """See :class:`yika_common.readers.port.MemoryChip`, as for all that follow."""
        with self._at_the_reader():
            return self._session.read(offset, size)

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes of main memory."""
        with self._at_the_reader():
            self._session.write(offset, data)

    def tries(self) -> int:
        """Wrong codes that are left."""
        with self._at_the_reader():
            return self._session.tries()

    def present(self, code: bytes) -> bool:
        """Present the code."""
        with self._at_the_reader():
            return self._session.present(code)

    def change_code(self, offset: int, data: bytes) -> None:
        """Replace bytes of the code."""
        with self._at_the_reader():
            self._session.change_code(offset, data)

    def code(self) -> bytes:
        """The code, or zeros."""
        with self._at_the_reader():
            return self._session.code()

    def freeze(self, offset: int, data: bytes) -> None:
        """Freeze these bytes for ever."""
        with self._at_the_reader():
            self._session.freeze(offset, data)
