"""The lock in a real browser: one key hides the page, signing in brings it back as it was."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from node_pages import Pages, pages_in
from node_world import OPERATOR, PASSWORD
from served import served
from staff_builders import add_operator
from yika_node.services.views import Level

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)

OpenPage = Callable[..., Page]
PLACES = ("/operators", f"/operator?name={OPERATOR}", "/operators/limits", "/operators/rights")
MORE = ("/operators/changes", "/password", "/login")


class Counter:
    """A node whose pages are served, and a customer's card in its reader."""

    def __init__(self, pages: Pages, url: str) -> None:
        self.pages = pages
        self.url = url
        clerk = pages.clerk()
        self.account, self.chip = clerk.open_with_card()
        for name, level in (("wei", Level.CLERK), ("an", Level.AUDITOR)):
            add_operator(pages.node, name, level)


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with pages_in(tmp_path_factory.mktemp("node") / "data") as pages, served(pages.app) as url:
        yield Counter(pages, url)


def sign_in(page: Page, name: str) -> None:
    """Type name and password into whatever form asks for them."""
    page.keyboard.press("Control+a")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def at(open_page: OpenPage, counter: Counter, path: str, **look: object) -> Page:
    page = open_page(f"{counter.url}/login?next={path}", **look)
    sign_in(page, OPERATOR)
    page.wait_for_url(f"{counter.url}{path}")
    return page


def amount(page: Page) -> str:
    return page.locator("[name=amount-0]").input_value()


def begun_sale(open_page: OpenPage, counter: Counter, **look: object) -> Page:
    page = at(open_page, counter, "/sell", **look)
    expect(page.locator("#lock")).to_be_hidden()
    page.keyboard.type("37.5")
    expect(page.locator("#quote")).to_contain_text("37.50")
    return page


def test_a_sale_that_was_begun_is_there_when_the_same_person_comes_back(
    open_page: OpenPage, counter: Counter
) -> None:
    page = begun_sale(open_page, counter)
    page.keyboard.press("F11")
    expect(page.locator("#lock-password")).to_be_focused()
    expect(page.locator("main")).to_be_hidden()
    expect(page.locator("#lock-name")).to_have_value(OPERATOR)
    assert counter.pages.node.vault.locked
    page.keyboard.press("Escape")
    page.keyboard.press("F2")
    expect(page.locator("main")).to_be_hidden()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_visible()
    assert amount(page) == "37.5"
    assert page.evaluate("document.activeElement.name") == "amount-0"


def test_another_operator_goes_on_with_the_sale_in_his_own_name(
    open_page: OpenPage, counter: Counter
) -> None:
    page = begun_sale(open_page, counter)
    page.keyboard.press("F11")
    expect(page.locator("#lock-password")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    sign_in(page, "wei")
    expect(page.locator(".who")).to_have_text("wei")
    assert amount(page) == "37.5"
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/receipts/**")
    newest = counter.pages.node.enquiries.sales(limit=1).rows[0]
    assert newest.operator == "wei"


def test_who_may_not_open_the_page_does_not_see_it(open_page: OpenPage, counter: Counter) -> None:
    page = begun_sale(open_page, counter)
    page.keyboard.press("F11")
    expect(page.locator("#lock-password")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    sign_in(page, "an")
    page.wait_for_url(f"{counter.url}/")
    expect(page.locator(".who")).to_have_text("an")
    expect(page.locator("nav.commands")).not_to_contain_text("F2")


def test_a_wrong_password_is_said_and_the_page_stays_hidden(
    open_page: OpenPage, counter: Counter
) -> None:
    page = begun_sale(open_page, counter)
    page.keyboard.press("F11")
    expect(page.locator("#lock-password")).to_be_focused()
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.locator("#lock")).to_contain_text("do not belong together")
    expect(page.locator("main")).to_be_hidden()
    expect(page.locator("#lock-password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_visible()


def test_an_idle_quarter_of_an_hour_locks_the_page_and_keeps_it(
    open_page: OpenPage, counter: Counter
) -> None:
    page = begun_sale(open_page, counter)
    counter.pages.world.pass_time(minutes=16)
    expect(page.locator("#lock-password")).to_be_focused()
    expect(page.locator("main")).to_be_hidden()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_visible()
    assert amount(page) == "37.5"
    page.wait_for_timeout(2500)
    expect(page.locator("main")).to_be_visible()


def test_a_browser_without_scripts_is_led_to_the_sign_in_page(counter: Counter) -> None:
    clerk = counter.pages.clerk()
    answer = clerk.post("/lock", {}, on="/accounts")
    assert answer.status_code == 303
    assert answer.location.startswith("/login")
    assert clerk.get("/accounts").location.startswith("/login")


def test_nothing_keeps_anybody_out(
    open_page: OpenPage,
    counter: Counter,
    barriers: Callable[[Page], list[str]],
    language: str,
) -> None:
    page = at(open_page, counter, "/operators", language=language)
    for path in (*PLACES, *MORE):
        page.goto(f"{counter.url}{path}")
        assert barriers(page) == [], path
    page.goto(f"{counter.url}/operators")
    page.keyboard.press("F11")
    expect(page.locator("#lock-password")).to_be_focused()
    assert barriers(page) == []
    assert bool(re.search("[一-鿿]", page.locator("#lock").inner_text())) is (language != "en")
