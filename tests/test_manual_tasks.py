"""Every heading of the manual is a place that can be named, the same one in both languages."""

from itertools import chain

import pytest

from manual_tasks import headings
from yika_node.web.labels import CHAPTERS


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_heading_has_a_place_below_its_chapter_in_both_languages(chapter: str) -> None:
    places = [place for place, _ in headings("en", chapter)]
    assert all(place.startswith(f"{chapter.replace('_', '-')}-") for place in places)
    assert [place for place, _ in headings("zh", chapter)] == places


def test_no_two_headings_have_one_place() -> None:
    places = [place for place, _ in chain.from_iterable(headings("en", c) for c in CHAPTERS)]
    assert len(set(places)) == len(places)
