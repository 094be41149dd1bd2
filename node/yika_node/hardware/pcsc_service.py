"""The machine's PC/SC service through pyscard: its calls, its readers, none of them for ever.

Source: PC/SC part 5 (the resource manager) as pcsc-lite 1.9 serves it.  pyscard is loaded by the
first call; a vending point without PC/SC does without it.  Every call is
:class:`~yika_node.hardware.abandonable.Abandonable`: a service that hangs, or waits for a reader
that does, costs whoever asked no more than the time limit.
"""

import contextlib
import ctypes
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import cache
from typing import Any, Final

from yika_common.values import dataclass
from yika_node.hardware.abandonable import Abandonable, Stuck
from yika_node.hardware.errors import PcscNotInstalled, PcscNotRunning, ReaderSilent
from yika_node.hardware.timing import Timing

_LIBRARY: Final = "libpcsclite.so.1"
SERVICE: Final = "PC/SC"
_UNSIGNED = 0xFFFF_FFFF
_SCOPE, _DIRECT, _EXCLUSIVE = 0, 3, 1
_NO_PROTOCOL: Final = 0
_LEAVE, _UNPOWER = 0, 2
_UNAWARE = 0
_PRESENT = 0x0020
_EVENTS_SHIFT = 16
_VERSION_ATTRIBUTE = 0x10102
_VERSION_SIZE = 4


class Code(IntEnum):
    """What the service answers, as far as it makes a difference here."""

    DONE = 0
    INVALID_HANDLE = 0x80100003
    UNKNOWN_READER = 0x80100009
    SHARING_VIOLATION = 0x8010000B
    NO_SMARTCARD = 0x8010000C
    PROTO_MISMATCH = 0x8010000F
    COMM_ERROR = 0x80100013
    NOT_TRANSACTED = 0x80100016
    READER_UNAVAILABLE = 0x80100017
    NO_SERVICE = 0x8010001D
    SERVICE_STOPPED = 0x8010001E
    NO_READERS = 0x8010002E
    UNRESPONSIVE_CARD = 0x80100066
    UNPOWERED_CARD = 0x80100067
    RESET_CARD = 0x80100068
    REMOVED_CARD = 0x80100069


_SERVICE_GONE = frozenset(
    {Code.INVALID_HANDLE, Code.COMM_ERROR, Code.NO_SERVICE, Code.SERVICE_STOPPED}
)


class Refused(Exception):
    """The service answered this code instead of doing it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{code:08X}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Handle:
    """A card that was powered up.

    Attributes:
        context: the conversation it belongs to.
        value: the service's own.
        protocol: 1 T=0, 2 T=1.
    """

    context: Any
    value: Any
    protocol: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One reader as the service sees it.

    Attributes:
        name: the service's.
        present: a card is in it, powered or not.
        events: how often a card came or went, modulo 65536.
    """

    name: str
    present: bool
    events: int


