"""Paper set in lines: every text wrapped to the width, each line with its look."""

from collections.abc import Iterator

from yika_common.values import dataclass
from yika_node.printing.columns import printable, sides, wrapped
from yika_node.printing.paper import Align, Line, Part, Rule


@dataclass(frozen=True, slots=True)
class SetLine:
    """One line as it is printed; of a ``big`` one half as many columns fit."""

    text: str
    align: Align = Align.LEFT
    bold: bool = False
    big: bool = False


def set_lines(part: Part, columns: int) -> Iterator[SetLine]:
    """The lines of a part; nothing for a code or a logo."""
    match part:
        case Rule():
            yield SetLine(part.of * columns)
        case Line():
            width = columns // 2 if part.big else columns
            text, right = printable(part.text), printable(part.right)
            lines = sides(text, right, width) if right else wrapped(text, width)
            for line in lines:
                yield SetLine(line, part.align, part.bold, part.big)
