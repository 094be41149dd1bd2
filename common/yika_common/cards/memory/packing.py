"""A credit record and a write-back, packed for a memory chip, and back to the very same bytes.

What the reader knows already is left out: format and suite; the meter's id and service; the
slot and the flag *lower*, which are the mark before a packed record; the card's generation.  Names
are packed (:mod:`yika_common.cards.memory.names`).  Numbers keep their low bytes: a card with few
bytes carries no number beyond them, and a sale that would need one is refused before it is made.

Widths in bytes of the fields of a record, in their order; 0: left out, see
:mod:`yika_common.cards.cut`:

==========================================  =====  =====  ======  =======
field of the record                         whole  close  narrow  SLE4442
==========================================  =====  =====  ======  =======
key version                                 1      1      1       1
issuing epoch                               2      2      2       0, is 1
purchase count n                            4      3      3       2
lifetime total T                            6      5      5       5
quota period, packed name                   6      6      6       0
quantity bought in that period              6      5      5       0
heating year, charged through, free units   6      6      6       0
money adjustment number                     2      2      2       0
money adjustment, signed                    6      4      4       0
quantity adjustment number                  2      2      2       0
quantity adjustment, signed                 6      4      4       0
money collected from debts                  6      4      4       0
parameter version                           2      2      2       0
alarm level, maximum stored credit          8      8      0       0
price                                       4      4      4       0
next price and its time                     8      0      0       0
witness: node, packed name                  6      6      0       0
witness: epoch, sequence, head              13     13     0       0
witness: last byte of the head              1      1      1       1
time                                        4      4      0       0
MAC                                         8      8      8       5
sum                                         107    90     59      14
==========================================  =====  =====  ======  =======

And of a write-back; an SLE4442 has none:

==========================================  =====  =====  ======
field of the write-back                     whole  close  narrow
==========================================  =====  =====  ======
key version                                 1      1      1
generation g last taken                     2      2      2
count n last taken                          4      3      3
total T taken                               6      5      5
balance, signed                             6      5      5
lifetime use                                6      5      5
status                                      2      1      1
sequence                                    4      3      3
meter clock                                 4      4      4
highest issuing epoch seen                  2      0      0
parameter version in force                  2      2      2
refusals, repairs, months                   30     0      0
MAC                                         8      8      8
evidence                                    8      8      8
sum                                         85     47     47
==========================================  =====  =====  ======
"""

from collections.abc import Sequence
from enum import Enum

from yika_common.cards.ciphers import MAC_SIZE, suite_of_version
from yika_common.cards.cut import Cut, demand_room
from yika_common.cards.errors import CardTooSmall
from yika_common.cards.memory.names import pack_name, packed_size, unpack_name
from yika_common.cards.record import RECORD_SIZE
from yika_common.cards.write_back import WRITE_BACK_SIZE
from yika_common.errors import Phrase
from yika_common.values import dataclass


class _As(Enum):
    NUMBER = "number"
    SIGNED = "signed"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class _Part:
    """Bytes of a record, and how many are left of them when packed; 0: they are zero."""

    start: int
    size: int
    widths: tuple[int, int, int, int]
    kind: _As = _As.NUMBER

    def pack(self, data: bytes, width: int) -> bytes:
        part = data[self.start : self.start + self.size]
        if self.kind is _As.NAME and width:
            return pack_name(part)
        signed = self.kind is _As.SIGNED
        return int.from_bytes(part, "big", signed=signed).to_bytes(width, "big", signed=signed)

    def unpack(self, packed: bytes) -> bytes:
        if self.kind is _As.NAME and packed:
            return unpack_name(packed, self.size)
        signed = self.kind is _As.SIGNED
        number = int.from_bytes(packed, "big", signed=signed)
        return number.to_bytes(self.size, "big", signed=signed)


_EPOCH_AT = slice(18, 20)
_THE_EPOCH = b"\0\1"
_RECORD_PARTS = (
    _Part(2, 1, (1, 1, 1, 1)),
    _Part(18, 2, (2, 2, 2, 0)),
    _Part(22, 4, (4, 3, 3, 2)),
    _Part(26, 6, (6, 5, 5, 5)),
    _Part(32, 8, (6, 6, 6, 0), _As.NAME),
    _Part(40, 6, (6, 5, 5, 0)),
    _Part(46, 6, (6, 6, 6, 0)),
    _Part(52, 2, (2, 2, 2, 0)),
    _Part(54, 6, (6, 4, 4, 0), _As.SIGNED),
    _Part(60, 2, (2, 2, 2, 0)),
    _Part(62, 6, (6, 4, 4, 0), _As.SIGNED),
    _Part(68, 6, (6, 4, 4, 0)),
    _Part(74, 2, (2, 2, 2, 0)),
    _Part(76, 8, (8, 8, 0, 0)),
    _Part(84, 4, (4, 4, 4, 0)),
    _Part(88, 8, (8, 0, 0, 0)),
    _Part(96, 8, (6, 6, 0, 0), _As.NAME),
    _Part(104, 13, (13, 13, 0, 0)),
    _Part(117, 1, (1, 1, 1, 1)),
    _Part(118, 4, (4, 4, 0, 0)),
)
_COUNT_PART = 2
_RECORD_MACS = (MAC_SIZE, MAC_SIZE, MAC_SIZE, 5)
_BODY_SIZE = RECORD_SIZE - MAC_SIZE
_HEAD_SIZE = 22

