"""What a contact card says of itself at reset, and how its line speed is agreed.

Source: ISO/IEC 7816-3:2006 sections 8 (answer to reset) and 9 (PPS); 7816-4 section 8.1 for the
historical bytes.

The user card's answer to reset, :data:`USER_CARD_ATR`::

    offset  bytes               meaning
    0       3B                  TS: direct convention
    1       97                  T0: TA1 and TD1 follow, 7 historical bytes
    2       96                  TA1: F = 512, D = 32, the fastest speed the card offers
    3       81                  TD1: T=1, TD2 follows
    4       31                  TD2: T=1, TA3 and TB3 follow
    5       FE                  TA3: blocks of up to 254 bytes to the card
    6       45                  TB3: BWI 4 (1.4 s at 4 MHz), CWI 5
    7       80                  historical bytes are compact TLV
    8       55 59 49 4B 41 01   issuer's data, 5 bytes: ``YIKA`` and card format 1
    14      C4                  TCK: xor of bytes 1 to 13
"""

from functools import reduce
from operator import xor

from yika_common.errors import N_, Phrase, YikaError
from yika_common.values import dataclass

USER_CARD_ATR = bytes.fromhex("3B 97 96 81 31 FE 45 80 55 59494B4101 C4")

ATR_MAX = 33
"""Bytes of the longest answer to reset, TS included."""

TA1_DEFAULT = 0x11
IFSC_DEFAULT = 32
_WAITING_DEFAULT = 0x4D
_CLOCK_HZ = 4_000_000
_PPSS = 0xFF
_PPS1_FOLLOWS = 0x10
_PPS_LENGTH = 4
_CONVENTIONS = (0x3B, 0x3F)
_SPECIFIC_FROM = 3


class AtrRefused(YikaError):
    """What the card sent at reset is not an answer to reset."""

    code = "atr_refused"
    sentence = N_(
        "The card's first answer makes no sense (%(why)s). The card was not changed. "
        "Wipe its contacts, put it in again, chip first, or use another card."
    )


def checksum(data: bytes) -> int:
    """Exclusive or of all bytes: TCK, PCK and every LRC."""
    return reduce(xor, data, 0)


@dataclass(frozen=True, slots=True)
class Atr:
    """An answer to reset, taken apart.

    Attributes:
        raw: all bytes, TS to TCK.
        protocols: the T values offered, the first one first; (0,) where TD1 is missing.
        speed: TA1, or 0x11; F and D of the fastest line the card offers.
        specific: True where TA2 is present: the card keeps that speed, there is no PPS.
        ifsc: bytes of information the card takes in a T=1 block, 1 to 254.
        extra_guard: TC1, extra time between bytes to the card.
        waiting: TB of T=1: in the high half BWI, which sets the time the card may take to answer
            a block, in the low half CWI, the same between two bytes.
        crc: True where T=1 blocks end in a CRC instead of an LRC.
        historical: the historical bytes.
    """

    raw: bytes
    protocols: tuple[int, ...]
    speed: int
    specific: bool
    ifsc: int
    extra_guard: int
    waiting: int
    crc: bool
    historical: bytes

    @property
    def answer_ms(self) -> int:
        """Milliseconds the card may take before a T=1 block, its BWT, with a clock of 4 MHz."""
        return (1 << (self.waiting >> 4)) * 960 * 372 * 1000 // _CLOCK_HZ + 1


class _Reader:
    """Takes one byte after the other and says what was missing."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int = 1) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) < count:
            raise AtrRefused(why=Phrase("it ends after %(size)s bytes", size=len(self.data)))
        self.at += count
        return part

    def groups(self, indicator: int) -> list[tuple[int, dict[str, int]]]:
        """The interface bytes: for each group the T it belongs to and its A, B, C and D."""
        groups: list[tuple[int, dict[str, int]]] = []
        protocol = 0
        while True:
            group = {}
            for bit, name in enumerate("ABCD"):
                if indicator & 0x10 << bit:
                    group[name] = self.take()[0]
            groups.append((protocol, group))
            if "D" not in group:
                return groups
            indicator, protocol = group["D"], group["D"] & 0x0F


def parse_atr(data: bytes) -> Atr:
    """Take an answer to reset apart.

    Raises:
        AtrRefused: wrong first byte, cut short, too long or a wrong check byte.
    """
    if len(data) > ATR_MAX:
        raise AtrRefused(why=Phrase("it is %(size)s bytes long", size=len(data)))
    reader = _Reader(data)
    if reader.take()[0] not in _CONVENTIONS:
        raise AtrRefused(why=Phrase("it begins with %(byte)s", byte=f"{data[0]:02X}"))
    t0 = reader.take()[0]
    groups = reader.groups(t0)
    historical = reader.take(t0 & 0x0F)
    protocols = tuple(dict.fromkeys(group["D"] & 0x0F for _, group in groups if "D" in group))
    if protocols not in {(), (0,)}:
        reader.take()
        if checksum(data[1 : reader.at]) != 0:
            raise AtrRefused(why=Phrase("its check byte is wrong"))
    if reader.at != len(data):
        raise AtrRefused(why=Phrase("bytes follow its end"))
    first = groups[0][1]
    t1 = next((g for t, g in groups[_SPECIFIC_FROM - 1 :] if t == 1), {})
    return Atr(
        raw=data,
        protocols=tuple(t for t in protocols if t != 15) or (0,),  # noqa: PLR2004 - T=15 is no protocol
        speed=first.get("A", TA1_DEFAULT),
        specific=len(groups) > 1 and "A" in groups[1][1],
        ifsc=_ifsc(t1.get("A", IFSC_DEFAULT)),
        extra_guard=first.get("C", 0),
        waiting=t1.get("B", _WAITING_DEFAULT),
        crc=bool(t1.get("C", 0) & 1),
        historical=historical,
    )


def _ifsc(value: int) -> int:
    if value in (0x00, 0xFF):
        raise AtrRefused(why=Phrase("it names the block size %(byte)s", byte=f"{value:02X}"))
    return value


def pps_request(protocol: int, speed: int) -> bytes:
    """The request for a protocol at TA1's speed: ``FF 1T PPS1 PCK``."""
    request = bytes([_PPSS, _PPS1_FOLLOWS | protocol, speed])
    return request + bytes([checksum(request)])


def pps_answer(request: bytes) -> bytes:
    """The answer of a card that grants the whole request; empty (silence) for a malformed one."""
    whole = len(request) == _PPS_LENGTH and request[0] == _PPSS and checksum(request) == 0
    return request if whole else b""


def t1_parameters(atr: Atr, speed: int) -> bytes:
    """What the reader must know of a T=1 card, CCID's 7 bytes for SetParameters.

    ======  ==========================================
    offset  field
    0       TA1 that was agreed
    1       10, plus 1 for CRC
    2       extra guard time
    3       BWI and CWI
    4       clock stop, 0: never
    5       IFSC
    6       NAD, 0
    ======  ==========================================
    """
    return bytes([speed, 0x10 | atr.crc, atr.extra_guard, atr.waiting, 0, atr.ifsc, 0])
