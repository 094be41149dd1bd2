"""Looking for words in the manual: every chapter as it is shown, in the page's language."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final, NamedTuple

from flask import render_template

from yika_node.web.labels import CHAPTERS
from yika_node.web.messages import messages

MOST: Final = 50
_AROUND: Final = 60
_BLOCKS: Final = re.compile(r"</(?:p|li|h3|h4|dd|td|tr|summary)>")
_HEADING: Final = re.compile(r'<h3 id="([^"]+)">(.*?)</h3>', re.S)
_TAG: Final = re.compile(r"<[^>]+>")


class Hit(NamedTuple):
    """A passage: its chapter, the heading above it, and its words around what was looked for.

    ``anchor`` is the heading's place on the page, or the chapter's where there is none above it.
    """

    chapter: str
    anchor: str
    heading: str
    before: str
    word: str
    after: str


def found(words: str, language: str) -> tuple[Hit, ...]:
    """The first passages that hold every word, in reading order; capitals do not matter."""
    wanted = words.casefold().split()
    hits = (hit for chapter in CHAPTERS for hit in _in_chapter(chapter, wanted, language))
    return tuple(hit for hit, _ in zip(hits, range(MOST), strict=False))


def _in_chapter(chapter: str, wanted: list[str], language: str) -> Iterator[Hit]:
    shown = render_template(
        f"manual/{language}/{chapter}.html", messages=sorted(messages(language))
    )
    title = str(CHAPTERS[chapter])
    anchor, heading = chapter, ""
    for block in _BLOCKS.split(shown):
        opened = _HEADING.search(f"{block}</h3>") if "<h3" in block else None
        if opened:
            anchor, heading = opened[1], _plain(opened[2])
        text = _plain(block)
        folded = text.casefold()
        if text and all(word in f"{folded} {title.casefold()}" for word in wanted):
            before, word, after = _around(text, folded, wanted[0])
            yield Hit(chapter, anchor, heading, before, word, after)


def _around(text: str, folded: str, word: str) -> tuple[str, str, str]:
    """What stands before the word, the word as it stands there, and what follows."""
    at = max(folded.find(word), 0)
    end = at + len(word) if word in folded else at
    before, after = text[max(at - _AROUND, 0) : at], text[end : end + 2 * _AROUND]
    return (
        f"…{before}" if at > _AROUND else before,
        text[at:end],
        f"{after}…" if end + 2 * _AROUND < len(text) else after,
    )


def _plain(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())
