import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from served import served
from web_kit_site import Counter, SettableClock, build

pytestmark = pytest.mark.browser


class Hands(Protocol):
    keys: int

    def type(self, text: str) -> None: ...
    def press(self, *keys: str) -> None: ...


OpenPage = Callable[..., Page]


@dataclass
class Running:
    url: str
    app: Flask
    counter: Counter
    clock: SettableClock
    slow: threading.Event


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    clock = SettableClock()
    app, counter = build(clock)
    slow = threading.Event()

    def wait() -> None:
        if slow.is_set():
            threading.Event().wait(0.6)

    app.before_request(wait)
    with served(app) as url:
        yield Running(url, app, counter, clock, slow)


@pytest.fixture
def site(server: Running) -> Running:
    server.slow.clear()
    server.counter.sold.clear()
    server.counter.tokens.clear()
    server.counter.waiting = 3
    return server


def signed_in(open_page: OpenPage, site: Running, path: str = "/", **look: object) -> Page:
    page = open_page(f"{site.url}/login?next={path}", **look)
    page.keyboard.type("li")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}{path}")
    return page


HEADINGS = {"en": "Sign in", "zh-CN": "登录"}


@pytest.mark.parametrize("path", ["/login", "/", "/sell", "/full"])
def test_nothing_on_a_page_shuts_anybody_out(
    open_page: OpenPage,
    site: Running,
    language: str,
    path: str,
    barriers: Callable[[Page], list[str]],
) -> None:
    if path == "/login":
        page = open_page(f"{site.url}{path}", language=language)
        expect(page.locator("h1")).to_have_text(HEADINGS[language])
    else:
        page = signed_in(open_page, site, path, language=language)
    page.wait_for_load_state("networkidle")
    assert barriers(page) == []


def test_an_unlabelled_field_would_be_found(
    open_page: OpenPage, site: Running, barriers: Callable[[Page], list[str]]
) -> None:
    page = open_page(f"{site.url}/login")
    page.evaluate("document.querySelector('label').remove()")
    assert barriers(page) != []


def test_a_sale_costs_the_amount_and_two_keys(
    open_page: OpenPage, site: Running, hands: Callable[[Page], Hands]
) -> None:
    page = signed_in(open_page, site, "/sell")
    clerk = hands(page)
    clerk.type("86.4")
    clerk.press("Enter")
    expect(page.locator(".armed")).to_contain_text("Confirm")
    assert site.counter.sold == []
    clerk.press("Enter")
    page.wait_for_url(f"{site.url}/")
    assert (site.counter.sold, clerk.keys) == (["Li 8640"], len("86.4") + 2)


def test_a_changed_amount_takes_the_first_press_back(
    open_page: OpenPage, site: Running, hands: Callable[[Page], Hands]
) -> None:
    page = signed_in(open_page, site, "/sell")
    clerk = hands(page)
    clerk.type("86.4")
    clerk.press("Enter")
    page.locator("#f-amount").press("5")
    expect(page.locator(".armed")).to_have_count(0)
    expect(page.get_by_role("button", name="Sell", exact=True)).to_be_visible()
    assert site.counter.sold == []


def test_an_empty_amount_is_not_armed(
    open_page: OpenPage, site: Running, hands: Callable[[Page], Hands]
) -> None:
    page = signed_in(open_page, site, "/sell")
    hands(page).press("Enter")
    expect(page.locator(".armed")).to_have_count(0)


def test_keys_typed_while_a_page_is_on_its_way_are_not_lost(
    open_page: OpenPage, site: Running, hands: Callable[[Page], Hands]
) -> None:
    page = signed_in(open_page, site)
    site.slow.set()
    clerk = hands(page)
    clerk.press("F2")
    clerk.type("12.5")
    clerk.press("Enter", "Enter")
    # The page where the typing began, and the sale on it; what was between may be over by now.
    expect(page.locator(".figure", has_text="since 08:00").locator("b")).to_have_text("1")
    assert (page.url, site.counter.sold) == (f"{site.url}/", ["Li 1250"])


def test_the_quote_follows_the_amount_and_answers_a_slip_in_place(
    open_page: OpenPage, site: Running
) -> None:
    page = signed_in(open_page, site, "/sell")
    page.keyboard.type("12")
    expect(page.locator("#quote")).to_have_text("1200")
    page.locator("#f-amount").fill("12x")
    expect(page.locator("[data-code=not_a_number]")).to_contain_text("“12x” is not a number")
    assert page.url == f"{site.url}/sell"


