"""The ESC/POS commands that are used, as bytes.

=============  ==================  =====================================================
command        bytes               meaning
=============  ==================  =====================================================
ESC @          1B 40               settings as after power-up
FS & / FS .    1C 26 / 1C 2E       Chinese characters (GB18030) on, off
ESC a n        1B 61 n             0 left, 1 centre, 2 right
ESC E n        1B 45 n             1 bold, 0 not
GS ! n         1D 21 n             11 twice as wide and high, 00 normal
ESC 3 n        1B 33 n             n dots from line to line
ESC d n        1B 64 n             print and feed n lines
GS V 1         1D 56 01            cut, leaving a point
ESC p m a b    1B 70 m a b         pulse on drawer pin 2 (m 0), a and b in 2 ms
GS v 0         1D 76 30 0 x y      picture, x bytes wide and y dots high (two bytes each)
GS ( k         1D 28 6B n .. 31    QR code: model (A), dots a module (C), correction (E),
                                   store (P), print (Q); n counts what follows
=============  ==================  =====================================================

Source: Epson, ESC/POS Command Reference for TM printers; Chinese makers follow it.
"""

from typing import Final

INITIALISE: Final = b"\x1b@"
CHINESE_ON: Final = b"\x1c&"
CHINESE_OFF: Final = b"\x1c."
FEED: Final = b"\n"
CUT: Final = b"\x1bd\x06\x1dV\x01"
"""Six lines on, so that the last printed one is above the knife, then the cut."""
TEAR_OFF: Final = b"\x1bd\x06"
"""Six lines on, to be torn off by hand."""
DRAWER: Final = b"\x1bp\x00\x32\x32"
"""100 ms on, 100 ms off."""

ENCODING: Final = "gb18030"
CORRECTIONS: Final = {"l": 0, "m": 1}
"""How QR codes may be damaged, by segno's names: 7 % and 15 %."""

BAND: Final = 128
"""Dots of height that are sent as one picture; a printer's buffer holds that."""


def align(n: int) -> bytes:
    """ESC a."""
    return bytes((0x1B, 0x61, n))


def bold(*, on: bool) -> bytes:
    """ESC E."""
    return bytes((0x1B, 0x45, on))


def big(*, on: bool) -> bytes:
    """GS !: twice the width and the height, or once."""
    return bytes((0x1D, 0x21, 0x11 if on else 0))


def picture(rows: bytes, width: int) -> bytes:
    """GS v 0 for rows of ``width`` bytes, most significant bit first, 1 is black; in bands."""
    bands = (rows[at : at + BAND * width] for at in range(0, len(rows), BAND * width))
    return b"".join(
        b"\x1dv0\0"
        + width.to_bytes(2, "little")
        + (len(band) // width).to_bytes(2, "little")
        + band
        for band in bands
    )


def qr_code(text: bytes, dots: int, correction: str) -> bytes:
    """GS ( k: a QR code of model 2, ``dots`` a module (1 to 16)."""
    return (
        _symbol(b"A2\0")
        + _symbol(b"C" + bytes((dots,)))
        + _symbol(b"E" + bytes((48 + CORRECTIONS[correction],)))
        + _symbol(b"P0" + text)
        + _symbol(b"Q0")
    )


def _symbol(function: bytes) -> bytes:
    data = b"1" + function
    return b"\x1d(k" + len(data).to_bytes(2, "little") + data
