"""The serial protocol of Athena's ASEDrive IIIe.

Source: Athena's own driver for Linux (``asedriveiiie-serial`` 3.7, as Debian's
``libasedrive-serial`` builds it), checked by running that driver against our simulated reader.

The line is 115200 baud, 8 data bits, no parity, 2 stop bits.  The program commands, the reader
answers::

    command    50 | CMD | n | n data | XOR               D0 | CMD | n, 2 bytes | n data | XOR
    answer     10 | n | n data | XOR                     90 | n, 2 bytes | n data | XOR
               70 | n | n-1 data, status | XOR           F0 | n, 2 bytes | n-1 data, status | XOR
    status     2s, s as in :class:`StatusCode`: one byte, for commands that give no data or failed
    movement   01 card taken out, 02 card put in: one byte, between answers
               (05 06, 09 0A, 0D 0E: the same for sockets that this reader does not have)

XOR is over everything before it; lengths are big-endian.  Nothing says to which command an answer
belongs: a program waits for one before it sends the next.
"""

from enum import IntEnum

from yika_common.readers.iso7816 import checksum
from yika_common.values import dataclass

BAUD = 115_200
DATA_MAX = 512
"""Bytes of data that either side takes; a T=1 block has 258 at most."""

_SHORT, _LONG = 0x50, 0xD0
_SHORT_MAX = 0xFF
_ANSWER, _LONG_ANSWER, _ANSWER_STATUS, _LONG_ANSWER_STATUS = 0x10, 0x90, 0x70, 0xF0
_LONG_KINDS = frozenset({_LONG, _LONG_ANSWER, _LONG_ANSWER_STATUS})
_STATUS_KINDS = frozenset({_ANSWER_STATUS, _LONG_ANSWER_STATUS})
_ANSWERS = frozenset({_ANSWER, _LONG_ANSWER}) | _STATUS_KINDS
_COMMANDS = frozenset({_SHORT, _LONG})
_STATUS, _KIND_MASK = 0x20, 0xF0
_TAKEN_OUT, _PUT_IN = 0x01, 0x02
_OTHER_SOCKETS = frozenset({0x05, 0x06, 0x09, 0x0A, 0x0D, 0x0E})


class Command(IntEnum):
    """What the program asks of the reader; the comment says what comes back."""

    START = 0x10  # data: ReaderFacts
    STOP = 0x11  # status
    PARAMETERS = 0x15  # status; data is CardParameters
    STATUS = 0x16  # data: bit 0 of the first byte says that a card is in
    LIGHT = 0x17  # status
    POWER_ON = 0x20  # data: the answer to reset; data is a Family and volts
    POWER_OFF = 0x21  # status
    RESET = 0x22  # data: the answer to a reset without taking the power away
    MEMORY = 0x25  # data or status; data is ChipOrder
    BLOCK = 0x42  # data: the card's T=1 block
    SPEED = 0x43  # data: the card's answer to a PPS request
    REPEAT = 0x44  # the answer to the command before, once more


class StatusCode(IntEnum):
    """The low half of a status byte."""

    OK = 0x0
    NO_COMMAND = 0x1
    CUT_SHORT = 0x3
    WRONG_LENGTH = 0x4
    UNKNOWN_COMMAND = 0x5
    TIME_OUT = 0x6
    WRONG_CHECK = 0x7
    WRONG_PARAMETER = 0x8
    FAILED = 0x9
    NO_CARD = 0xA
    NOT_POWERED = 0xB
    CARD_GARBLED = 0xC
    MORE_TIME = 0xD


UNREAD = frozenset(
    {
        StatusCode.NO_COMMAND,
        StatusCode.CUT_SHORT,
        StatusCode.WRONG_LENGTH,
        StatusCode.WRONG_CHECK,
    }
)
"""The reader did not understand the command and did nothing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The reader's answer to a command.

    Attributes:
        status: OK with data, and for commands that give none.
        data: what came back.
    """

    status: StatusCode = StatusCode.OK
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """A card was put in (``present``) or taken out."""

    present: bool


@dataclass(frozen=True, slots=True)
class Order:
    """A command as the reader got it."""

    command: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Damage:
    """A frame whose check byte, length or first byte is wrong; ``status`` says which."""

    status: StatusCode


def command_frame(command: int, data: bytes = b"") -> bytes:
    """The bytes of a command on the line."""
    return _frame(_SHORT, _LONG, bytes([command]), data)


