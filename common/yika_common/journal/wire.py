"""Numbers and texts as bytes, and a reader that believes nothing.

``varint`` is LEB128 without sign, at most 70 bits.  ``text`` is Latin-1 ended by a zero byte.
``numbers`` are in zigzag (0, -1, 1, -2, ...): for width 0 each a varint, else all their lowest
bytes, then all the next, and so on.
"""

import zlib
from collections.abc import Sequence

from yika_common.errors import Phrase
from yika_common.journal.errors import TransportMalformed, TransportTooLarge

WIDTH_MAX = 9
"""Bytes of a number, when not a varint."""

_FEW = 8
"""Fewer numbers than this are always varints."""

_VARINT_MAX = 10
_SEVEN_BITS = 0x7F


def write_varint(value: int) -> bytes:
    """A number of at least 0."""
    out = bytearray()
    while value > _SEVEN_BITS:
        out.append(value & _SEVEN_BITS | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def write_numbers(values: Sequence[int]) -> tuple[int, bytes]:
    """The width that suits these numbers, and the numbers."""
    zigzag = [2 * value if value >= 0 else -2 * value - 1 for value in values]
    varints = b"".join(map(write_varint, zigzag))
    width = (max(zigzag).bit_length() + 7) // 8 or 1
    if len(values) < _FEW or width > WIDTH_MAX:
        return 0, varints
    flat = b"".join(value.to_bytes(width, "little") for value in zigzag)
    planes = b"".join(flat[place::width] for place in range(width))
    if len(zlib.compress(planes, 9)) <= len(zlib.compress(varints, 9)):
        return width, planes
    return 0, varints


def write_text(value: str) -> bytes:
    """A text without zero characters, all below 256."""
    return value.encode("latin-1") + b"\0"


class Reader:
    """Takes values from bytes; ``limit`` bounds every count of things that make up the whole.

    Raises:
        TransportMalformed: from every method: the bytes end too early or make no sense.
        TransportTooLarge: a count is above the limit.
    """

    def __init__(self, data: bytes, limit: int) -> None:
        self._data = data
        self._position = 0
        self._limit = limit

    def take(self, size: int) -> bytes:
        """The next so many bytes."""
        end = self._position + size
        if end > len(self._data):
            raise TransportMalformed(why=Phrase("it ends too early"))
        piece = self._data[self._position : end]
        self._position = end
        return piece

    def varint(self) -> int:
        """See above."""
        value = 0
        for place in range(_VARINT_MAX):
            byte = self.take(1)[0]
            value |= (byte & _SEVEN_BITS) << 7 * place
            if byte <= _SEVEN_BITS:
                return value
        raise TransportMalformed(why=Phrase("a number is too long"))

    def count(self, most: int | None = None) -> int:
        """A number of things, each of which takes at least one byte in the end; perhaps fewer."""
        count = self.varint()
        if count > (self._limit + 1 if most is None else min(most, self._limit + 1)):
            raise TransportTooLarge(limit=self._limit)
        return count

    def text(self) -> str:
        """See above."""
        end = self._data.find(b"\0", self._position)
        if end < 0:
            raise TransportMalformed(why=Phrase("it ends too early"))
        piece = self.take(end + 1 - self._position)
        return piece[:-1].decode("latin-1")

    def numbers(self, count: int, width: int) -> list[int]:
        """So many numbers; memory stays within what the bytes hold."""
        if width:
            planes = self.take(count * width)
            zigzag = [int.from_bytes(planes[place::count], "little") for place in range(count)]
        else:
            zigzag = [self.varint() for _ in range(count)]
        return [value >> 1 if value % 2 == 0 else -(value >> 1) - 1 for value in zigzag]

    def finish(self) -> None:
        """Nothing may be left."""
        if self._position != len(self._data):
            raise TransportMalformed(why=Phrase("something follows its end"))
