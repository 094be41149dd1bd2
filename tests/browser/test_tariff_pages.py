"""The tariff office in a real browser: checked while typing, replayed while looking, signed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from central_builders import LI, WANG, HandClock
from central_town import a_town
from served import served
from yika_central.bootstrap import Headquarters
from yika_central.services.staff import Credential
from yika_central.web.app import make_central_app

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[tuple[str, Headquarters]]:
    hq = a_town(tmp_path / "central", HandClock())
    with served(make_central_app(hq)) as address:
        yield address, hq
    hq.close()


def signed_in(
    open_page: OpenPage, url: str, who: Credential, language: str = "en", **size: int
) -> Page:
    page = open_page(f"{url}/login", language, **size)
    page.fill("[name=name]", who.name)
    page.fill("[name=password]", who.password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    return page


def retype(page: Page, before: str, after: str) -> None:
    """Change the text as a hand does: the page hears of it."""
    text = page.locator("textarea")
    text.fill(text.input_value().replace(before, after))


def test_a_draft_is_typed_checked_replayed_approved_and_published(
    open_page: OpenPage, town: tuple[str, Headquarters]
) -> None:
    url, hq = town
    li = signed_in(open_page, url, LI)
    li.keyboard.press("F6")
    li.locator("tr", has_text="CN-BJ-WATER-RES v4").get_by_role(
        "link", name="Next version"
    ).click()
    expect(li.locator("textarea")).to_be_focused()
    check = li.locator("#check")
    retype(li, '"4.57"', '"4,97"')
    expect(check.get_by_text("components[0].steps[1].price")).to_be_visible()
    retype(li, '"4,97"', '"4.97"')
    expect(check.get_by_text("price of step 2 of Water")).to_be_visible()
    expect(check.get_by_text("+8.8 %")).to_be_visible()
    expect(li.locator("textarea")).to_be_focused()
    li.get_by_role("button", name="Compute golden cases").click()
    expect(check.get_by_text("golden cases, and all of them come out")).to_be_visible()
    li.get_by_role("button", name="Keep this draft").click()
    expect(li.get_by_text("waits for its turn")).to_be_visible()
    hq.tariff_office.replays.run_waiting()
    expect(li.get_by_text("Would pay more")).to_be_visible()
    draft = li.url

    wang = signed_in(open_page, url, WANG)
    wang.goto(draft)
    wang.fill("#f-approve", WANG.password)
    wang.keyboard.press("Enter")
    expect(wang.get_by_role("button", name="Approve this exact file")).to_be_focused()
    wang.keyboard.press("Enter")
    expect(wang.get_by_text("You approved it.")).to_be_visible()

    li.reload()
    li.fill("#f-publish", LI.password)
    li.keyboard.press("Enter")
    li.keyboard.press("Enter")
    li.wait_for_url(f"{url}/tariffs/CN-BJ-WATER-RES/5")
    expect(li.get_by_text("to come")).to_be_visible()


def test_no_page_of_the_office_puts_up_barriers_or_runs_off_the_screen(
    open_page: OpenPage,
    town: tuple[str, Headquarters],
    language: str,
    barriers: Callable[[Page], list[str]],
) -> None:
    url, hq = town
    document = hq.tariff_office.document("CN-BJ-WATER-RES", 4)
    assert document is not None
    text = document.replace(b'"version": 4', b'"version": 5').replace(b'"4.57"', b'"4.97"')
    waiting, done = (hq.tariff_office.drafts.keep(text, "li") for _ in range(2))
    hq.tariff_office.replays.ask(done, 12, "li")
    hq.tariff_office.replays.run_waiting()
    hq.tariff_office.replays.ask(waiting, 12, "li")
    page = signed_in(open_page, url, WANG, language, width=1024, height=6000)
    found = []
    for path in (
        "/tariffs",
        "/drafts",
        f"/drafts/{done}",
        f"/drafts/{waiting}",
        "/drafts/new?of=CN-BJ-WATER-RES",
        "/tariffs/CN-BJ-WATER-RES/4",
    ):
        page.goto(url + path)
        found += [f"{path} {barrier}" for barrier in barriers(page)]
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found += [f"{path} is wider than the screen"] if wide else []
    assert found == []
