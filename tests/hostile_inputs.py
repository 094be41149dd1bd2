"""Bytes as an enemy sends them: genuine ones that were changed, mixed up, cut or made up.

The same seed makes the same bytes, so that what was found can be looked at again.
"""

import random
from collections.abc import Callable, Iterator, Sequence

_EDGES = (0x00, 0x01, 0x0A, 0x20, 0x22, 0x2D, 0x30, 0x5C, 0x7B, 0x7F, 0x80, 0xC0, 0xFE, 0xFF)
_TOKENS = (
    b"-1", b"0", b"00", b"1e9", b"9" * 19, b"1" * 400, b"null", b"NaN", b"{}", b"[[[[", b'""',
    b"\\u0000", b"\xed\xa0\x80", b"\xff\xfe", b"\r\n", b"\n\n", b"\0" * 64, b"%s%n",
    b"\xe2\x80\xae",
)  # fmt: skip
_LONGEST = 4096


def each_bit(sample: bytes) -> Iterator[bytes]:
    """The sample with each of its bits turned, one at a time."""
    for place in range(8 * len(sample)):
        changed = bytearray(sample)
        changed[place >> 3] ^= 1 << (place & 7)
        yield bytes(changed)


def hostile(samples: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """So many hostile inputs made of genuine samples; now and then one is genuine still."""
    draw = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    for _ in range(count):
        data = bytearray(draw.choice(samples))
        for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
            draw.choice(_CHANGES)(data, draw, samples)
        yield bytes(data[: 4 * _LONGEST])


def _turn_bits(data: bytearray, draw: random.Random, _samples: Sequence[bytes]) -> None:
    if data:
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def _set_byte(data: bytearray, draw: random.Random, _samples: Sequence[bytes]) -> None:
    if data:
        data[draw.randrange(len(data))] = draw.choice(_EDGES)


def _cut(data: bytearray, draw: random.Random, _samples: Sequence[bytes]) -> None:
    del data[draw.randrange(len(data) + 1) :]


def _leave_out(data: bytearray, draw: random.Random, _samples: Sequence[bytes]) -> None:
    start = draw.randrange(len(data) + 1)
    del data[start : start + draw.choice((1, 2, 8, 64))]


def _repeat(data: bytearray, draw: random.Random, _samples: Sequence[bytes]) -> None:
    start = draw.randrange(len(data) + 1)
    piece = data[start : start + draw.choice((1, 4, 32, 256))]
    data[start:start] = piece * draw.choice((1, 2, 9))


def _insert(data: bytearray, draw: random.Random, _samples: Sequence[bytes]) -> None:
    start = draw.randrange(len(data) + 1)
    data[start:start] = draw.choice(_TOKENS)


def _replace(data: bytearray, draw: random.Random, _samples: Sequence[bytes]) -> None:
    start = draw.randrange(len(data) + 1)
    token = draw.choice(_TOKENS)
    data[start : start + len(token)] = token


def _swap(data: bytearray, draw: random.Random, _samples: Sequence[bytes]) -> None:
    size = draw.choice((1, 4, 16))
    if len(data) > 2 * size:
        one, other = (draw.randrange(len(data) - size) for _ in range(2))
        piece = bytes(data[one : one + size])
        data[one : one + size] = data[other : other + size]
        data[other : other + size] = piece


def _graft(data: bytearray, draw: random.Random, samples: Sequence[bytes]) -> None:
    other = draw.choice(samples)
    start = draw.randrange(min(len(data), len(other)) + 1)
    data[start:] = other[start:]


def _make_up(data: bytearray, draw: random.Random, _samples: Sequence[bytes]) -> None:
    size = draw.choice((0, 1, 2, len(data), draw.randrange(_LONGEST)))
    data[:] = draw.randbytes(size)


_CHANGES: Sequence[Callable[[bytearray, random.Random, Sequence[bytes]], None]] = (
    _turn_bits, _turn_bits, _set_byte, _set_byte, _cut, _leave_out, _repeat, _insert, _replace,
    _swap, _graft, _make_up,
)  # fmt: skip
