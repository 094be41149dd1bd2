"""Paper as the bytes of a printer: by its own characters, or drawn here dot by dot."""

from collections.abc import Iterator

from yika_node.printing import commands
from yika_node.printing.codes import drawn
from yika_node.printing.paper import Align, Code, Logo, Paper
from yika_node.printing.profiles import Profile
from yika_node.printing.setting import SetLine, set_lines

_UNKNOWN_BYTES = 4
"""A Chinese printer has the characters of two bytes; those of four are drawn."""


def encoded(paper: Paper, profile: Profile) -> bytes:
    """All that is sent for a piece of paper.

    Raises:
        FontMissing: something must be drawn for which there is no font.
        LogoUnusable: the logo can't be printed.
    """
    return b"".join(_encoded(paper, profile))


def _encoded(paper: Paper, profile: Profile) -> Iterator[bytes]:
    yield commands.INITIALISE
    if profile.chinese:
        yield commands.CHINESE_ON
    for part in paper.parts:
        if isinstance(part, Logo):
            yield from _logo(profile)
        elif isinstance(part, Code):
            yield from _code(part.text, profile)
        else:
            yield from _lines(list(set_lines(part, profile.columns)), profile)
    if paper.parts:
        yield commands.CUT if profile.cuts else commands.TEAR_OFF
    if paper.drawer:
        yield commands.DRAWER


def _lines(lines: list[SetLine], profile: Profile) -> Iterator[bytes]:
    drawn_all = not profile.chinese
    for line in lines:
        if drawn_all or _unknown(line.text):
            yield _drawn_line(line, profile)
        else:
            yield from _styled(line)


def _styled(line: SetLine) -> Iterator[bytes]:
    """A line in the printer's characters, its look set before it and taken back after it."""
    if line.align:
        yield commands.align(line.align)
    if line.bold:
        yield commands.bold(on=True)
    if line.big:
        yield commands.big(on=True)
    yield line.text.encode(commands.ENCODING) + commands.FEED
    if line.big:
        yield commands.big(on=False)
    if line.bold:
        yield commands.bold(on=False)
    if line.align:
        yield commands.align(Align.LEFT)


def _drawn_line(line: SetLine, profile: Profile) -> bytes:
    from yika_node.printing.pictures import line_dots  # noqa: PLC0415 - few lines are drawn

    dots = line_dots(line, profile.dots)
    return commands.picture(dots.rows, dots.width)


def _unknown(text: str) -> bool:
    return any(len(char.encode(commands.ENCODING)) == _UNKNOWN_BYTES for char in text)


def _code(text: str, profile: Profile) -> Iterator[bytes]:
    code = drawn(text, profile.dots)
    if code is None:
        return
    if profile.codes:
        yield commands.align(Align.CENTRE)
        yield commands.qr_code(text.encode(), code.dots, code.correction)
        yield commands.align(Align.LEFT)
        return
    from yika_node.printing.pictures import code_dots  # noqa: PLC0415 - most printers draw it

    dots = code_dots(code, profile.dots)
    yield commands.picture(dots.rows, dots.width)


def _logo(profile: Profile) -> Iterator[bytes]:
    if profile.logo is None:
        return
    from yika_node.printing.pictures import logo_dots  # noqa: PLC0415 - few have one

    dots = logo_dots(profile.logo, profile.dots)
    yield commands.picture(dots.rows, dots.width)
