"""A drawer's day by keys alone, in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser_counter import Counter, Hands, OpenPage, focus_is_in_main, signed_in
from node_pages import pages_in
from served import served

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)

MakeHands = Callable[[Page], Hands]


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with pages_in(tmp_path / "node") as pages, served(pages.app) as url:
        made = Counter(pages, url)
        made.pull()
        pages.node.guard.on = True
        yield made


def test_a_day_is_opened_with_one_key_more_than_its_count_and_closed_with_two(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    clerk = hands(page)
    # The first page leads there: Enter, the float, Enter.
    clerk.press("Enter")
    page.wait_for_url("**/shift")
    clerk.type("300")
    clerk.press("Enter")
    page.wait_for_url(f"{counter.url}/")
    assert clerk.keys == len("300") + 2
    clerk = hands(page)
    clerk.press("F9")
    page.wait_for_url("**/shift")
    clerk.type("299.5")
    clerk.press("Enter")
    page.wait_for_url("**/shift/z/1")
    assert clerk.keys == len("299.5") + 2
    # It is short, so the next thing that is typed is why.
    expect(page.locator("[name=reason]")).to_be_focused()
    clerk.type("a coin")
    clerk.press("Enter")
    expect(page.get_by_role("cell", name="a coin")).to_be_visible()
    assert focus_is_in_main(page)


def test_every_page_of_a_drawer_can_be_used_by_everybody(
    open_page: OpenPage,
    counter: Counter,
    language: str,
    barriers: Callable[[Page], list[str]],
) -> None:
    page = signed_in(open_page, counter, language=language, width=1024)
    for state in ("closed", "open"):
        for path in ("/", "/shift", "/shift/cash", "/shift/z", "/shift/bank"):
            page.goto(f"{counter.url}{path}")
            assert barriers(page) == [], (path, state)
            assert page.evaluate("document.querySelectorAll('[autofocus]').length") <= 1
        if state == "closed":
            page.goto(f"{counter.url}/shift")
            page.keyboard.type("100")
            page.keyboard.press("Enter")
            page.wait_for_url(f"{counter.url}/")
    page.goto(f"{counter.url}/shift")
    page.keyboard.press("x")
    page.wait_for_url("**/shift/x/**")
    assert barriers(page) == []
    page.goto(f"{counter.url}/shift")
    page.keyboard.type("99")
    page.keyboard.press("Enter")
    page.wait_for_url("**/shift/z/1")
    assert barriers(page) == []
