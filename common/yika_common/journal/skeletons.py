r"""Lines taken apart into what repeats and what differs.

A line becomes a *skeleton*, in which ``\x01`` stands for a whole number and ``\x02`` for a text,
and the values that stood there.  Each placeholder of a skeleton belongs to a *column*, named for
the last key before it and its place in the innermost list::

    {"t":"sale","q":3,"iq":2}   is   {"t":"\x02","q":\x01,"iq":\x01}   with   sale, 3, 2
                                     columns ('t', 0), ('q', 0), ('iq', 0)

Texts are what stands between quotes, but for keys, and long words between spaces (signatures).
Joining gives exactly the line back, whatever the line was; bytes are treated as Latin-1 so that
every byte is one character.
"""

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

NUMBER = "\x01"
TEXT = "\x02"
END = "\x00"
RESERVED = frozenset((NUMBER, TEXT, END))

# Every string is taken whole, closed or not, so that no text makes the search go back and forth.
_STRING = r'"(?P<text>(?:[^"\\]|\\.)*+)(?P<end>"?:?)'
_VALUE = re.compile(
    _STRING + r"|(?<![^\[,: ])(?P<number>0|-?[1-9][0-9]{0,17}+)(?![^\],} ])"
    r"|(?<![^ ])(?P<word>[A-Za-z0-9+/]{16,}+={0,2}+)(?![^ ])"
)
_PLACE = re.compile(_STRING + r"|\[|[\x01\x02]", re.DOTALL)
_KEY_END = '":'
_MARKS = frozenset((NUMBER, TEXT))
_MARK = re.compile("[\x01\x02]")


class ColumnName(NamedTuple):
    """The last key before a value, and the value's place in the innermost list."""

    key: str
    place: int
    mark: str
    """:data:`NUMBER` or :data:`TEXT`."""


Value = int | str


def split(line: str) -> tuple[str, list[Value]]:
    """The skeleton of a line free of :data:`RESERVED`, and its values in order."""
    pieces: list[str] = []
    values: list[Value] = []
    position = 0
    for match in _VALUE.finditer(line):
        group = match.lastgroup or "text"
        if group == "end":
            if match["end"] != '"':
                continue
            group = "text"
        start, end = match.span(group)
        values.append(int(match[group]) if group == "number" else match[group])
        pieces += (line[position:start], NUMBER if group == "number" else TEXT)
        position = end
    pieces.append(line[position:])
    return "".join(pieces), values


def columns_of(skeleton: str) -> tuple[ColumnName, ...]:
    """The column of each placeholder, in order."""
    names = []
    key, place = "", 0
    for match in _PLACE.finditer(skeleton):
        if match["end"] == _KEY_END:
            key, place = match["text"], 0
        elif match[0] == "[":
            place = 0
        for mark in filter(_MARKS.__contains__, match[0]):
            names.append(ColumnName(key, place, mark))
            place += 1
    return tuple(names)


def join(skeleton: str, values: Sequence[Value]) -> str:
    """The line again.

    Raises:
        ValueError: another number of values than placeholders.
    """
    pieces = _MARK.split(skeleton)
    pairs = zip(pieces, (*map(str, values), ""), strict=True)
    return "".join(itertools.chain.from_iterable(pairs))
