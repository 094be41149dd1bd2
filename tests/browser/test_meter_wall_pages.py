"""The meter wall in a browser: a person puts a card in, uses gas, opens a cover, sees it all."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from card_builders import METER_ID
from served import served
from wall_town import CARD, NOW, Slot, wall_town
from yika_common.infra.entropy import system_random
from yika_common.tools.wall.bench import Bench
from yika_common.tools.wall.pages import make_wall_app

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[str]:
    """The address of a wall with a reader beside it."""
    bench = Bench(
        wall_town(tmp_path), clock=lambda: NOW, random=system_random, readers={"N0001": Slot()}
    )
    with served(make_wall_app(bench, random=system_random, instance="browser")) as url:
        yield url


def test_nothing_on_the_wall_shuts_anybody_out(
    open_page: OpenPage, wall: str, language: str, barriers: Callable[[Page], list[str]]
) -> None:
    page = open_page(f"{wall}/?card={CARD}", language)
    heading = {"en": "Meter wall", "zh-CN": "表墙"}[language]
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    for name in {"en": ("Put the card in",), "zh-CN": ("插卡",)}[language]:
        page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator(".visit")).to_be_visible()
    for folded in page.locator("summary").all():
        folded.click()
    assert barriers(page) == []


def test_a_person_loads_uses_and_opens_a_meter(open_page: OpenPage, wall: str) -> None:
    page = open_page(wall, "en")
    page.get_by_label("Which card").select_option(CARD)
    page.get_by_role("button", name="Take it").click()
    meter = page.get_by_role("region", name=f"Gas {METER_ID}")
    expect(page.locator(".meter")).to_have_count(1)
    meter.get_by_role("button", name="Put the card in").click()
    expect(meter.locator(".face")).to_contain_text("100 m³")
    meter.get_by_role("button", name="100", exact=True).click()
    expect(meter).to_contain_text("95 m³ passed")
    expect(meter).to_contain_text("closed once: show the card")
    meter.get_by_role("button", name="Put the card in").click()
    expect(meter).to_contain_text("nothing new on the card")
    expect(meter).to_contain_text("supplies")
    meter.get_by_text("What may happen to it").click()
    meter.get_by_role("button", name="Open the cover").click()
    expect(meter).to_contain_text("cover was opened")


def test_a_card_in_the_reader_is_taken_out_before_it_is_put_in(
    open_page: OpenPage, wall: str
) -> None:
    page = open_page(f"{wall}/?card={CARD}", "en")
    page.get_by_role("button", name="Put it into the reader of N0001").click()
    expect(page.get_by_role("alert")).to_contain_text("lies in the reader of N0001")
    expect(page.get_by_role("button", name="Put the card in")).to_have_count(0)
    page.get_by_role("button", name="Take it out of the reader").click()
    expect(page.get_by_role("button", name="Put the card in")).to_have_count(1)
