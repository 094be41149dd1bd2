"""A served vending point for tests in a real browser: its clerk, its customer, his card."""

import os
import shutil
import time
from collections.abc import Callable, Iterable
from typing import Protocol
from wsgiref.types import StartResponse, WSGIEnvironment

from playwright.sync_api import Page

from card_builders import ChipMemory
from node_pages import Pages
from node_world import OPERATOR, PASSWORD

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
]

OpenPage = Callable[..., Page]


class Hands(Protocol):
    """What counts the keys (``conftest.Hands``)."""

    keys: int

    def type(self, text: str) -> None: ...
    def press(self, *keys: str) -> None: ...


class Counter:
    """A node whose pages are served, and a customer with a card for eight meters.

    ``delay_s``: so long every request takes before it is answered.
    """

    def __init__(self, pages: Pages, url: str) -> None:
        self.pages = pages
        self.url = url
        self.delay_s = 0.0
        clerk = pages.clerk()
        self.account, self.chip = clerk.open_with_card()
        clerk.sell({"amount-0": "100", "amount-4": "50"})
        pages.world.load(self.chip, pages.node.accounts.get(self.account).meters[4].meter)
        path = f"/accounts/{self.account}/complaint"
        said = {"about": "credit", "words": "表上只有一半"}
        sale = pages.node.enquiries.sales().rows[0]
        said["receipt"] = f"{sale.epoch}-{sale.basket}"
        written = clerk.post(path, said, on=f"{path}?receipt={said['receipt']}").location
        self.complaint = int(written.rsplit("/", 1)[-1])
        self.opened = 1
        self._answer = pages.app.wsgi_app
        setattr(pages.app, "wsgi_app", self._slowly)  # noqa: B010 - a method is replaced on purpose

    def _slowly(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        time.sleep(self.delay_s)
        return self._answer(environ, start)

    def insert(self, chip: ChipMemory) -> None:
        """Put a card in."""
        self.pages.world.hand.insert(chip)
        self.pages.world.pass_time(seconds=1)

    def pull(self) -> None:
        """Take the card out."""
        self.pages.world.hand.pull()
        self.pages.world.pass_time(seconds=1)

    def sales(self) -> int:
        """How many meters were sold to, ever."""
        return len(self.pages.node.enquiries.sales(limit=1000).rows)


def signed_in(open_page: OpenPage, counter: Counter, path: str = "/", **look: object) -> Page:
    """A page of somebody who has signed in with keys."""
    page = open_page(f"{counter.url}/login?next={path}", **look)
    page.keyboard.type(OPERATOR)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{counter.url}{path}")
    return page


def put_in(page: Page, counter: Counter) -> None:
    """Put the customer's card in; the first page leads to the sale by itself.

    To go there as well would race with it: the page would be loaded twice, the second time over
    what had been typed.
    """
    counter.insert(counter.chip)
    page.wait_for_url(f"{counter.url}/sell")
    page.locator("#amount-0").wait_for()


def focus_is_in_main(page: Page) -> bool:
    """Whether keys reach the page's own part."""
    return bool(page.evaluate("document.activeElement.closest('main') !== null"))
