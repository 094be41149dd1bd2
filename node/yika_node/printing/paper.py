"""What stands on a piece of paper, from top to bottom, before it is set for any printer."""

from enum import IntEnum

from yika_common.values import dataclass


class Align(IntEnum):
    """Where a line stands; the numbers are those of ESC a."""

    LEFT = 0
    CENTRE = 1
    RIGHT = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A text, or one at each edge; ``big`` is twice as wide and as high."""

    text: str
    right: str = ""
    align: Align = Align.LEFT
    bold: bool = False
    big: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of one character across the paper."""

    of: str = "-"


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code of a text; without a text, nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class Logo:
    """The utility's picture, where the printer has one."""


Part = Line | Rule | Code | Logo


@dataclass(frozen=True, slots=True)
class Paper:
    """A piece of paper; ``drawer`` opens the cash drawer with it, or alone where nothing is on it.

    Attributes:
        name: what it is, in a word or two, for whoever is told that it was not printed.
    """

    name: str
    parts: tuple[Part, ...]
    drawer: bool = False
