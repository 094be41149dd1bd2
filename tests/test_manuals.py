"""What the manuals put into quotation marks stands on a page, by that very name."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
_QUOTED = re.compile(r"“([^”]*\w[^”]*)”")
_FACT = re.compile(r"%\(\w+\)s")
CHAPTERS = [
    (side, path.relative_to(ROOT).as_posix())
    for side in ("node", "central")
    for path in sorted((ROOT / side).glob("*/web/templates/manual/**/*.html"))
    if "/en" in path.as_posix()
]


def names_of(side: str) -> dict[str, str]:
    """The English texts of a side's pages and their Chinese ones; facts are three dots."""
    found = {}
    for package in (side, "common"):
        [path] = (ROOT / package).glob("*/translations/*/LC_MESSAGES/messages.po")
        with path.open("rb") as file:
            for message in read_po(file):
                if isinstance(message.id, str) and isinstance(message.string, str):
                    found[_FACT.sub("…", message.id)] = _FACT.sub("…", message.string)
    return found


def quoted(text: str) -> set[str]:
    return set(_QUOTED.findall(re.sub(r"<[^>]+>", "", text)))


@pytest.mark.parametrize(("side", "english"), CHAPTERS)
def test_a_name_in_a_manual_is_a_name_on_a_page(side: str, english: str) -> None:
    names = names_of(side)
    in_english, in_chinese = (
        quoted((ROOT / path).read_text(encoding="utf-8"))
        for path in (english, english.replace("/en", "/zh"))
    )
    assert in_english - set(names) == set()
    assert in_chinese - set(names.values()) == set()
    assert {names[name] for name in in_english} - in_chinese == set(), "said in one language only"


def test_a_name_that_no_page_bears_is_found() -> None:
    assert quoted("press <b>“Pay out”</b>, then “…”") == {"Pay out"}
    assert "Pay out" not in names_of("node")
    assert "The card is in: pay out …" in names_of("node")
