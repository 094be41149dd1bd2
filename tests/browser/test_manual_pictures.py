"""The manual's pictures show the program as it is, and the first hour checks itself off."""

import manual_pictures
import pytest
from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.mark.parametrize("language", sorted(manual_pictures.LANGUAGES))
def test_no_picture_shows_an_earlier_program(language: str, browser: Browser) -> None:
    stale = manual_pictures.stale(language, browser)
    assert stale == [], "make them anew: python packaging/dev/manual_pictures.py"


def test_a_page_that_says_something_else_is_found() -> None:
    """Control for the one above."""
    assert manual_pictures.differing({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == [
        "b",
        "c",
    ]
