"""Headquarters' pages in a real browser: no barriers, nothing cut off, keys that work."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from central_builders import ADMIN, HandClock
from central_town import a_town
from served import served
from yika_central.services.person_office import PersonTerms
from yika_central.web.app import make_central_app

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]

PATHS = (
    "/",
    "/nodes",
    "/sales",
    "/sales/N0001/1/0/33",
    "/rerating",
    "/adjustments?all=1",
    "/policies",
    "/debts",
    "/months",
    "/rulings",
    "/suspense",
    "/duplicates",
    "/duplicates/N0001-000017/N0001-000017",
    "/complaints",
    "/tariffs",
    "/tariffs/CN-BJ-WATER-RES/4",
    "/reports",
    "/persons",
    "/persons/one?number=1001",
    "/persons/changes",
    "/settings",
    "/phone",
    "/approvals",
    "/staff",
    "/manual",
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    hq = a_town(tmp_path_factory.mktemp("town") / "central", HandClock())
    chen = PersonTerms(name="陈伟", level="CLERK", nodes=("N0001",))
    hq.person_office.enter("1001", chen, by="admin", reason="began")
    with served(make_central_app(hq)) as address:
        yield address
    hq.close()


def signed_in(open_page: OpenPage, url: str, language: str, **size: int) -> Page:
    page = open_page(f"{url}/login", language, **size)
    page.fill("[name=name]", ADMIN.name)
    page.fill("[name=password]", ADMIN.password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    return page


def test_no_page_puts_up_barriers_or_runs_off_the_screen(
    open_page: OpenPage, url: str, language: str, barriers: Callable[[Page], list[str]]
) -> None:
    # So tall that no link lies half under the line at the bottom.
    page = signed_in(open_page, url, language, width=1024, height=4000)
    found = []
    for path in PATHS:
        page.goto(url + path)
        found += [f"{path} {barrier}" for barrier in barriers(page)]
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found += [f"{path} is wider than the screen"] if wide else []
    assert found == []


def test_the_printed_keys_open_the_pages(open_page: OpenPage, url: str) -> None:
    page = signed_in(open_page, url, "en")
    for key, heading in (
        ("F2", "Sales"),
        ("F4", "Vending points"),
        ("F6", "Tariffs"),
        ("F7", "Re-rating"),
        ("F9", "Reports"),
        ("F1", "Manual of headquarters"),
        ("Escape", "Overview"),
    ):
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(heading)


def test_one_key_changes_the_language_and_keeps_the_page(open_page: OpenPage, url: str) -> None:
    page = signed_in(open_page, url, "en")
    page.goto(f"{url}/rerating")
    page.keyboard.press("F8")
    expect(page.locator("h1")).to_have_text("重新计价")
    assert page.url == f"{url}/rerating"


def test_the_workbook_is_downloaded_in_two_presses(open_page: OpenPage, url: str) -> None:
    page = signed_in(open_page, url, "zh-CN")
    page.keyboard.press("F9")
    with page.expect_download() as download:
        page.get_by_role("link", name="本月").click()
    assert download.value.suggested_filename == "yika-2026-06-01-2026-06-01.xlsx"


def test_stopping_a_vending_point_takes_two_steps(open_page: OpenPage, url: str) -> None:
    page = signed_in(open_page, url, "en")
    page.keyboard.press("F4")
    row = page.locator("tr", has_text="N0001")
    row.get_by_role("button", name="Stop").click()
    expect(row.get_by_text("sells")).to_be_visible()
    row.get_by_role("button", name="Stop its sales").click()
    expect(row.get_by_text("stopped by hand")).to_be_visible()
    row.get_by_role("button", name="Release").click()
    row.get_by_role("button", name="Let it sell again").click()
    expect(row.get_by_text("sells")).to_be_visible()
