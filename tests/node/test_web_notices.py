"""What headquarters says of a card, as the clerk sees and answers it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from card_builders import ChipMemory
from node_pages import Clerk, Pages, code_of, pages_in, said
from yika_common.cards.write_back import MeterStatus
from yika_common.meters.events import Event, happened
from yika_common.services import Service
from yika_common.sync.card_list import Notice, ServiceLevels

WATER, SLOT = "amount-4", 4
TEXTS: dict[str, Any] = {"zh": "请携带证件", "en": "Bring your papers"}


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture
def clerk(pages: Pages) -> Clerk:
    return pages.clerk()


@pytest.fixture
def opened(clerk: Clerk) -> tuple[str, str, ChipMemory]:
    """An account, its card's number and the chip in the reader."""
    number, chip = clerk.open_with_card()
    card = clerk.pages.node.accounts.get(number).card
    assert card is not None
    return number, card, chip


def told(pages: Pages, **list_of: object) -> None:
    pages.world.headquarters.list_cards(**list_of)
    pages.node.courier.sync()


def answer(card: str, **more: str) -> dict[str, str]:
    return {"card": card, "about": card, "meter": "", "number": "1"} | more


@pytest.mark.parametrize(("language", "shown"), [("en", TEXTS["en"]), ("zh", TEXTS["zh"])])
def test_a_message_is_shown_in_the_clerks_language_until_it_was_told(
    pages: Pages, opened: tuple[str, str, ChipMemory], language: str, shown: str
) -> None:
    clerk, card = pages.clerk(language), opened[1]
    told(pages, notices=(Notice(nth=1, card=card, action="message", **TEXTS),))
    for place in ("/card", "/sell"):
        assert shown in clerk.get(place).text
    done = clerk.post("/card/notice/told", answer(card, reason=""), on="/card")
    assert done.status_code == 303
    assert shown not in clerk.get("/card").text
    again = clerk.post("/card/notice/told", answer(card, reason=""), on="/card")
    assert code_of(again) == "notice_gone"


def test_a_call_stops_the_sale_and_says_so_until_it_was_made(
    clerk: Clerk, opened: tuple[str, str, ChipMemory]
) -> None:
    card = opened[1]
    told(clerk.pages, notices=(Notice(nth=1, card=card, action="call"),))
    (sentence,) = said(clerk.get("/sell"))
    assert "asks to be called first, as of 2026-04-01" in sentence
    place = "/card/notice/told"
    assert code_of(clerk.post(place, answer(card, reason=""), on="/card")) == (
        "notice_reason_too_long"
    )
    assert clerk.post(place, answer(card, reason="may buy"), on="/card").status_code == 303
    clerk.sell({WATER: "50"})


@pytest.mark.parametrize("number", ["x", "", "99999999999", "2"])
def test_a_notice_that_there_is_none_of_is_not_answered(
    clerk: Clerk, opened: tuple[str, str, ChipMemory], number: str
) -> None:
    card = opened[1]
    told(clerk.pages, notices=(Notice(nth=1, card=card, action="keep"),))
    for place in ("/card/notice/told", "/card/notice/kept"):
        refused = clerk.post(place, answer(card, number=number, reason="y"), on="/card")
        assert code_of(refused) == "notice_gone"


def test_a_card_is_kept_on_the_page(clerk: Clerk, opened: tuple[str, str, ChipMemory]) -> None:
    card = opened[1]
    told(clerk.pages, notices=(Notice(nth=1, card=card, action="keep"),))
    assert "The card was kept" in clerk.get("/card").text
    assert clerk.post("/card/notice/kept", answer(card), on="/card").status_code == 303
    assert "was taken out of use" in clerk.get("/card").text


def test_settings_wait_for_the_meter_and_its_alarms_are_shown(
    clerk: Clerk, opened: tuple[str, str, ChipMemory]
) -> None:
    number, _, chip = opened
    world = clerk.pages.world
    levels = ServiceLevels(Service.COLD_WATER, "", 0, 1, 5_000, 0, 2_000, 0)
    told(clerk.pages, levels=(levels,))
    clerk.sell({WATER: "50"})
    assert "settings wait for the meter" in clerk.get("/card").text
    meter = clerk.pages.node.accounts.get(number).meters[SLOT].meter
    world.load(chip, meter)
    page = clerk.get("/card").text
    assert "settings wait for the meter" not in page
    stored = world.use_meter(meter)
    assert stored.state().second_level == 2_000
    for event in (Event.COVER, Event.BATTERY_LOW):
        stored.commit(happened(stored.plate, stored.state(), event))
    assert MeterStatus.COVER in stored.state().status
    world.load(chip, meter)
    page = clerk.get("/card").text
    for shown in ("cover was opened", "battery low"):
        assert shown in page