def test_a_key_before_a_page_is_drawn_is_typed_into_its_field(
    open_page: OpenPage, site: Running
) -> None:
    page = signed_in(open_page, site)
    waiting: list[Route] = []

    def drawn_late(route: Route) -> None:
        answer = route.fetch()
        blocking = '<head><script async blocking="render" src="/late.js"></script>'
        route.fulfill(response=answer, body=answer.text().replace("<head>", blocking))

    def held(route: Route) -> None:
        waiting.append(route)

    page.route("**/sell", drawn_late)
    page.route("**/late.js", held)
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.dispatchEvent("
        "new KeyboardEvent('keydown', {key: '1', bubbles: true})))"
    )
    page.goto(f"{site.url}/sell", wait_until="commit")
    page.wait_for_function("document.readyState === 'interactive'", polling=20)
    page.wait_for_timeout(100)
    assert waiting
    waiting[0].fulfill(body="", content_type="text/javascript")
    page.wait_for_load_state()
    page.keyboard.type("2")
    expect(page.locator("#f-amount")).to_have_value("12")


def test_one_key_switches_the_language_and_keeps_the_page(
    open_page: OpenPage, site: Running
) -> None:
    page = signed_in(open_page, site, "/sell")
    page.keyboard.press("F8")
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    assert page.url == f"{site.url}/sell"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.keyboard.press("F8")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_command_key_belongs_to_the_composing_input_method(
    open_page: OpenPage, site: Running
) -> None:
    page = signed_in(open_page, site, "/sell")
    page.evaluate(
        "document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'F9', isComposing: true, bubbles: true}))"
    )
    assert page.url == f"{site.url}/sell"
    page.keyboard.press("F9")
    page.wait_for_url(f"{site.url}/")


def test_the_focus_is_inside_the_page_after_every_step(open_page: OpenPage, site: Running) -> None:
    page = signed_in(open_page, site)
    for key, path in (("F2", "/sell"), ("F9", "/"), ("F10", "/boss")):
        page.keyboard.press(key)
        page.wait_for_url(f"{site.url}{path}")
        if path != "/boss":
            # Not wait_for_function: what it evaluates in the page, the page's policy forbids.
            expect(page.locator("#main:focus-within")).to_have_count(1)


def test_the_status_line_changes_by_itself(open_page: OpenPage, site: Running) -> None:
    page = signed_in(open_page, site)
    expect(page.locator("#status")).to_contain_text("Waiting to send 3", use_inner_text=True)
    site.counter.waiting = 0
    expect(page.locator("#status")).to_contain_text("Waiting to send 0", use_inner_text=True)


def test_a_page_left_alone_goes_to_the_sign_in_page_and_back(
    open_page: OpenPage, site: Running
) -> None:
    page = signed_in(open_page, site, "/sell")
    site.clock.forward(minutes=16)
    expect(page.locator("h1")).to_have_text("Sign in")
    expect(page.locator(".notice")).to_contain_text("You were signed out")
    page.keyboard.type("li")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/sell")


@pytest.mark.parametrize(
    ("width", "height", "large"),
    [(1366, 768, False), (1024, 768, True), (1024, 600, False), (320, 640, False)],
)
def test_amount_and_button_fit_the_screen(
    open_page: OpenPage, site: Running, width: int, height: int, large: bool
) -> None:
    page = signed_in(open_page, site, "/sell", width=width, height=height)
    if large:
        page.get_by_role("button", name="Large text").click()
        expect(page.locator("html")).to_have_class("text-large")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    box = page.locator("#f-amount").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


def test_everything_pressed_is_large_enough_for_a_finger(
    open_page: OpenPage, site: Running
) -> None:
    page = signed_in(open_page, site, "/sell")
    heights = page.evaluate(
        "[...document.querySelectorAll('button, .button, .commands a, input:not([type=hidden])')]"
        ".map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44


def test_on_paper_only_the_content_is_left(open_page: OpenPage, site: Running) -> None:
    page = signed_in(open_page, site)
    page.emulate_media(media="print")
    assert page.locator(".bar").is_hidden()
    assert page.locator(".foot").is_hidden()
    assert page.locator("table").is_visible()
