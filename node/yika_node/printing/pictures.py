"""Lines, codes and the logo as dots, for what a printer cannot draw itself.

Dots are rows of bytes, most significant bit first, 1 is black.  Characters stand in the cells
that the printer's own would have (12 dots a column, 24 high), whatever the font, so that a line
drawn here and one set by the printer look alike.  Pillow is loaded by the first picture.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.system_errors import why_refused
from yika_common.values import dataclass
from yika_node.printing.codes import Drawn, quiet_dots
from yika_node.printing.columns import width_of
from yika_node.printing.paper import Align
from yika_node.printing.setting import SetLine

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

FONTS: Final = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 7),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 1),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 1),
    ("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf", 0),
    ("/usr/share/fonts/truetype/arphic/uming.ttc", 0),
)
"""Chinese fonts of Debian's packages, each with its face of even widths; the best come first."""

CELL: Final = 12
LINE: Final = 30
"""Dots from line to line, as printers have it."""
_SIZE: Final = 24
_LATIN: Final = 18
_BOLD: Final = 1
LOGO_BYTES_MAX: Final = 512 << 10
LOGO_SIDE_MAX: Final = 2000
LOGO_HEIGHT: Final = 200
"""Dots: 25 mm of paper."""


class FontMissing(YikaError):
    """A Chinese character is to be drawn, and there is no font that has it."""

    code = "font_missing"
    sentence = N_(
        "The receipt was not printed: this printer needs its Chinese characters drawn, and no "
        "Chinese font is installed. Install fonts-noto-cjk or fonts-wqy-microhei and print again."
    )


class LogoUnusable(YikaError):
    """The picture for the head of receipts can't be printed."""

    code = "logo_unusable"
    sentence = N_(
        "The picture %(path)s cannot stand on receipts (%(why)s). Nothing was printed. Give a PNG "
        "file of at most 512 KB and 2000 dots a side, or take “logo” out of the settings."
    )


@dataclass(frozen=True, slots=True)
class Dots:
    """A picture: rows of ``width`` bytes."""

    width: int
    rows: bytes


def line_dots(line: SetLine, dots: int) -> Dots:
    """One line as wide as the paper.

    Raises:
        FontMissing: it has characters beyond ASCII, and no font was found.
    """
    scale = 2 if line.big else 1
    from PIL import Image, ImageDraw  # noqa: PLC0415 - a printer that sets its text does without

    taken = width_of(line.text) * CELL
    text = Image.new("1", (max(taken, 1), LINE))
    drawing, font = ImageDraw.Draw(text), _font(any(not char.isascii() for char in line.text))
    x = 0
    for char in line.text:
        _draw(drawing, font, char, x, bold=line.bold)
        x += width_of(char) * CELL
    if line.big:
        text = text.resize((text.width * scale, text.height * scale), Image.Resampling.NEAREST)
    page = Image.new("1", (dots, text.height))
    page.paste(text, (_left(line.align, dots, taken * scale), 0))
    return _packed(page)


def _draw(
    drawing: "ImageDraw.ImageDraw",
    font: "ImageFont.FreeTypeFont | ImageFont.ImageFont",
    char: str,
    x: int,
    *,
    bold: bool,
) -> None:
    """One character in the middle of its cell."""
    room = width_of(char) * CELL
    shift = max(0, (room - round(drawing.textlength(char, font=font))) // 2)
    for extra in range(1 + bold * _BOLD):
        drawing.text((x + shift + extra, LINE - 6), char, fill=1, font=font, anchor="ls")


def code_dots(code: Drawn, dots: int) -> Dots:
    """A QR code with its white margin, in the middle of the paper."""
    from PIL import Image  # noqa: PLC0415

    side, margin = len(code.modules), quiet_dots(code)
    small = Image.new("1", (side, side))
    small.putdata([module for row in code.modules for module in row])
    large = small.resize((side * code.dots, side * code.dots), Image.Resampling.NEAREST)
    page = Image.new("1", (dots, large.height + 2 * margin))
    page.paste(large, ((dots - large.width) // 2, margin))
    return _packed(page)


def logo_dots(path: Path, dots: int) -> Dots:
    """The picture, made to fit, in the middle of the paper.

    Raises:
        LogoUnusable: it is missing, too large, or no PNG file.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415

    try:
        if path.stat().st_size > LOGO_BYTES_MAX:
            raise LogoUnusable(path=str(path), why=Phrase("the file is too large"))
        with Image.open(path, formats=("PNG",)) as opened:
            if max(opened.size) > LOGO_SIDE_MAX:
                raise LogoUnusable(path=str(path), why=Phrase("it has too many dots"))
            seen = opened.convert("RGBA")
    except UnidentifiedImageError as cause:
        raise LogoUnusable(path=str(path), why=Phrase("it is not a PNG picture")) from cause
    except OSError as cause:
        why = why_refused(cause) if cause.errno else Phrase("it is damaged")
        raise LogoUnusable(path=str(path), why=why) from cause
    white = Image.new("RGBA", seen.size, "white")
    grey = Image.alpha_composite(white, seen).convert("L")
    grey.thumbnail((dots, LOGO_HEIGHT))
    page = Image.new("1", (dots, grey.height))
    page.paste(ImageOps.invert(grey).convert("1"), ((dots - grey.width) // 2, 0))
    return _packed(page)


def _packed(page: "Image.Image") -> Dots:
    return Dots((page.width + 7) // 8, page.tobytes())


def _left(align: Align, dots: int, taken: int) -> int:
    if align is Align.LEFT:
        return 0
    return (dots - taken) // 2 if align is Align.CENTRE else dots - taken


def _font(chinese: bool) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":  # noqa: FBT001
    found = _found_font(FONTS)
    if found is None and chinese:
        raise FontMissing
    from PIL import ImageFont  # noqa: PLC0415

    return found or ImageFont.load_default(_LATIN)


@cache
def _found_font(fonts: Sequence[tuple[str, int]]) -> "ImageFont.FreeTypeFont | None":
    from PIL import ImageFont  # noqa: PLC0415

    found = next(((path, face) for path, face in fonts if Path(path).exists()), None)
    return None if found is None else ImageFont.truetype(found[0], _SIZE, index=found[1])
