"""CCID over a serial line, as the GemPC Twin speaks it.

Source: USB CCID 1.10 section 6 for the messages; for the frames around them Ludovic Rousseau's
libccid 1.5.2 (``ccid_serial.c``), checked by running that driver against our simulated reader.

The line is 115200 baud, 8 data bits, no parity, 2 stop bits.  On it stand, in any order::

    frame         03 SYNC | 06 ACK | message | LRC, the xor of everything before it
    refusal       03 15 16   the reader did not understand the last frame: send it again
    movement      50 02 card taken out, 50 03 card put in; between frames, never inside one

The reader sends each command frame back (an echo) before it answers.  A message::

    offset  size  field (integers are little-endian and unsigned)
    0       1     type: 6x from the program, 8x from the reader
    1       4     n, length of the data, at most 261
    5       1     slot, 0
    6       1     sequence number; the answer repeats its command's
    7       3     commands: parameters of the type
                  answers: status, error, and one byte that depends on the type
    10      n     data

Status of an answer::

    bits 0-1      0 card powered, 1 card there without power, 2 no card
    bit 6         the command failed; the error byte says why
    bit 7         not an answer yet: the card needs more time
"""

import struct
from enum import IntEnum

from yika_common.readers.iso7816 import checksum
from yika_common.values import dataclass

BAUD = 115_200

ECHO_FROM, ANSWER_FROM = 0x60, 0x80
DATA_MAX = 261

SYNC, ACK = 0x03, 0x06
NAK_FRAME = bytes([SYNC, 0x15, 0x16])
_START = bytes([SYNC, ACK])
_MOVEMENT = 0x50
_TAKEN_OUT, _PUT_IN = 0x02, 0x03

_HEADER = struct.Struct("<BIBB3s")
HEADER_SIZE = 10
assert _HEADER.size == HEADER_SIZE, "the table above"
FRAME_OVERHEAD = len(_START) + HEADER_SIZE + 1

FAILED = 0x40
MORE_TIME = 0x80
_ICC_MASK = 0x03


class Kind(IntEnum):
    """Types of message, commands below 80 and answers above."""

    SET_PARAMETERS = 0x61
    POWER_ON = 0x62
    POWER_OFF = 0x63
    SLOT_STATUS = 0x65
    ESCAPE = 0x6B
    GET_PARAMETERS = 0x6C
    TRANSFER = 0x6F
    DATA_ANSWER = 0x80
    STATUS_ANSWER = 0x81
    PARAMETERS_ANSWER = 0x82
    ESCAPE_ANSWER = 0x83


ANSWERS: dict[int, Kind] = {
    Kind.SET_PARAMETERS: Kind.PARAMETERS_ANSWER,
    Kind.GET_PARAMETERS: Kind.PARAMETERS_ANSWER,
    Kind.POWER_ON: Kind.DATA_ANSWER,
    Kind.TRANSFER: Kind.DATA_ANSWER,
    Kind.POWER_OFF: Kind.STATUS_ANSWER,
    Kind.SLOT_STATUS: Kind.STATUS_ANSWER,
    Kind.ESCAPE: Kind.ESCAPE_ANSWER,
}
"""The type of answer each command gets; any other gets a failed status."""


class Icc(IntEnum):
    """What the reader knows of the card in its slot."""

    POWERED = 0
    UNPOWERED = 1
    ABSENT = 2


class ErrorByte(IntEnum):
    """Error bytes of failed commands that mean something to us."""

    NOT_SUPPORTED = 0x00
    PARITY = 0xFD
    MUTE = 0xFE


