"""Makes the manual's pictures from the running program, and tells when one no longer shows it.

Practice is opened in a folder of its own, on a clock that stands still but for what a task takes;
its tasks are walked in Chromium, by keys, in both languages.  With ``--check`` nothing is written:
each page's words are compared with those that stood on it when its picture was made
(``words.json`` beside the pictures), and what differs is named.

    python packaging/dev/manual_pictures.py [--check]
"""

import argparse
import hashlib
import json
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from waitress.server import create_server

from yika_common.infra.passwords import Cost
from yika_node.practice.pages import PLACES, practice_blueprints, teach
from yika_node.practice.town import PASSWORD, SUPERVISOR, Practice, open_practice
from yika_node.web.app import make_node_app
from yika_node.web.entrance import DeskSessions
from yika_node.web.manual_pictures import FOLDER, PICTURES, WIDTH

TARGET = FOLDER
WORDS = TARGET / "words.json"
BEGIN = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
LANGUAGES = {"en": "en", "zh": "zh-CN"}
COLOURS = 48
SITE = "yika_site"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--font-render-hinting=none")
# What is another at every making: codes and fingerprints, and the machine's own figures.
_CHANGING = re.compile(r"\b(?:[A-Z0-9]{10,}|[0-9a-f]{8,})\b|\d[\d.,:-]*")


@contextmanager
def leaving(page: Page) -> Iterator[None]:
    """Whatever is done within leads to another page, which is there at the end.

    To open a page by its address while another one is on its way lets the two race.
    """
    page.evaluate("document.querySelector('main').dataset.left = ''")
    yield
    page.wait_for_selector("main:not([data-left])")
    page.wait_for_load_state()


