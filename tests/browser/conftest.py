"""Real pages in a real Chromium; every test is also one of the policy, the scripts and the cable.

A page that breaks its content security policy, throws an error in a script or asks any other host
for anything fails the test that opened it.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from browser_counter import ARGUMENTS, CHROMIUM, Counter
from node_pages import pages_in
from served import served

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_WATCH_POLICY = """
window.__stopped = [];
// axe sets styles on what it looks at, and htmx copies them when a part of the page is renewed.
addEventListener("securitypolicyviolation", (event) =>
    (window.axe && event.effectiveDirective === "style-src-attr") || window.__stopped.push([
        event.effectiveDirective, event.blockedURI, "by", event.sourceFile || event.documentURI,
        event.lineNumber, event.sample].join(" ")));
"""

OpenPage = Callable[..., Page]
"""``open_page(url, language="en", width=1366, height=768)``: a page in a browser of its own."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail(f"no Chromium at {CHROMIUM}", pytrace=False)
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture(params=["en", "zh-CN"])
def language(request: pytest.FixtureRequest) -> str:
    """The language the browser asks for."""
    return str(request.param)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages and, at the end, demands that none did what it must not."""
    contexts: list[BrowserContext] = []
    pages: list[Page] = []
    errors: list[str] = []
    outside: list[str] = []

    def opened(url: str, language: str = "en", width: int = 1366, height: int = 768) -> Page:
        origin = "/".join(url.split("/", 3)[:3])
        context = browser.new_context(
            locale=language,
            viewport={"width": width, "height": height},
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        context.add_init_script(_WATCH_POLICY)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((origin, "data:")) else outside.append(asked.url)
            ),
        )
        page.goto(url)
        return page

    yield opened
    stopped = [line for page in pages for line in page.evaluate("window.__stopped ?? []")]
    for context in contexts:
        context.close()
    assert (errors, stopped, outside) == ([], [], [])


@pytest.fixture(scope="session")
def barriers() -> Callable[[Page], list[str]]:
    """What keeps people from using the page, as axe finds it: rule and first element of each."""

    def found(page: Page) -> list[str]:
        page.evaluate(AXE + ";undefined")
        result = page.evaluate("rules => axe.run(document, {runOnly: rules})", AXE_RULES)
        return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in result["violations"]]

    return found


class Hands:
    """Counts what a clerk's hands do, so that a budget of keys is a test."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = 0

    def type(self, text: str) -> None:
        """Type characters, as fast as the keyboard allows."""
        self.page.keyboard.type(text)
        self.keys += len(text)

    def press(self, *keys: str) -> None:
        """Press named keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1


@pytest.fixture
def hands() -> Callable[[Page], Hands]:
    """Makes the hands for a page."""
    return Hands


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """A counter whose vending point serves pages for a whole file of tests."""
    with pages_in(tmp_path_factory.mktemp("node") / "data") as pages, served(pages.app) as url:
        yield Counter(pages, url)


@pytest.fixture
def counter(running: Counter) -> Counter:
    """The same with no card in the reader, answering at once."""
    running.pull()
    running.delay_s = 0.0
    return running
