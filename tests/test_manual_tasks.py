"""Every heading of the manual is a place that can be named, the same one in both languages."""

from itertools import chain
from pathlib import Path

import pytest

from manual_tasks import headings, tasks
from walks.table import ELSEWHERE, NOT_YET, NOTHING_TO_DO, WALKS
from yika_node.web.labels import CHAPTERS


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_heading_has_a_place_below_its_chapter_in_both_languages(chapter: str) -> None:
    places = [place for place, _ in headings("en", chapter)]
    assert all(place.startswith(f"{chapter.replace('_', '-')}-") for place in places)
    assert [place for place, _ in headings("zh", chapter)] == places


def test_no_two_headings_have_one_place() -> None:
    places = [place for place, _ in chain.from_iterable(headings("en", c) for c in CHAPTERS)]
    assert len(set(places)) == len(places)


def test_every_task_has_a_walk_or_says_where_it_is_done() -> None:
    """Whoever writes a part of the manual writes the walk that does it (``tests/walks``)."""
    done = {*WALKS, *ELSEWHERE, *NOTHING_TO_DO}
    assert [task for task in tasks() if task not in done | NOT_YET] == []
    assert NOT_YET - ({*tasks()} - done) == set()


def test_no_walk_does_what_the_manual_does_not_tell() -> None:
    assert {*WALKS, *ELSEWHERE, *NOTHING_TO_DO} - {*tasks()} == set()


@pytest.mark.parametrize("place", sorted(set(ELSEWHERE.values())))
def test_what_is_done_elsewhere_is_done(place: str) -> None:
    file, _, name = place.partition("::")
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    assert f"def {name}(" in text
