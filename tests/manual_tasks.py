"""What the manual of a vending point tells people to do: its chapters and their headings.

A task is named by its place in the manual: the ``id`` of its heading, or that of the chapter for
what stands above the first heading.
"""

import re
from pathlib import Path

from yika_node.web.labels import CHAPTERS

FOLDER = (
    Path(__file__).resolve().parents[1] / "node" / "yika_node" / "web" / "templates" / "manual"
)
_HEADING = re.compile(r"<h3(?: id=\"([^\"]*)\")?[^>]*>(.*?)</h3>")


def headings(language: str, chapter: str) -> list[tuple[str, str]]:
    """The headings of a chapter in their order: place and text."""
    return _HEADING.findall((FOLDER / language / f"{chapter}.html").read_text(encoding="utf-8"))


def tasks() -> dict[str, str]:
    """Every task with what it is called, in the manual's order."""
    found = {}
    for chapter, title in CHAPTERS.items():
        text = (FOLDER / "en" / f"{chapter}.html").read_text(encoding="utf-8")
        if not text.startswith("<h3"):
            found[chapter] = str(title)
        found |= dict(headings("en", chapter))
    return found
