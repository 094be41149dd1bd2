"""Business data in a real browser: nobody is kept out, keys suffice, paper and files come out."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from browser_counter import OpenPage
from node_pages import pages_in
from node_world import OPERATOR, PASSWORD, for_money, open_with_card
from served import served

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)

ONE_OF_EACH_KIND = ("settlement", "steps", "non-buyers", "used", "stock", "log")
ALL_TIME = "since=2026-01-01T00:00:00&until=2026-12-31T23:59:59"


@pytest.fixture(scope="module")
def point(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a point that sold three times."""
    with pages_in(tmp_path_factory.mktemp("business") / "data") as pages:
        node = pages.node
        node.staff.sign_in(OPERATOR, PASSWORD)
        account, _chip = open_with_card(pages.world, node)
        assert account.card is not None
        for number in range(3):
            node.sales.sell(OPERATOR, account.card, [for_money(0, 5000)], f"{number}")
        with served(pages.app) as url:
            yield url


def signed_in(open_page: OpenPage, point: str, language: str = "en", width: int = 1366) -> Page:
    page: Page = open_page(f"{point}/login", language=language, width=width)
    page.locator("[name=name]").fill(OPERATOR)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{point}/")
    return page


def test_nothing_keeps_anybody_out_of_business_data(
    open_page: OpenPage, point: str, barriers: Callable[[Page], list[str]], language: str
) -> None:
    page = signed_in(open_page, point, language)
    own = ("/business", "/business/services", "/business/charts", "/reports", "/workbooks")
    paths = [*own, *(f"/reports/{name}" for name in ONE_OF_EACH_KIND)]
    found = []
    for path in paths:
        page.goto(f"{point}{path}?{ALL_TIME}")
        found += [f"{path} {barrier}" for barrier in barriers(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
    assert found == []


@pytest.mark.parametrize("width", [1366, 1024])
def test_keys_alone_lead_to_the_workbook(
    open_page: OpenPage, point: str, tmp_path: Path, width: int
) -> None:
    page = signed_in(open_page, point, width=width)
    page.goto(f"{point}/business?{ALL_TIME}")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.keyboard.press("e")
    page.wait_for_url(f"{point}/workbooks")
    newest = page.locator("#workbooks tbody tr").first
    expect(newest.get_by_role("link", name="Save")).to_be_visible()
    with page.expect_download() as download:
        newest.get_by_role("link", name="Save").press("Enter")
    target = tmp_path / "sales.xlsx"
    download.value.save_as(target)
    assert load_workbook(target).worksheets[0].max_row == 7
    newest.get_by_role("button", name="Throw away").click()
    expect(page.locator("#workbooks")).to_contain_text("You asked for no workbook yet")


def test_a_report_is_printed_across_with_what_was_asked_and_lines_to_sign_on(
    open_page: OpenPage, point: str
) -> None:
    page = signed_in(open_page, point)
    page.goto(f"{point}/reports/settlement?{ALL_TIME}")
    paper = page.pdf(prefer_css_page_size=True)
    (width, height) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)[0]
    assert float(width) > float(height)
    page.emulate_media(media="print")
    expect(page.get_by_text("Handed over by")).to_be_visible()
    expect(page.locator("article > .paper-only").first).to_contain_text("2026-12-31 23:59:59")
    expect(page.get_by_role("button", name="Look up")).to_be_hidden()


def test_a_filter_is_typed_and_looked_up_without_a_mouse(open_page: OpenPage, point: str) -> None:
    page = signed_in(open_page, point)
    page.goto(f"{point}/business?{ALL_TIME}")
    page.get_by_label("Customer").focus()
    page.keyboard.type("no such customer")
    page.keyboard.press("Enter")
    expect(page.locator("tbody")).to_contain_text("There is nothing for what was asked.")
    expect(page.get_by_label("Customer")).to_have_value("no such customer")
