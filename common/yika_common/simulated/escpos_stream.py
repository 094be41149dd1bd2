"""The bytes that a printer gets, cut into commands and text, as far as a printer must know them.

=====================  ===========================================
command                bytes after its name
=====================  ===========================================
DLE EOT, GS r, GS a,   1
ESC a E ! d 3 t M,
GS !
ESC p                  3
GS V                   1, or 2 for the forms 65 and 66
GS v 0                 5, then the picture
GS ( k                 2, then as many as these say
DLE DC4                1 and 2 for a pulse, 1 and 7 for clearing
ESC @, FS &, FS .      none
=====================  ===========================================

A DLE EOT inside a picture is part of the picture.
"""

from collections.abc import Callable
from typing import Final

_PULSE, _CLEAR = 1, 8
_FEEDS: Final = frozenset((65, 66))
_PREFIXES: Final = frozenset(b"\x10\x1b\x1c\x1d")
_FEED: Final = 0x0A
_PLAIN: Final = 2


def _picture(data: bytes) -> int:
    return 8 + int.from_bytes(data[4:6], "little") * int.from_bytes(data[6:8], "little")


def _symbol(data: bytes) -> int:
    return 5 + int.from_bytes(data[3:5], "little")


_SIZES: Final[dict[bytes, tuple[int, Callable[[bytes], int]]]] = {
    **{b"\x1b" + bytes((code,)): (3, lambda _data: 3) for code in b"aE!d3tM"},
    **{b"\x1d" + bytes((code,)): (3, lambda _data: 3) for code in b"!ra"},
    b"\x10\x04": (3, lambda _data: 3),
    b"\x1bp": (5, lambda _data: 5),
    b"\x1dV": (3, lambda data: 4 if data[2] in _FEEDS else 3),
    b"\x1dv": (8, _picture),
    b"\x1d(": (5, _symbol),
    b"\x10\x14": (3, lambda data: {_PULSE: 5, _CLEAR: 10}.get(data[2], 3)),
}
"""By name: how many bytes tell the whole size, and the size by them."""


def first_of(data: bytes) -> bytes | None:
    """The first command or text of what came in; None while some of it is still to come.

    A line feed stands alone, text ends before the next command, an unknown command has two bytes.
    """
    if data[0] == _FEED:
        return data[:1]
    if data[0] not in _PREFIXES:
        ends = (at for at, byte in enumerate(data) if byte == _FEED or byte in _PREFIXES)
        return data[: next(ends, len(data))]
    enough, size_by = _SIZES.get(data[:_PLAIN], (_PLAIN, lambda _data: _PLAIN))
    if len(data) < enough:
        return None
    size = size_by(data)
    return data[:size] if len(data) >= size else None
