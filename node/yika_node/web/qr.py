"""A QR code as a drawing inside the page: black on white in every theme, and sharp on paper."""

from markupsafe import Markup

_CORRECTIONS = ("m", "l")
"""What of a code may be damaged: 15 %, or for the longest texts 7 %."""


def qr_drawing(text: str) -> Markup:
    """The code of the text; empty for an empty text, and for one that no code holds."""
    if not text:
        return Markup("")
    import segno  # noqa: PLC0415 - half a megabyte that only a receipt needs

    for correction in _CORRECTIONS:
        try:
            code = segno.make_qr(text, error=correction)
        except segno.DataOverflowError:
            continue
        # The markup is segno's own, and nothing of the text is in it but dark and light squares.
        return Markup(code.svg_inline(border=4, omitsize=True, light="#fff"))  # noqa: S704
    return Markup("")
