"""Paper in a real browser: P prints after the trouble, and A4 pages carry what matters alone."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser_counter import Counter, Hands, OpenPage, signed_in
from node_pages import Pages
from node_world import World
from printer_builders import printer_at, until
from served import served
from yika_common.simulated.receipt_printer import ReceiptPrinter

pytestmark = pytest.mark.browser

OUT = {"en": "out of paper", "zh-CN": "缺纸"}
PRESSED = {"en": ("Sell", "History", "Sign out"), "zh-CN": ("F2", "退出登录")}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Counter, ReceiptPrinter]]:
    """A vending point with a receipt printer; a first receipt lies on the counter."""
    world = World(tmp_path / "node")
    simulated = printer_at(world.folder, width=58)
    node = world.enrolled()
    pages = Pages(world, node)
    with served(pages.app) as url:
        counter = Counter(pages, url)
        until(lambda: simulated.papers)
        yield counter, simulated
    node.close()
    simulated.close()


def test_p_prints_the_receipt_once_the_roll_was_changed(
    open_page: OpenPage,
    shop: tuple[Counter, ReceiptPrinter],
    hands: Callable[[Page], Hands],
    language: str,
) -> None:
    counter, simulated = shop
    simulated.paper(out=True)
    sold = counter.pages.clerk().sell({"amount-0": "70"}).request.path
    page = signed_in(open_page, counter, sold, language=language)
    watched = hands(page)
    expect(page.locator("#printer .notice.bad")).to_be_visible()
    expect(page.locator("#status")).to_contain_text(OUT[language])
    simulated.paper()
    watched.press("p")
    until(lambda: len(simulated.papers) == 2)
    expect(page.locator("#printer .notice.bad")).to_have_count(0)
    expect(page.locator("#status .bad")).to_have_count(0, timeout=5000)
    assert watched.keys == 1
    assert "副本".encode("gb18030") not in simulated.papers[1]


def test_a_copy_asks_why_and_takes_the_answer_by_keys(
    open_page: OpenPage,
    shop: tuple[Counter, ReceiptPrinter],
    hands: Callable[[Page], Hands],
    language: str,
) -> None:
    counter, simulated = shop
    (row,) = counter.pages.node.enquiries.sales(limit=1).rows
    page = signed_in(open_page, counter, f"/receipts/{row.epoch}/{row.basket}", language=language)
    watched = hands(page)
    watched.press("p")
    expect(page.locator("[name=reason]")).to_be_focused()
    watched.type("lost")
    watched.press("Enter")
    until(lambda: len(simulated.papers) == 2)
    assert "副本 1".encode("gb18030") in simulated.papers[1]


@pytest.mark.parametrize("path", ["/printer", "/accounts"])
def test_pages_about_paper_keep_nobody_out(
    open_page: OpenPage,
    shop: tuple[Counter, ReceiptPrinter],
    barriers: Callable[[Page], list[str]],
    language: str,
    path: str,
) -> None:
    counter, simulated = shop
    simulated.paper(low=True)
    page = signed_in(open_page, counter, path, language=language)
    page.wait_for_timeout(300)
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_account_on_a4_has_its_page_number_and_nothing_that_is_pressed(
    open_page: OpenPage, shop: tuple[Counter, ReceiptPrinter], tmp_path: Path, language: str
) -> None:
    counter, _ = shop
    page = signed_in(open_page, counter, f"/accounts/{counter.account}", language=language)
    sheet = tmp_path / "account.pdf"
    page.pdf(path=sheet, prefer_css_page_size=True)
    text = subprocess.run(
        ["pdftotext", "-layout", sheet, "-"], check=True, capture_output=True, text=True
    ).stdout
    told = subprocess.run(["pdfinfo", sheet], check=True, capture_output=True, text=True).stdout
    assert "A4" in told
    assert counter.account in text
    assert re.search(r"1\s*/\s*\d", text)
    for name in PRESSED[language]:
        assert name not in text.split(), name