_WRITE_BACK_PARTS = (
    _Part(2, 1, (1, 1, 1, 0)),
    _Part(16, 2, (2, 2, 2, 0)),
    _Part(18, 4, (4, 3, 3, 0)),
    _Part(22, 6, (6, 5, 5, 0)),
    _Part(28, 6, (6, 5, 5, 0), _As.SIGNED),
    _Part(34, 6, (6, 5, 5, 0)),
    _Part(40, 2, (2, 1, 1, 0)),
    _Part(42, 4, (4, 3, 3, 0)),
    _Part(46, 4, (4, 4, 4, 0)),
    _Part(50, 2, (2, 0, 0, 0)),
    _Part(52, 2, (2, 2, 2, 0)),
    _Part(54, 30, (30, 0, 0, 0)),
)
_WRITE_BACK_BODY = WRITE_BACK_SIZE - 2 * MAC_SIZE
_WRITE_BACK_HEAD = 16
_FORMAT, _SUITE_AT, _KEY_VERSION_AT = 1, 1, 2


@dataclass(frozen=True, slots=True)
class Packing:
    """How the records of one cut are packed.

    Attributes:
        cut: what is left out.
        record_size: bytes of a packed record.
        mac_size: bytes that are left of a record's MAC, at the end of those.
        write_back_size: bytes of a packed write-back; 0: there is none.
    """

    cut: Cut
    record_size: int
    mac_size: int
    write_back_size: int

    @property
    def count(self) -> slice:
        """Where in a packed record its count stands."""
        start = sum(part.widths[self.cut] for part in _RECORD_PARTS[:_COUNT_PART])
        return slice(start, start + _RECORD_PARTS[_COUNT_PART].widths[self.cut])

    def admit(self, body: bytes) -> None:
        """Check that a record with this body, already cut, can be packed.

        Raises:
            CardTooSmall: it can't.
        """
        self._body(body)

    def pack_record(self, data: bytes) -> bytes:
        """The packed bytes of a record of 130 bytes; raises as :meth:`admit`."""
        return self._body(data[:_BODY_SIZE]) + data[_BODY_SIZE:][: self.mac_size]

    def record_body(self, packed: bytes, head: bytes) -> bytes:
        """The 122 bytes that a packed record stands for.

        Args:
            packed: :attr:`record_size` bytes.
            head: of the record its first 22 bytes, as the reader knows them; suite, key version
                and epoch are replaced.

        Raises:
            ValueError: no record has these bytes.
        """
        body = bytearray(head[:_HEAD_SIZE] + bytes(_BODY_SIZE - _HEAD_SIZE))
        _unpack(_RECORD_PARTS, self.cut, packed, body)
        body[_SUITE_AT] = suite_of_version(body[_KEY_VERSION_AT])
        if self.cut is Cut.BARE:
            body[_EPOCH_AT] = _THE_EPOCH
        return bytes(body)

    def pack_write_back(self, data: bytes) -> bytes:
        """The packed bytes of a write-back of 100 bytes, already cut; raises as :meth:`admit`."""
        macs = data[_WRITE_BACK_BODY:]
        return _packed(_WRITE_BACK_PARTS, self.cut, data) + macs

    def write_back(self, packed: bytes, slot: int, meter_id: bytes) -> bytes:
        """The 100 bytes that a packed write-back stands for; ``meter_id`` is padded.

        Raises:
            ValueError: no write-back has these bytes.
        """
        head = bytes((_FORMAT, 0, 0, slot)) + meter_id
        body = bytearray(head + bytes(_WRITE_BACK_BODY - _WRITE_BACK_HEAD))
        _unpack(_WRITE_BACK_PARTS, self.cut, packed, body)
        body[_SUITE_AT] = suite_of_version(body[_KEY_VERSION_AT])
        return bytes(body) + packed[-2 * MAC_SIZE :]

    def _body(self, body: bytes) -> bytes:
        if self.cut is Cut.BARE:
            if body[_EPOCH_AT] != _THE_EPOCH:
                raise CardTooSmall(what=Phrase("a change of all keys"))
            body = body[: _EPOCH_AT.start] + bytes(2) + body[_EPOCH_AT.stop :]
        if self.cut.record(body) != body:
            raise ValueError("a record is cut before its MAC is made")
        return _packed(_RECORD_PARTS, self.cut, body)


def admit(cut: Cut, body: bytes) -> None:
    """Check that a card of that cut has room for a record with these 122 bytes, before the cut.

    Raises:
        CardTooSmall: it has none.
    """
    demand_room(cut, body)
    PACKINGS[cut].admit(cut.record(body))


def _packed(parts: Sequence[_Part], cut: Cut, data: bytes) -> bytes:
    try:
        return b"".join(part.pack(data, part.widths[cut]) for part in parts)
    except OverflowError as cause:
        raise CardTooSmall(what=Phrase("numbers as high as these")) from cause


def _unpack(parts: Sequence[_Part], cut: Cut, packed: bytes, into: bytearray) -> None:
    at = 0
    for part in parts:
        width = part.widths[cut]
        if width:
            into[part.start : part.start + part.size] = part.unpack(packed[at : at + width])
        at += width


def _packing(cut: Cut) -> Packing:
    mac = _RECORD_MACS[cut]
    written = sum(part.widths[cut] for part in _WRITE_BACK_PARTS)
    return Packing(
        cut=cut,
        record_size=sum(part.widths[cut] for part in _RECORD_PARTS) + mac,
        mac_size=mac,
        write_back_size=written + 2 * MAC_SIZE if written else 0,
    )


PACKINGS = tuple(_packing(cut) for cut in Cut)
"""The packing of each cut."""

assert [p.record_size for p in PACKINGS] == [107, 90, 59, 14], "the first table says so"
assert [p.write_back_size for p in PACKINGS] == [85, 47, 47, 0], "the second table says so"
assert all(
    part.kind is not _As.NAME or width in (0, packed_size(part.size))
    for part in _RECORD_PARTS
    for width in part.widths
), "a packed name has its own size"
