"""Pinyin initials of a name: what a clerk types of 王小明 is ``wxm``.

One letter for each character from U+4E00 to U+9FFF stands in ``pinyin_initials.txt`` (made by
``packaging/dev/pinyin.py``; a dot where no reading is known), by how it is most often read.
Surnames that are read otherwise as surnames have both: 单小明 is found as ``sxm`` and ``dxm``.
"""

from functools import cache
from importlib.resources import files
from typing import Final

_FIRST: Final = 0x4E00

SURNAMES: Final = {
    "乐": "y",
    "任": "r",
    "仇": "q",
    "冼": "x",
    "区": "o",
    "单": "s",
    "召": "s",
    "员": "y",
    "宓": "m",
    "尉": "y",
    "折": "s",
    "曾": "z",
    "朴": "p",
    "查": "z",
    "牟": "m",
    "盖": "g",
    "盛": "s",
    "石": "s",
    "种": "c",
    "秘": "b",
    "繁": "p",
    "缪": "m",
    "翟": "z",
    "覃": "q",
    "解": "x",
    "谌": "c",
    "郗": "x",
    "重": "c",
    "长": "z",
    "阚": "k",
    "隗": "w",
}
"""Surnames of one character that have another reading as well, and their initial as surnames."""

COMPOUND: Final = {"万俟": "mq", "尉迟": "yc", "单于": "cy", "长孙": "zs"}
"""Surnames of two characters whose reading is not that of their characters."""


@cache
def _letters() -> str:
    table = files("yika_node.services").joinpath("pinyin_initials.txt")
    return table.read_text(encoding="ascii").replace("\n", "")


def initials_of(name: str) -> tuple[str, ...]:
    """The initials of a name, by each of its readings; none where no character has one.

    Only characters that have a reading count, so a dot or a space inside a name is no matter.
    """
    letters = _letters()
    chinese = [char for char in name if 0 <= ord(char) - _FIRST < len(letters)]
    plain = "".join(letters[ord(char) - _FIRST] for char in chinese).replace(".", "")
    if not plain:
        return ()
    surname = COMPOUND.get(name[:2]) or SURNAMES.get(name[:1], "")
    return tuple(dict.fromkeys((surname + plain[len(surname) :], plain)))