@dataclass(frozen=True, slots=True)
class Message:
    """One CCID message, command or answer.

    Attributes:
        kind: a :class:`Kind`, or an unknown type.
        sequence: 0 to 255.
        specific: the three bytes whose meaning depends on the type.
        data: at most 261 bytes.
        slot: 0 in readers with one slot.
    """

    kind: int
    sequence: int
    specific: bytes = bytes(3)
    data: bytes = b""
    slot: int = 0

    def __post_init__(self) -> None:
        if len(self.specific) != 3 or len(self.data) > DATA_MAX:  # noqa: PLR2004 - see the table
            raise ValueError(f"a message has 3 bytes and at most {DATA_MAX} of data")

    @property
    def is_answer(self) -> bool:
        """True for what a reader sends on its own behalf, False for a command or its echo."""
        return self.kind >= ANSWER_FROM

    @property
    def icc(self) -> Icc:
        """State of the card, of an answer; the unused fourth value counts as no card."""
        return Icc(min(self.specific[0] & _ICC_MASK, Icc.ABSENT))

    @property
    def failed(self) -> bool:
        """Whether an answer says that its command failed."""
        return bool(self.specific[0] & FAILED)

    @property
    def wants_time(self) -> bool:
        """Whether this is only a sign of life; the answer follows."""
        return bool(self.specific[0] & MORE_TIME)

    @property
    def error(self) -> int:
        """Error byte of a failed answer."""
        return self.specific[1]

    def to_frame(self) -> bytes:
        """The bytes on the line, SYNC to LRC."""
        header = _HEADER.pack(self.kind, len(self.data), self.slot, self.sequence, self.specific)
        body = _START + header + self.data
        return body + bytes([checksum(body)])


def answer(command: Message, icc: Icc, data: bytes = b"", error: int | None = None) -> Message:
    """The reader's answer to a command; failed where ``error`` is given."""
    kind = ANSWERS.get(command.kind, Kind.STATUS_ANSWER)
    status = icc if error is None else icc | FAILED
    specific = bytes([status, error or 0, 0])
    return Message(kind, command.sequence, specific, data, command.slot)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The other side did not understand the last frame and did nothing."""


@dataclass(frozen=True, slots=True)
class Movement:
    """A card was put in (``present``) or taken out."""

    present: bool


@dataclass(frozen=True, slots=True)
class Damage:
    """A frame whose check byte or length is wrong; nothing in it may be believed."""


Event = Message | Refusal | Movement | Damage


class Decoder:
    """Takes bytes as they come in and gives back what stands on the line.

    Bytes that begin nothing are skipped and counted in ``noise``: line noise, and the time
    requests 80 to FF that a reader sends while a T=0 card works.
    """

    def __init__(self) -> None:
        self.noise = 0
        self._buffer = bytearray()

    @property
    def in_frame(self) -> bool:
        """Whether the beginning of something still waits for its rest."""
        return bool(self._buffer)

    def reset(self) -> None:
        """Forget a half-received frame and the noise."""
        self._buffer.clear()
        self.noise = 0

    def feed(self, data: bytes) -> list[Event]:
        """What became complete with these bytes, in order."""
        self._buffer += data
        events: list[Event] = []
        while self._buffer:
            length, event = self._next()
            if length == 0:
                break
            if event is None:
                self.noise += length
            else:
                events.append(event)
            del self._buffer[:length]
        return events

    def _next(self) -> tuple[int, Event | None]:
        """Length and meaning of what the buffer begins with; length 0 means wait for more."""
        first, second = self._buffer[0], self._buffer[1:2]
        if first == _MOVEMENT:
            if not second:
                return 0, None
            if second[0] in (_TAKEN_OUT, _PUT_IN):
                return 2, Movement(present=second[0] == _PUT_IN)
        elif first == SYNC:
            if NAK_FRAME.startswith(self._buffer[: len(NAK_FRAME)]):
                whole = len(self._buffer) >= len(NAK_FRAME)
                return (len(NAK_FRAME), Refusal()) if whole else (0, None)
            if second == bytes([ACK]):
                return self._next_frame()
        return 1, None

    def _next_frame(self) -> tuple[int, Event | None]:
        if len(self._buffer) < len(_START) + HEADER_SIZE:
            return 0, None
        kind, size, slot, sequence, specific = _HEADER.unpack_from(self._buffer, len(_START))
        if size > DATA_MAX:
            return len(_START), Damage()
        whole = FRAME_OVERHEAD + size
        if len(self._buffer) < whole:
            return 0, None
        if checksum(bytes(self._buffer[:whole])) != 0:
            return whole, Damage()
        data = bytes(self._buffer[len(_START) + HEADER_SIZE : whole - 1])
        return whole, Message(kind, sequence, specific, data, slot)


def movement_bytes(*, present: bool) -> bytes:
    """The two unframed bytes that say a card came or went."""
    return bytes([_MOVEMENT, _PUT_IN if present else _TAKEN_OUT])