class Walk:
    """One browser at one practice counter."""

    def __init__(
        self,
        page: Page,
        url: str,
        practice: Practice,
        clock: "Standing",
        mark: Callable[..., None],
    ) -> None:
        self.page = page
        self.url = url
        self.practice = practice
        self.clock = clock
        self.mark = mark
        self.taken: dict[str, bytes] = {}
        self.words: dict[str, str] = {}

    def go(self, path: str) -> None:
        """Open a page."""
        self.page.goto(self.url + path)
        self.page.wait_for_load_state("networkidle")

    def press(self, *keys: str) -> None:
        """Press keys that lead nowhere, or whose outcome is waited for next."""
        for key in keys:
            self.page.keyboard.press(key)

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Whatever is pressed within leads to another page, which is there at the end."""
        with leaving(self.page):
            yield

    def put_in(self, card: str) -> None:
        """Put a card into the reader, or nothing."""
        self.practice.reader.remove()
        if card:
            self.practice.reader.insert(self.practice.folder / "cards" / card)
        self.clock.go_on()

    def take(self, name: str) -> None:
        """Take the picture of that name, of what is shown now, and keep its words."""
        height = next(picture.height for picture in PICTURES if picture.name == name)
        self.page.set_viewport_size({"width": WIDTH, "height": height})
        self.page.mouse.move(0, 0)
        self.page.wait_for_timeout(100)
        self.taken[name] = small(self.page.screenshot())
        main = self.page.inner_text("main")
        self.words[name] = hashlib.sha256(_CHANGING.sub("#", main).encode()).hexdigest()


class Standing:
    """A clock that stands still until somebody lets it go on."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        """The present moment."""
        return self.now

    def go_on(self, seconds: int = 20) -> None:
        """Let some seconds pass."""
        self.now += timedelta(seconds=seconds)


def drawn(start: int) -> Callable[[int], bytes]:
    """Bytes that are the same at every making."""
    count = start

    def random(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(count.to_bytes(8, "big")).digest(size)

    return random


def walk(walked: Walk) -> None:
    """Every task that has a picture, one after the other."""
    page = walked.page
    walked.go("/login")
    page.fill("#f-name", SUPERVISOR)
    page.fill("#f-password", PASSWORD)
    with walked.leaving():
        walked.press("Enter")
    walked.take("counter")
    _open_shift(walked)
    _sell(walked)
    _accounts(walked)
    _card_life(walked)
    for name, path in (
        ("shift", "/shift"),
        ("business", "/business"),
        ("tariffs", "/tariffs"),
        ("office", "/sync"),
        ("operators", "/operators"),
        ("health", "/health"),
    ):
        walked.go(path)
        walked.take(name)


def walk_practice(walked: Walk) -> None:
    """What practice has besides."""
    for name, path in (("table", "/practice/table"), ("hour", "/practice/hour")):
        walked.go(path)
        walked.take(name)


def _open_shift(walked: Walk) -> None:
    walked.go("/shift")
    page = walked.page
    page.locator("main form[method=post] input:visible").first.fill("200")
    with walked.leaving():
        page.locator("main form[method=post] button").first.click()


def _sell(walked: Walk) -> None:
    page = walked.page
    walked.put_in("card-1")
    walked.go("/sell")
    page.fill("[name=amount-0]", "100")
    page.wait_for_timeout(900)
    walked.take("sell")
    with walked.leaving():
        walked.press("Enter", "Enter")
    walked.take("receipt")
    with walked.leaving():
        page.locator("a[href*='/refunds/new/']").first.click()
    walked.take("refund")
    walked.put_in("card-2")
    walked.go("/sell")
    page.fill("[name=amount-2]", "50")
    page.wait_for_timeout(400)
    walked.practice.reader.pull_next = True
    with walked.leaving():
        walked.press("Enter", "Enter")
    walked.take("pulled")
    walked.put_in("card-2")
    walked.clock.go_on()
    walked.go("/card")
    walked.put_in("")
    _load(walked)


def _load(walked: Walk) -> None:
    walked.go("/meters/?card=card-1")
    walked.page.locator("form[action='/meters/insert'] button").first.click()
    walked.page.wait_for_selector(".visit")
    walked.put_in("card-1")
    walked.go("/card")
    walked.take("card")
    walked.go("/reader")
    walked.page.locator("main form[method=post] button").first.click()
    walked.page.wait_for_timeout(2500)
    walked.take("reader")


def _accounts(walked: Walk) -> None:
    page = walked.page
    walked.put_in("")
    walked.go("/accounts")
    page.locator("main form input:visible").first.fill("练习路")
    with walked.leaving():
        walked.press("Enter")
    walked.take("accounts")
    walked.go("/accounts?q=练习路 1")
    with walked.leaving():
        page.locator("main table a").first.click()
    walked.take("account")
    walked.go("/accounts/new")
    walked.take("open_account")


def _card_life(walked: Walk) -> None:
    page = walked.page
    walked.go("/accounts?q=练习路 2")
    with walked.leaving():
        page.locator("main table a").first.click()
    walked.page.goto(page.url.partition("?")[0] + "/card")
    form = page.locator("form[action$='/card/lost']")
    form.locator("input:visible").first.fill("1380000")
    with walked.leaving():
        walked.press("Enter", "Enter")
    walked.take("lost")


def small(png: bytes) -> bytes:
    """The picture in few colours; a page has few."""
    with Image.open(BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        packed = BytesIO()
        few.save(packed, "PNG", optimize=True)
    return packed.getvalue()


@contextmanager
def counter(folder: Path, clock: Standing) -> Iterator[tuple[str, Practice, Callable[..., None]]]:
    """Practice, served."""
    practice = open_practice(folder, clock, drawn(1), cost=Cost(memory_kib=8, passes=1))
    node = practice.node
    app = make_node_app(
        node,
        clock=clock,
        random=drawn(1 << 32),
        instance="pictures",
        sessions=DeskSessions(clock, drawn(1 << 33), node.staff.sign_out, node.roster.level),
        besides=practice_blueprints(practice, clock, drawn(1 << 34)),
        marked=PLACES,
    )
    teach(app)
    marked = app.extensions[SITE]
    bare = replace(marked, mark="", marked=())

    def mark(*, shown: bool) -> None:
        """The manual shows a real vending point, without a mark; the pages of practice bear it."""
        app.extensions[SITE] = marked if shown else bare

    listening: Any = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=listening.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.effective_port}", practice, mark
    finally:
        listening.task_dispatcher.shutdown()
        listening.trigger.pull_trigger(lambda: listening.asyncore.close_all(listening._map))
        thread.join(10)
        node.close()


@contextmanager
def in_a_browser(language: str, own: Browser | None = None) -> Iterator[Walk]:
    """Somebody at the counter of practice, in a browser that asks for the language.

    ``own``: a browser that runs already; there can be one Playwright in a thread.
    """
    clock = Standing()
    with (
        tempfile.TemporaryDirectory() as folder,
        counter(Path(folder) / "practice", clock) as (url, practice, mark),
        _launched() if own is None else nullcontext(own) as browser,
    ):
        context = browser.new_context(
            locale=LANGUAGES[language],
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            viewport={"width": WIDTH, "height": 720},
        )
        context.set_default_timeout(30_000)
        try:
            yield Walk(context.new_page(), url, practice, clock, mark)
        finally:
            practice.reader.remove()
            context.close()


@contextmanager
def _launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


def walked_in(language: str, own: Browser | None = None) -> Walk:
    """All pictures of a language, and the words that stood on their pages."""
    with in_a_browser(language, own) as done:
        done.mark(shown=False)
        walk(done)
        done.mark(shown=True)
        walk_practice(done)
    return done


def stale(language: str, own: Browser | None = None) -> list[str]:
    """The pictures whose pages say something else by now."""
    held = json.loads(WORDS.read_text(encoding="utf-8"))
    return differing(held[language], walked_in(language, own).words)


def differing(held: dict[str, str], now: dict[str, str]) -> list[str]:
    """The names under which another digest stands, or none."""
    return sorted(name for name, digest in now.items() if held.get(name) != digest)


def make() -> None:
    """Make every picture anew."""
    words = {}
    for language in LANGUAGES:
        done = walked_in(language)
        folder = TARGET / language
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in done.taken.items():
            (folder / f"{name}.png").write_bytes(picture)
        words[language] = done.words
        print(language, sum(map(len, done.taken.values())) // 1024, "KiB")
    WORDS.write_text(json.dumps(words, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main() -> int:
    """Make them, or tell which are stale."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true")
    if not options.parse_args().check:
        make()
        return 0
    found = [f"{language}/{name}" for language in LANGUAGES for name in stale(language)]
    for name in found:
        print(f"{name} shows an earlier program")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
