"""The meter's write-back: what a meter tells whoever reads the card next.

Two MACs.  The first covers everything and is checked by meter, node and headquarters: display,
recovery, refunds under a limit.  The second covers the reading alone and can be made by the meter
and headquarters only: evidence.  A node journals the reading's fields and the second MAC, and
headquarters checks it from those.

======  ====  =====================================================================
offset  size  field (big-endian; quantities in 1/1000 unit)
======  ====  =====================================================================
0       1     format, 1
1       1     suite, by the key version: 1 AES-128, 2 SM4; CMAC cut to its first 8 bytes
2       1     key version
3       1     slot on the card, 0 to 7
4       12    meter id, padded name
16      2     generation g last taken
18      4     count n last taken
22      6     total T taken
28      6     balance, signed
34      6     lifetime use
40      2     status: bit 0 closed (delivers nothing), bit 1 balance at the alarm level,
              bit 2 transferred (for good), bit 3 cleared, until the next credit, bit 4 closed
              once at the second alarm level, until a card is shown, bit 5 battery low, bit 6 the
              cover was opened, bit 7 a magnet was near; bits 6 and 7 until a tool card inspects
42      4     sequence: grows with every write-back, never repeats
46      4     meter clock, seconds since 1970 UTC
50      2     highest issuing epoch seen
52      2     parameter version in force
54      2     refusals: records refused so far, stays at 65535
56      2     repairs: damaged storage copies repaired so far, stays at 65535
58      2     month of the first entry below: year x 12 + month - 1; 0: none yet
60      24    use in that month and the five before it, 4 bytes each
84      8     MAC under K_wbn over bytes 0 to 83
92      8     evidence: MAC under K_wbq over bytes 0 to 49
======  ====  =====================================================================

A slot that no meter has written to reads as :data:`EMPTY_WRITE_BACK`, all zeros.
"""

from datetime import datetime
from enum import IntFlag

from yika_common.cards.ciphers import MAC_SIZE, mac8, same, suite_of, suite_of_version
from yika_common.cards.cut import Cut
from yika_common.cards.errors import ContentUnknown, WriteBackForged
from yika_common.cards.identifiers import METER_ID_SIZE
from yika_common.cards.layout import Field, Kind, Layout
from yika_common.errors import Phrase
from yika_common.numbers import Quantity
from yika_common.services import SLOTS_MAX
from yika_common.values import dataclass

FORMAT = 1
MONTHS = 6
_MONTH_SIZE = 4
_PREFIX_SIZE = 2


class MeterStatus(IntFlag):
    """How the meter stands; no bit above the eighth, the last that every card has room for."""

    CLOSED = 1
    LOW = 2
    TRANSFERRED = 4
    CLEARED = 8
    WARNED = 16
    BATTERY = 32
    COVER = 64
    MAGNET = 128


