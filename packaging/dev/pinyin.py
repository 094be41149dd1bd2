"""Make the table of pinyin initials: one letter for each character from U+4E00 to U+9FFF.

The package ``pypinyin`` knows how characters are read; it is used here and by the test that
compares, never by the program.  A character that it does not know becomes a dot.
"""

import textwrap
from pathlib import Path

from pypinyin import Style, lazy_pinyin

TABLE = Path(__file__).parents[2] / "node" / "yika_node" / "services" / "pinyin_initials.txt"
FIRST, LAST = 0x4E00, 0x9FFF
_WIDTH = 96


def initial_of(character: str) -> str:
    """The first letter of how it is most often read, or a dot."""
    read: str = lazy_pinyin(character, style=Style.FIRST_LETTER, errors=lambda _: ["."])[0]
    return read[:1] if read[:1].isascii() and read[:1].isalpha() else "."


def table() -> str:
    """All letters in order, in lines."""
    letters = "".join(initial_of(chr(point)) for point in range(FIRST, LAST + 1))
    return "\n".join(textwrap.wrap(letters, _WIDTH)) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="ascii")