class PcscService:
    """One program's conversation with the service; not for several threads at a time.

    Every method raises:
        PcscNotInstalled: pyscard or the library under it is missing.
        PcscNotRunning: the service can't be reached, or has ended; the next call tries again.
        ReaderSilent: it did not answer in time.
    """

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._calls = Abandonable()
        self._context: Any = None

    def slots(self) -> list[Slot]:
        """All readers, in the service's order."""
        try:
            (names,) = self._in_context(_scard().SCardListReaders, [])
        except Refused as refused:
            if refused.code == Code.NO_READERS:
                return []
            raise
        if not names:
            return []
        wanted = [(name, _UNAWARE) for name in names]
        (states,) = self._in_context(_scard().SCardGetStatusChange, 0, wanted)
        return [
            Slot(name, bool(state & _PRESENT), state >> _EVENTS_SHIFT) for name, state, _ in states
        ]

    def connect(self, name: str, protocols: int) -> Handle:
        """Power the card up for this program alone.

        Raises:
            Refused: it is not to be had.
        """
        wait_s = self._timing.operation_s
        call = _scard().SCardConnect
        value, protocol = self._in_context(call, name, _EXCLUSIVE, protocols, wait_s=wait_s)
        return Handle(self._context, value, protocol)

    def atr(self, card: Handle) -> bytes:
        """The card's answer to reset.

        Raises:
            Refused: the card is gone.
        """
        *_, atr = self._to(card, _scard().SCardStatus)
        return _bytes(atr)

    def transmit(self, card: Handle, data: bytes) -> bytes:
        """Pass a command to the card; what came back.

        Raises:
            Refused: there was no answer; the card may have taken it.
        """
        call = _scard().SCardTransmit
        wait_s = self._timing.operation_s
        (answer,) = self._to(card, call, card.protocol, list(data), wait_s=wait_s)
        return _bytes(answer)

    def disconnect(self, card: Handle) -> None:
        """Take the card's power away and let others use the reader; harmless when repeated."""
        with contextlib.suppress(Refused, PcscNotRunning):
            self._to(card, _scard().SCardDisconnect, _UNPOWER)

    def version(self, name: str) -> str:
        """The reader's version as its driver tells it, or nothing."""
        scard = _scard()
        try:
            value, _ = self._in_context(scard.SCardConnect, name, _DIRECT, _NO_PROTOCOL)
            card = Handle(self._context, value, _NO_PROTOCOL)
            try:
                (version,) = self._to(card, scard.SCardGetAttrib, _VERSION_ATTRIBUTE)
            finally:
                self._to(card, scard.SCardDisconnect, _LEAVE)
        except Refused:
            return ""
        if len(version) != _VERSION_SIZE or not any(version):
            return ""
        build_low, build_high, minor, major = _bytes(version)
        return f"{major}.{minor}.{build_high << 8 | build_low}"

    def release(self) -> None:
        """End the conversation; the next call begins another."""
        context, self._context = self._context, None
        if context is not None:
            with contextlib.suppress(ReaderSilent):
                self._run(lambda: (_scard().SCardReleaseContext(context),), _nothing, 0)

    def _in_context(self, call: Callable[..., Any], *arguments: Any, wait_s: float = 0) -> Any:
        if self._context is None:
            scard = _scard()

            def release(result: tuple[Any, ...]) -> None:
                scard.SCardReleaseContext(result[-1])

            opened = self._run(lambda: tuple(scard.SCardEstablishContext(_SCOPE)), release, 0)
            (self._context,) = self._checked(opened)
        return self._call(call, self._context, *arguments, wait_s=wait_s)

    def _to(
        self, card: Handle, call: Callable[..., Any], *arguments: Any, wait_s: float = 0
    ) -> Any:
        """A call about a card; one of an earlier conversation is not known any more."""
        if card.context != self._context:
            raise PcscNotRunning
        return self._call(call, card.value, *arguments, wait_s=wait_s)

    def _call(self, call: Callable[..., Any], *arguments: Any, wait_s: float) -> Any:
        """The values beside the code; a call that is late ends the conversation it belongs to."""
        context, scard = self._context, _scard()

        def made() -> tuple[Any, ...]:
            found = call(*arguments)
            return tuple(found) if isinstance(found, list | tuple) else (found,)

        def late(_: tuple[Any, ...]) -> None:
            scard.SCardReleaseContext(context)

        return self._checked(self._run(made, late, wait_s))

    def _run(
        self,
        call: Callable[[], tuple[Any, ...]],
        late: Callable[[tuple[Any, ...]], object],
        wait_s: float,
    ) -> tuple[Any, ...]:
        try:
            return self._calls.run(call, wait_s or self._timing.power_s, late)
        except Stuck as stuck:
            self._context = None
            raise ReaderSilent(port=SERVICE) from stuck

    def _checked(self, result: tuple[Any, ...]) -> tuple[Any, ...]:
        code = result[0] & _UNSIGNED
        if code in _SERVICE_GONE:
            self._context = None
            raise PcscNotRunning
        if code != Code.DONE:
            raise Refused(code)
        return result[1:]


def _bytes(values: Sequence[int]) -> bytes:
    """Pyscard's numbers, which may be negative, as bytes."""
    return bytes(value & 0xFF for value in values)


def _nothing(_: tuple[Any, ...]) -> None:
    """Where nothing has to be taken back."""


@cache
def _scard() -> Any:
    """Pyscard, loaded by the first use; it has no types."""
    try:
        ctypes.CDLL(_LIBRARY)
        from smartcard import scard  # noqa: PLC0415 - see above
    except (ImportError, OSError) as cause:
        raise PcscNotInstalled from cause
    return scard