_READING = Layout(
    Field("key_version", 1),
    Field("slot", 1),
    Field("meter_id", METER_ID_SIZE, Kind.NAME),
    Field("generation", 2),
    Field("count", 4),
    Field("total", 6),
    Field("balance", 6, Kind.SIGNED),
    Field("lifetime_use", 6),
    Field("status", 2),
    Field("sequence", 4),
    Field("clock", 4, Kind.TIME),
)
_REST = Layout(
    Field("epoch", 2),
    Field("parameter_version", 2),
    Field("refusals", 2),
    Field("repairs", 2),
    Field("month", 2),
)
_READING_SIZE = _PREFIX_SIZE + _READING.size
_BODY_SIZE = _READING_SIZE + _REST.size + MONTHS * _MONTH_SIZE
WRITE_BACK_SIZE = _BODY_SIZE + 2 * MAC_SIZE
EMPTY_WRITE_BACK = bytes(WRITE_BACK_SIZE)
assert (_READING_SIZE, WRITE_BACK_SIZE) == (50, 100), "the table above says so"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """The part of a write-back that is evidence."""

    meter_id: str
    slot: int
    key_version: int
    generation: int
    count: int
    total: Quantity
    balance: Quantity
    lifetime_use: Quantity
    status: MeterStatus
    sequence: int
    clock: datetime

    def __post_init__(self) -> None:
        if not 0 <= self.slot < SLOTS_MAX:
            raise ValueError(f"slot {self.slot} is not 0 to {SLOTS_MAX - 1}")
        self.body()

    @property
    def position(self) -> tuple[int, int]:
        """(generation, count) last taken."""
        return self.generation, self.count

    def body(self) -> bytes:
        """The 50 bytes that the evidence covers."""
        return bytes((FORMAT, suite_of_version(self.key_version))) + _READING.pack(self)

    def evidence(self, wbq_key: bytes) -> bytes:
        """The 8-byte MAC that only this meter and headquarters can make."""
        return mac8(wbq_key, self.body())


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBack:
    """A whole write-back; ``months[0]`` is the use in ``month``, the others go back from it."""

    reading: MeterReading
    epoch: int
    parameter_version: int
    refusals: int = 0
    repairs: int = 0
    month: int = 0
    months: tuple[Quantity, ...] = (Quantity(0),) * MONTHS

    def __post_init__(self) -> None:
        if len(self.months) != MONTHS:
            raise ValueError(f"{len(self.months)} months where {MONTHS} belong")
        self.body()

    def body(self) -> bytes:
        """The 84 bytes that the node's MAC covers."""
        months = b"".join(Field("months", _MONTH_SIZE).pack(use) for use in self.months)
        return self.reading.body() + _REST.pack(self) + months

    def encode(self, wbn_key: bytes, wbq_key: bytes, cut: Cut = Cut.WHOLE) -> bytes:
        """The :data:`WRITE_BACK_SIZE` bytes for the card; both keys are 16 bytes."""
        body = cut.write_back(self.body())
        return body + mac8(wbn_key, body) + self.reading.evidence(wbq_key)


def open_write_back(data: bytes, wbn_key: bytes) -> WriteBack:
    """The write-back in these bytes, if a holder of ``wbn_key`` made them.

    Raises:
        WriteBackForged: another length or a wrong MAC; ask for :data:`EMPTY_WRITE_BACK` first.
        ContentUnknown: the MAC is right and the format is not one this program knows.
    """
    body, mac = data[:_BODY_SIZE], data[_BODY_SIZE : _BODY_SIZE + MAC_SIZE]
    if len(data) != WRITE_BACK_SIZE or not same(mac, mac8(wbn_key, body)):
        raise WriteBackForged
    if body[:_PREFIX_SIZE] != bytes((FORMAT, suite_of(wbn_key))):
        raise ContentUnknown(what=Phrase("write-back %(format)s", format=f"{body[0]}.{body[1]}"))
    try:
        return _parsed(body)
    except ValueError as cause:
        raise ContentUnknown(
            what=Phrase("write-back %(format)s", format=f"{body[0]}.{body[1]}")
        ) from cause


def evidence_in(data: bytes) -> bytes:
    """The 8 bytes of evidence in a write-back, unchecked: a node carries them to headquarters."""
    return data[_BODY_SIZE + MAC_SIZE :]


def _parsed(body: bytes) -> WriteBack:
    reading = _READING.unpack(body[_PREFIX_SIZE:_READING_SIZE])
    rest = _REST.unpack(body[_READING_SIZE : _READING_SIZE + _REST.size])
    ring = body[_READING_SIZE + _REST.size :]
    months = (ring[at : at + _MONTH_SIZE] for at in range(0, len(ring), _MONTH_SIZE))
    reading["status"] = MeterStatus(reading["status"])
    return WriteBack(
        **rest,
        reading=MeterReading(**reading),
        months=tuple(Quantity(int.from_bytes(use, "big")) for use in months),
    )
