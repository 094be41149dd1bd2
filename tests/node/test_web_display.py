"""The customer's window shows what he pays and gets back, and nobody's name."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Clerk, hidden, pages_in


@pytest.fixture(params=["en", "zh"])
def clerk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Clerk]:
    with pages_in(tmp_path / "node") as pages:
        clerk = pages.clerk(request.param)
        clerk.open_with_card()
        yield clerk


def shown(clerk: Clerk) -> str:
    """What the window shows: idle, quote or sold."""
    page = clerk.get("/display")
    assert page.status_code == 200
    assert "王小明" not in page.text
    (found,) = re.findall(r'data-shown="(\w+)"', page.text)
    return str(found)


def quote(clerk: Clerk, **typed: str) -> str:
    fields = {name.replace("_", "-"): value for name, value in typed.items()}
    return clerk.quote(hidden(clerk.get("/sell")) | fields).text


def test_it_follows_what_is_typed_and_sold(clerk: Clerk) -> None:
    assert shown(clerk) == "idle"
    quote(clerk, amount_4="50", tender_cash="100")
    assert shown(clerk) == "quote"
    assert clerk.get("/display").text.count("¥50.00") == 3
    clerk.sell({"amount-4": "50", "tender-cash": "100"})
    assert shown(clerk) == "sold"
    clerk.pages.world.pass_time(minutes=1)
    assert shown(clerk) == "idle"


def test_a_quote_goes_with_its_card_and_with_its_amounts(clerk: Clerk) -> None:
    quote(clerk, amount_4="50")
    assert shown(clerk) == "quote"
    quote(clerk)
    assert shown(clerk) == "idle"
    quote(clerk, amount_4="50")
    clerk.pages.world.hand.pull()
    clerk.pages.world.pass_time(seconds=5)
    assert shown(clerk) == "idle"


def test_the_window_asks_again_only_for_what_is_new(clerk: Clerk) -> None:
    quote(clerk, amount_4="50")
    (place,) = re.findall(r'hx-get="(/display/now/[^"]+)"', clerk.get("/display").text)
    assert clerk.get(place).status_code == 204
    quote(clerk, amount_4="60")
    assert "¥60.00" in clerk.get(place).text


def test_nobody_sees_it_who_is_not_signed_in(clerk: Clerk) -> None:
    stranger = clerk.pages.app.test_client()
    assert stranger.get("/display").status_code in (302, 303, 401)
