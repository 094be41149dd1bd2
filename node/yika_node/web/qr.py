"""A QR code as a drawing inside the page: black on white in every theme, and sharp on paper."""

from markupsafe import Markup


def qr_drawing(text: str) -> Markup:
    """The code of the text; empty for an empty text."""
    if not text:
        return Markup("")
    import segno  # noqa: PLC0415 - half a megabyte that only a receipt needs

    code = segno.make_qr(text, error="m")
    # The markup is segno's own, and nothing of the text is in it but dark and light squares.
    return Markup(code.svg_inline(border=4, omitsize=True, light="#fff"))  # noqa: S704