def answer_frame(data: bytes) -> bytes:
    """The bytes of an answer with data."""
    return _frame(_ANSWER, _LONG_ANSWER, b"", data)


def status_frame(status: StatusCode) -> bytes:
    """The one byte of an answer without."""
    return bytes([_STATUS | status])


def movement_frame(*, present: bool) -> bytes:
    """The one byte that says a card came or went."""
    return bytes([_PUT_IN if present else _TAKEN_OUT])


def _frame(short: int, long: int, head: bytes, data: bytes) -> bytes:
    size = len(data)
    if size <= _SHORT_MAX:
        body = bytes([short]) + head + bytes([size]) + data
    else:
        body = bytes([long]) + head + size.to_bytes(2, "big") + data
    return body + bytes([checksum(body)])


class AnswerDecoder:
    """Takes the reader's bytes as they come in and gives back what stands on the line.

    Bytes that begin nothing are skipped and counted in ``noise``.
    """

    def __init__(self) -> None:
        self.noise = 0
        self._buffer = bytearray()

    @property
    def in_frame(self) -> bool:
        """Whether the beginning of an answer still waits for its rest."""
        return bool(self._buffer)

    def reset(self) -> None:
        """Forget a half-received answer and the noise."""
        self._buffer.clear()
        self.noise = 0

    def feed(self, data: bytes) -> list[Reply | Movement | Damage]:
        """What became complete with these bytes, in order."""
        self._buffer += data
        events: list[Reply | Movement | Damage] = []
        while self._buffer:
            length, event = self._next(self._buffer[0])
            if length == 0:
                break
            if event is not None:
                events.append(event)
            del self._buffer[:length]
        return events

    def _next(self, first: int) -> tuple[int, Reply | Movement | Damage | None]:
        """Length and meaning of what the buffer begins with; length 0 means wait for more."""
        if first in _ANSWERS:
            length, data = _framed(self._buffer, head=1)
            if not isinstance(data, bytes):
                return length, data
            if first in _STATUS_KINDS:
                return length, _with_status(data)
            return length, Reply(data=data)
        if first & _KIND_MASK == _STATUS and first & ~_KIND_MASK in tuple(StatusCode):
            return 1, Reply(StatusCode(first & ~_KIND_MASK))
        if first in (_TAKEN_OUT, _PUT_IN):
            return 1, Movement(present=first == _PUT_IN)
        self.noise += first not in _OTHER_SOCKETS
        return 1, None


class CommandDecoder:
    """Takes the program's bytes, the reader's side; what begins no command spoils what follows."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def reset(self) -> None:
        """Forget half a command."""
        self._buffer.clear()

    def feed(self, data: bytes) -> list[Order | Damage]:
        """What became complete with these bytes, in order."""
        self._buffer += data
        events: list[Order | Damage] = []
        while self._buffer:
            if self._buffer[0] not in _COMMANDS:
                self._buffer.clear()
                events.append(Damage(StatusCode.NO_COMMAND))
                break
            length, found = _framed(self._buffer, head=2)
            if length == 0:
                break
            command = self._buffer[1]
            events.append(Order(command, found) if isinstance(found, bytes) else _certain(found))
            del self._buffer[:length]
        return events


def _framed(buffer: bytearray, head: int) -> tuple[int, bytes | Damage | None]:
    """Length and data of the frame that the buffer begins with; length 0: it is not whole yet."""
    size_at = head + (2 if buffer[0] in _LONG_KINDS else 1)
    if len(buffer) < size_at:
        return 0, None
    size = int.from_bytes(buffer[head:size_at], "big")
    if size > DATA_MAX:
        return 1, Damage(StatusCode.WRONG_LENGTH)
    whole = size_at + size + 1
    if len(buffer) < whole:
        return 0, None
    if checksum(bytes(buffer[:whole])) != 0:
        return whole, Damage(StatusCode.WRONG_CHECK)
    return whole, bytes(buffer[size_at : whole - 1])


def _certain(damage: Damage | None) -> Damage:
    assert damage is not None, "a frame of some length is data or damage"
    return damage


def _with_status(data: bytes) -> Reply | Damage:
    """An answer whose last byte of data is a status."""
    if not data or data[-1] & _KIND_MASK != _STATUS:
        return Damage(StatusCode.WRONG_LENGTH)
    if data[-1] & ~_KIND_MASK not in tuple(StatusCode):
        return Damage(StatusCode.WRONG_LENGTH)
    status = StatusCode(data[-1] & ~_KIND_MASK)
    return Reply(status, data[:-1] if status is StatusCode.OK else None)
