"""What the data of GBP blocks says: GemCore's commands, their answers, the speeds of the line.

Source: Gemplus' own driver, as for :mod:`yika_common.readers.gemplus`.

====================  =========================================================================
data of a command     meaning, and what the answer holds after its status
====================  =========================================================================
01 00 00              speak GBP alone, not the older TLP224 as well
0A cc                 set the line, see :data:`SPEED_CODES`; the reader is at the new speed at
                      once, and already answers there
0A                    the bytes of data that a block may have
11                    take the card's power away
12 vv                 power the card up, vv as in :class:`Volts` plus 10; the answer to reset
12 vv PTS0 PTS1 PCK   the same, vv plus F0, then ask the card for another speed; likewise
15 APDU               a command to the card, T=1 or T=0 as it powered up; the response
17                    status, six bytes of which :class:`SlotStatus` is the first
22 05 aa aa nn        nn bytes of the reader's memory; at 3FE0 its firmware's name, 16 bytes
====================  =========================================================================

A command APDU longer than :data:`APDU_PART` goes in two blocks, **its end first**: ``15 FF FF FF
FF nn`` and the nn bytes that follow byte 254, answered by a status alone; then ``15`` and the
first 254 bytes.  Where a response is longer the answer is status 1B and its first 254 bytes;
``15 FF FF FF FF nn`` fetches the nn bytes that follow.
"""

from enum import IntEnum
from typing import Self

from yika_common.readers.iso7816 import checksum
from yika_common.values import dataclass

START_BAUD = 9600
SPEED_CODES = {
    76_800: 0x01,
    38_400: 0x02,
    19_200: 0x03,
    9_600: 0x04,
    4_800: 0x05,
    2_400: 0x06,
    1_200: 0x07,
}
"""Baud to the code of command 0A (8 bits, no parity); code 0, and with it 57600 and 115200, is
reserved."""

APDU_PART = 254
"""Bytes of an APDU that one block carries."""

APDU_MAX = 261
"""Bytes of the longest command APDU: the header, Lc, 255 bytes of data, Le."""

RESPONSE_MAX = 258
"""Bytes of the longest response: 256 bytes of data, SW1 and SW2."""

FIRMWARE_AT, FIRMWARE_SIZE = 0x3FE0, 16
MORE = b"\xff" * 4
"""Stands where an APDU's header would, for the bytes that one block could not carry."""

_MEMORY_OF_PROGRAM = 0x05
_PPSS = 0xFF
_PPS1_FOLLOWS = 0x10


class Command(IntEnum):
    """The first byte of a command."""

    MODE = 0x01
    LINE = 0x0A
    POWER_OFF = 0x11
    POWER_ON = 0x12
    APDU = 0x15
    STATUS = 0x17
    READ_MEMORY = 0x22


class Status(IntEnum):
    """The first byte of an answer, as far as we know it or say it."""

    OK = 0x00
    UNKNOWN_COMMAND = 0x01
    WRONG_PARAMETER = 0x03
    WRONG_LENGTH = 0x12
    NOT_POWERED = 0x15
    MORE_DATA = 0x1B
    PROTOCOL = 0xA1
    MUTE = 0xA2
    PARITY = 0xA3
    SPEED_REFUSED = 0xA7
    SHORTER = 0xE5
    """The response is shorter than Le."""
    NOT_9000 = 0xE7
    PULLED_OUT = 0xF7
    ABSENT = 0xFB


WITH_RESPONSE = frozenset({Status.OK, Status.SHORTER, Status.NOT_9000})
"""The answer to 15 holds the card's whole response."""


class Volts(IntEnum):
    """What a card is powered with."""

    FIVE = 0x01
    THREE = 0x02
    BY_CLASS = 0x03
    """Whichever the card was made for."""


class Pts(IntEnum):
    """Who speaks with the card about its speed, beside :class:`Volts`."""

    NOBODY = 0x10
    READER = 0x20
    AS_TOLD = 0xF0


@dataclass(frozen=True, slots=True)
class SlotStatus:
    """The first byte after the status of command 17: bit 1 powered, bit 2 card in, bit 3 T=1."""

    present: bool
    powered: bool
    t1: bool

    @property
    def data(self) -> bytes:
        """All six bytes: flags, kind of card (02: a CPU card), and four that are not ours."""
        flags = self.present << 2 | self.powered << 1 | self.t1 << 3
        return bytes([flags, 0x02, 0x00, 0x00, 0x00, 0x00])

    @classmethod
    def from_data(cls, data: bytes) -> Self | None:
        """None where there is none."""
        if not data:
            return None
        return cls(bool(data[0] & 0x04), bool(data[0] & 0x02), bool(data[0] & 0x08))


def speed_of(code: int) -> int | None:
    """The baud that a code of command 0A names; None for a code that is reserved."""
    return next((baud for baud, known in SPEED_CODES.items() if known == code), None)


def set_line(baud: int) -> bytes:
    """Command 0A; ``baud`` is one of :data:`SPEED_CODES`."""
    return bytes([Command.LINE, SPEED_CODES[baud]])


def read_firmware() -> bytes:
    """Command 22 for the firmware's name."""
    at = FIRMWARE_AT.to_bytes(2, "big")
    return bytes([Command.READ_MEMORY, _MEMORY_OF_PROGRAM]) + at + bytes([FIRMWARE_SIZE])


def power_up(volts: Volts = Volts.BY_CLASS) -> bytes:
    """Command 12; the card keeps the speed it begins with."""
    return bytes([Command.POWER_ON, volts | Pts.NOBODY])


def power_up_at(speed: int, protocol: int, volts: Volts = Volts.BY_CLASS) -> bytes:
    """Command 12 with a request for a protocol at the speed of TA1."""
    request = bytes([_PPS1_FOLLOWS | protocol, speed])
    check = _PPSS ^ checksum(request)
    return bytes([Command.POWER_ON, volts | Pts.AS_TOLD]) + request + bytes([check])


def apdu_commands(apdu: bytes) -> list[bytes]:
    """The commands that carry an APDU, in the order in which they are sent.

    Raises:
        ValueError: it is longer than :data:`APDU_MAX`, or shorter than a header.
    """
    if not len(MORE) <= len(apdu) <= APDU_MAX:
        raise ValueError(f"an APDU of {len(apdu)} bytes")
    first, rest = apdu[:APDU_PART], apdu[APDU_PART:]
    before = [bytes([Command.APDU]) + MORE + bytes([len(rest)]) + rest] if rest else []
    return [*before, bytes([Command.APDU]) + first]


def fetch_rest() -> bytes:
    """Command 15 for what one block could not hold of a response."""
    return bytes([Command.APDU]) + MORE + bytes([RESPONSE_MAX - APDU_PART])
