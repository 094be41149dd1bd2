"""Every page of a vending point: nothing keeps anybody out, in either language, text and window.

The pages are those of the program's own table of addresses, so a new one is looked at by itself.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import pytest
from playwright.sync_api import Page
from werkzeug.routing import Rule

from browser_counter import Counter, OpenPage, focus_is_in_main, put_in, signed_in

pytestmark = pytest.mark.browser

NO_PAGES: Final = frozenset(
    {
        "account.as_typed",
        "account.meters",
        "approval.heard",
        "batch.undo_file",
        "business.download",
        "business.progress",
        "complaint.pack",
        "complaint.photograph",
        "counter.seen",
        "display.now",
        "health.diagnostics",
        "kit.health",
        "kit.status",
        "lock.dialog",
        "login.page",
        "machine.metrics",
        "machine.openapi",
        "printer.found",
        "printer.line",
        "reader.seen",
        "record.journal",
        "sale.approved",
        "setup.page",
    }
)
"""Parts of pages, files, and what nobody sees who is signed in."""

LOOKS: Final = [
    pytest.param("en", "normal", id="en"),
    pytest.param("zh-CN", "normal", id="zh"),
    pytest.param("en", "large", id="en large"),
    pytest.param("zh-CN", "large", id="zh large"),
]
TARGET_MIN: Final = 44
"""Pixels that a finger needs."""

TOUCHED: Final = (
    "main :is(button, select, input:not([type=hidden])), header :is(button, .brand), .commands a"
)
SMALLER_THAN: Final = """([touched, least]) => [...document.querySelectorAll(touched)]
    .filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < least)
    .map((e) => e.outerHTML.slice(0, 90))"""
IS_DRAWN: Final = """(element) => {
    const style = getComputedStyle(element);
    return style.borderTopStyle !== "none" || style.outlineStyle !== "none";
}"""


def places(counter: Counter) -> dict[str, str]:
    """The address of every page, by its endpoint."""
    sale = counter.pages.node.enquiries.sales().rows[0]
    known: Mapping[str, object] = {
        "number": counter.account,
        "card": sale.card,
        "slot": 4,
        "epoch": sale.epoch,
        "seq": sale.seq,
        "basket": sale.basket,
        "token": "0" * 32,
        "name": "",
    }
    complained = {**known, "seq": counter.complaint}
    return {
        rule.endpoint: path_of(rule, complained if "complaint" in rule.endpoint else known)
        for rule in counter.pages.app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.endpoint.endswith("static")
        and rule.endpoint not in NO_PAGES
        and "name" not in rule.arguments
    }


def path_of(rule: Rule, known: Mapping[str, object]) -> str:
    """The rule's address with something that exists in each of its places."""
    of_shifts = {"number": 1, "period": "day"} if rule.rule.startswith("/shift") else {}
    given = {name: {**known, **of_shifts}[name] for name in rule.arguments}
    built = rule.build(given)
    assert built is not None
    return built[1]


def large(page: Page) -> None:
    """Ask for large text as people do."""
    page.locator("button[name=text]").click()
    page.wait_for_load_state()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("language", "text"), LOOKS)
def test_nothing_keeps_anybody_out_of_any_page(
    open_page: OpenPage,
    counter: Counter,
    barriers: Callable[[Page], list[str]],
    language: str,
    text: str,
) -> None:
    page = signed_in(open_page, counter, language=language, width=1024, height=768)
    put_in(page, counter)
    if text == "large":
        large(page)
    found = []
    for endpoint, path in places(counter).items():
        page.goto(counter.url + path)
        whole(page)
        found += [f"{endpoint} {path}: {barrier}" for barrier in barriers(page)]
        found += [f"{endpoint} {path}: {fault}" for fault in faults(page)]
        found += [] if page.locator(f"html[lang={language}]").count() else [f"{path}: language"]
    assert "\n".join(found) == ""


def whole(page: Page) -> None:
    """Make the window as high as its page, so that no line lies half under the status line."""
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": 1024, "height": max(768, height + 80)})


def faults(page: Page) -> Iterator[str]:
    """What else a page must not be, and axe does not look at."""
    if page.locator("h1").count() != 1:
        yield f"{page.locator('h1').count()} main headings"
    if page.locator("[autofocus]").count() > 1:
        yield "two fields that want the first key"
    if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
        yield "wider than its window"
    if page.locator("main :is(a, button, input)").count() and not focus_is_in_main(page):
        yield "the keys are lost"


@pytest.mark.parametrize("path", ["/", "/sell", "/card", "/accounts", "/login"])
def test_a_narrow_window_needs_no_scrolling_to_the_side(
    open_page: OpenPage, counter: Counter, path: str
) -> None:
    page = signed_in(open_page, counter, width=320, height=640)
    put_in(page, counter)
    page.goto(counter.url + path)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_with_large_text_amount_price_and_button_fit_a_small_screen(
    open_page: OpenPage, counter: Counter
) -> None:
    page = signed_in(open_page, counter, width=1024, height=600)
    put_in(page, counter)
    large(page)
    foot = page.locator("footer.foot")
    for key, slot in (("c", 4), ("d", 7)):
        page.keyboard.press(key)
        page.keyboard.type("600")
        page.locator(".total output").wait_for()
        bottom = foot.bounding_box()
        assert bottom is not None
        for part in (f"#amount-{slot}", ".total output", "#sale button.main"):
            box = page.locator(part).bounding_box()
            assert box is not None
            assert (part, box["y"] >= 0, box["y"] + box["height"] <= bottom["y"]) == (
                part,
                True,
                True,
            )


@pytest.mark.parametrize("path", ["/", "/sell", "/accounts", "/login"])
def test_everything_a_finger_touches_is_large_enough(
    open_page: OpenPage, counter: Counter, path: str
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    page.goto(counter.url + path)
    small = page.evaluate(SMALLER_THAN, [TOUCHED, TARGET_MIN])
    assert small == []


def test_with_forced_colours_every_edge_and_state_is_still_drawn(
    open_page: OpenPage, counter: Counter
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    page.emulate_media(forced_colors="active")
    page.locator("#amount-4").fill("50")
    page.locator(".total output").wait_for()
    page.keyboard.press("Enter")
    for part in (".armed", ".card", "#amount-4", "a[aria-current]"):
        assert page.locator(part).first.evaluate(IS_DRAWN), part
