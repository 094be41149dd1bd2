"""In a real browser: nothing of a customer outlasts his card, and a card is replaced by keys."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Page, expect

from card_builders import ChipMemory
from node_pages import Pages, pages_in
from node_world import OPERATOR, PASSWORD, a_chip
from served import served
from yika_common.cards.application import CardState

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)

HOLDER = ("王小明", "东河路 7 号", "010-555")
"""What the page of the card shows of its holder."""


class Hands(Protocol):
    keys: int

    def type(self, text: str) -> None: ...
    def press(self, *keys: str) -> None: ...


OpenPage = Callable[..., Page]


class Counter:
    """A served node, and a customer whose card carries water."""

    def __init__(self, pages: Pages, url: str) -> None:
        self.pages, self.url = pages, url
        clerk = pages.clerk()
        self.account, self.chip = clerk.open_with_card()
        clerk.sell({"amount-4": "50"})

    def insert(self, chip: ChipMemory) -> None:
        self.pages.world.hand.insert(chip)
        self.pages.world.pass_time(seconds=1)

    def pull(self) -> None:
        self.pages.world.hand.pull()
        self.pages.world.pass_time(seconds=1)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with pages_in(tmp_path / "data") as pages, served(pages.app) as url:
        yield Counter(pages, url)


def signed_in(open_page: OpenPage, counter: Counter, path: str) -> Page:
    page = open_page(f"{counter.url}/login?next={path}")
    page.keyboard.type(OPERATOR)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{counter.url}{path}")
    return page


def nothing_of_the_holder(page: Page) -> None:
    body = page.content()
    assert not [text for text in HOLDER if text in body]


@pytest.mark.parametrize("path", ["/card", "/sell"])
def test_what_a_card_showed_is_gone_when_the_card_is(
    open_page: OpenPage, counter: Counter, path: str
) -> None:
    counter.insert(counter.chip)
    page = signed_in(open_page, counter, path)
    expect(page.get_by_text(HOLDER[0]).first).to_be_visible()
    if path == "/sell":
        page.locator("#amount-4").fill("20")
    counter.pull()
    page.wait_for_url(f"{counter.url}/")
    nothing_of_the_holder(page)
    # Neither the way back nor a price that is asked for late brings anything of him.
    page.go_back()
    page.wait_for_load_state()
    nothing_of_the_holder(page)


def test_another_customer_s_card_never_shows_the_one_before(
    open_page: OpenPage, counter: Counter
) -> None:
    clerk = counter.pages.clerk()
    number = clerk.open_account(8, 1, name="赵六", address="西山 1 号", phone="010-777")
    chip = a_chip(3)
    counter.insert(chip)
    clerk.post(f"/accounts/{number}/card", {}, on=f"/accounts/{number}")
    counter.insert(counter.chip)
    page = signed_in(open_page, counter, "/card")
    expect(page.get_by_text(HOLDER[0]).first).to_be_visible()
    counter.pull()
    page.wait_for_url(f"{counter.url}/")
    counter.insert(chip)
    page.wait_for_url(f"{counter.url}/sell")
    expect(page.get_by_text("赵六").first).to_be_visible()
    nothing_of_the_holder(page)


def test_a_lost_card_is_reported_and_replaced_by_keys(
    open_page: OpenPage, counter: Counter, hands: Callable[[Page], Hands]
) -> None:
    page = signed_in(open_page, counter, f"/accounts/{counter.account}/card")
    clerk = hands(page)
    clerk.type("called, id 4711")
    clerk.press("Enter", "Enter")
    expect(page.get_by_text("is reported lost").first).to_be_visible()
    chip = a_chip(2)
    counter.insert(chip)
    page.goto(f"{counter.url}/accounts/{counter.account}/card/replace")
    clerk.type("lost on the bus")
    clerk.press("Enter", "Enter")
    page.wait_for_url("**/slips/*")
    expect(page.get_by_text("The new card is ready")).to_be_visible()
    assert chip.memory.identity.state is CardState.USER
    assert chip.memory.identity.generation == 2
