"""Text in the columns of a receipt printer.

A printer's character takes one column where it is ASCII, and two where it is Chinese; a line of
58 mm paper has 32 columns, one of 80 mm has 48 (12 dots each, 8 dots a millimetre).  What is
printed passes :func:`printable` first: nobody's name can hold a command for the printer.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

_SAME: Final = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{SUPERSCRIPT TWO}": "2",
        "\N{SUPERSCRIPT THREE}": "3",
        "\N{YEN SIGN}": "\N{FULLWIDTH YEN SIGN}",
        "\N{EN DASH}": "-",
    }
)
"""What a Chinese printer has under another sign."""

_OTHER: Final = "C"
_CLOSING: Final = frozenset("，。；：、！？）”’》%.,;:!?)")
"""What no line begins with."""


def printable(text: str) -> str:
    """The text without control characters, in signs that a Chinese printer has."""
    spaced = text.translate(_SAME)
    return "".join(char for char in spaced if not unicodedata.category(char).startswith(_OTHER))


def width_of(text: str) -> int:
    """How many columns a printable text takes."""
    return sum(1 if char.isascii() else 2 for char in text)


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most so many columns, broken between words or Chinese characters.

    At least one line; a word that is longer than a line is broken anywhere.
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if width_of(line) + width_of(piece.rstrip()) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        *full, line = _broken(piece.lstrip(), width)
        lines += full
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def sides(left: str, right: str, width: int) -> list[str]:
    """One text at the left edge, another at the right one, in as many lines as that takes.

    The right one stands in the last line; it is broken only where it is longer than a line.
    """
    rights = wrapped(right, width)
    room = width - width_of(rights[0]) - 1
    lefts = wrapped(left, width)
    if width_of(lefts[-1]) <= room or not lefts[-1]:
        *above, last = lefts
        space = " " * (width - width_of(last) - width_of(rights[0]))
        return [*above, last + space + rights[0], *(_at_right(line, width) for line in rights[1:])]
    return [*lefts, *(_at_right(line, width) for line in rights)]


def _at_right(text: str, width: int) -> str:
    return " " * (width - width_of(text)) + text


def _pieces(text: str) -> Iterator[str]:
    """What must stay together: words with the spaces after them, and Chinese characters."""
    piece = ""
    for char in text:
        apart = not char.isascii() or (piece and (not piece[-1].isascii() or piece[-1] == " "))
        if piece and apart and char not in _CLOSING and not (char == " " and piece[-1] != " "):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _broken(piece: str, width: int) -> list[str]:
    """A piece in parts that fit; at least one."""
    parts = [""]
    for char in piece:
        if width_of(parts[-1]) + width_of(char) > width:
            parts.append("")
        parts[-1] += char
    return parts
