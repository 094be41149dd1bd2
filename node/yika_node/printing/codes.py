"""QR codes on paper: which one, and how large."""

from typing import Final

from yika_common.values import dataclass

_CORRECTIONS: Final = ("m", "l")
_QUIET: Final = 4
"""Modules that stay white around a code (ISO/IEC 18004)."""
_WIDTH_MAX: Final = 384
"""Dots: a code of 48 mm is large enough on any paper."""
_DOTS_MIN, _DOTS_MAX = 2, 6
"""A quarter of a millimetre is the least that a telephone reads; the most is more than enough."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A code's modules, row by row, True is black; ``dots`` a module.

    ``correction`` is segno's letter of it.
    """

    modules: tuple[tuple[bool, ...], ...]
    dots: int
    correction: str


def drawn(text: str, width: int) -> Drawn | None:
    """The code of a text, as large as fits on ``width`` dots; None where none holds it or fits."""
    if not text:
        return None
    import segno  # noqa: PLC0415 - half a megabyte that only a receipt needs

    for correction in _CORRECTIONS:
        try:
            code = segno.make_qr(text, error=correction, boost_error=False)
        except segno.DataOverflowError:
            continue
        modules = tuple(tuple(bool(module) for module in row) for row in code.matrix)
        dots = min(_DOTS_MAX, min(width, _WIDTH_MAX) // (len(modules) + 2 * _QUIET))
        if dots >= _DOTS_MIN:
            return Drawn(modules, dots, correction)
    return None


def quiet_dots(code: Drawn) -> int:
    """The white margin of a code, in dots."""
    return _QUIET * code.dots
