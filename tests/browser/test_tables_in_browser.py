"""Many accounts from a workbook: tried, opened, changed and taken back in both languages."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import FilePayload, Page, expect

from browser_counter import Counter, OpenPage, signed_in
from household_tables import HEAD, a_row
from yika_node.services.views import Account

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)


def workbook(*rows: list[str]) -> FilePayload:
    """A file as a browser is given one."""
    book, data = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(data)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return FilePayload(name="table.xlsx", mimeType=kind, buffer=data.getvalue())


def give(page: Page, file: FilePayload, button: str, *, reason: str = "") -> None:
    """Choose the file and press a button, twice where it asks."""
    page.locator("#f-file").set_input_files(file)
    if reason:
        page.locator("#f-reason").fill(reason)
    pressed = page.locator(f"form {button}")
    pressed.focus()
    page.keyboard.press("Enter")
    if button != "button.main":
        page.keyboard.press("Enter")
    expect(page.locator("main table")).to_be_visible()


def accounts(counter: Counter) -> list[Account]:
    return list(counter.pages.node.accounts.find("").rows)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_workbook_opens_accounts_and_its_undo_file_takes_them_back(
    open_page: OpenPage, counter: Counter, barriers: Callable[[Page], list[str]], language: str
) -> None:
    page = signed_in(open_page, counter, "/accounts/import", language=language)
    # What is taken back is free for the other language.
    before, first = len(accounts(counter)), counter.opened
    rows = [a_row(first + at, f"王{at}").split(",") for at in range(2)]
    file = workbook(HEAD.split(","), *rows)
    give(page, file, "button.main")
    assert len(accounts(counter)) == before
    give(page, file, "button.second")
    assert len(accounts(counter)) == before + 2
    assert barriers(page) == []
    with page.expect_download() as download:
        page.locator("a[href*='/accounts/undo/']").click()
    undo = Path(download.value.path()).read_bytes()
    page.goto(f"{counter.url}/accounts/changes")
    taken = FilePayload(name="undo.csv", mimeType="text/csv", buffer=undo)
    give(page, taken, "button.main", reason="the wrong list")
    assert barriers(page) == []
    give(page, taken, "button.second", reason="the wrong list")
    gone = [account for account in accounts(counter) if account.status == "closed"]
    assert {account.person.name for account in gone if account.person} >= {"王0", "王1"}
    assert not any(account.meters for account in gone)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_change_shows_what_was_and_what_will_be(
    open_page: OpenPage, counter: Counter, barriers: Callable[[Page], list[str]], language: str
) -> None:
    page = signed_in(open_page, counter, "/accounts/changes", language=language)
    persons, phone = ("7", "13912345678") if language == "en" else ("8", "13987654321")
    file = workbook(["account", "persons", "phone"], [counter.account, persons, phone])
    give(page, file, "button.main", reason="census")
    expect(page.locator("main li b").first).to_have_text(phone)
    assert barriers(page) == []
    give(page, file, "button.second", reason="census")
    assert counter.pages.node.accounts.get(counter.account).persons == int(persons)
