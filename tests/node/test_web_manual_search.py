"""The manual is searched in the page's language, and shows the pictures that were made for it."""

from collections.abc import Iterator

import pytest
from PIL import Image

from node_pages import Pages, pages_in
from yika_node.web.labels import CHAPTERS
from yika_node.web.manual_pages import _CHAPTER_OF_PAGE
from yika_node.web.manual_pictures import FOLDER, PICTURES

SIZE_MAX = 2_000_000
WITHOUT = {
    "",
    "api",
    "healthz",
    "kit",
    "lock",
    "login",
    "manual",
    "metrics",
    "setup",
    "static",
    "status",
}
"""Where nobody works needs no chapter: signing in, files, what programs ask."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages_in(tmp_path_factory.mktemp("manual") / "node") as made:
        yield made


@pytest.mark.parametrize(
    ("language", "words", "anchor"),
    [
        ("en", "BACKUP stick", "safekeeping-backups"),
        ("zh", "备份 U 盘", "safekeeping-backups"),
        ("zh", "水印", "practice-starting"),
        ("en", "recycled water", "selling"),
    ],
)
def test_a_search_leads_to_the_passage(
    pages: Pages, language: str, words: str, anchor: str
) -> None:
    clerk = pages.clerk(language)
    page = clerk.get(f"/manual/search?q={words}").text
    assert f'href="/manual#{anchor}"' in page
    assert f'id="{anchor}"' in clerk.get("/manual").text
    assert "<mark>" in page


def test_words_that_stand_nowhere_are_found_nowhere(pages: Pages) -> None:
    page = pages.clerk().get("/manual/search?q=xylophone").text
    assert "0 passages" in page
    assert "/manual#" not in page.partition("<main")[2]


def test_every_word_must_be_there(pages: Pages) -> None:
    assert "0 passages" in pages.clerk().get("/manual/search?q=backup+xylophone").text


def test_what_is_looked_for_is_shown_as_text(pages: Pages) -> None:
    page = pages.clerk().get("/manual/search?q=<script>alert(1)</script>").text
    assert "<script>alert" not in page


def test_a_long_question_is_cut(pages: Pages) -> None:
    assert pages.clerk().get("/manual/search?q=" + "a" * 1000).status_code == 200


def test_the_manual_asks_for_words_itself(pages: Pages) -> None:
    assert 'action="/manual/search"' in pages.clerk().get("/manual").text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_picture_is_there_and_as_wide_as_it_says(language: str) -> None:
    for picture in PICTURES:
        with Image.open(FOLDER / language / f"{picture.name}.png") as image:
            assert image.size == (picture.width, picture.height), picture.name


def test_every_picture_has_a_chapter_and_stands_in_it(pages: Pages) -> None:
    assert {picture.chapter for picture in PICTURES} <= set(CHAPTERS)
    page = pages.clerk("zh").get("/manual").text
    for picture in PICTURES:
        section = page.partition(f'<section id="{picture.chapter}"')[2].partition("</section>")[0]
        assert f"manual/zh/{picture.name}.png" in section


def test_all_pictures_together_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.rglob("*.png")]
    assert len(sizes) == 2 * len(PICTURES)
    assert sum(sizes) < SIZE_MAX


def test_no_picture_is_left_over() -> None:
    names = {path.stem for path in FOLDER.rglob("*.png")}
    assert names == {picture.name for picture in PICTURES}


def test_help_on_every_page_opens_its_own_chapter(pages: Pages) -> None:
    firsts = {
        rule.rule.lstrip("/").partition("/")[0]
        for rule in pages.app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
    }
    unknown = {first for first in firsts - WITHOUT if first not in _CHAPTER_OF_PAGE}
    assert {first for first in unknown if not first.startswith("<")} == set()
    assert set(_CHAPTER_OF_PAGE.values()) <= set(CHAPTERS)
