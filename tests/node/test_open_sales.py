"""The first page says what to do about each sale whose end was not seen."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from node_pages import Clerk, hidden, pages_in
from node_world import OPERATOR, Fate
from yika_node.services.open_sales import PATIENCE, Advice, advice

CARD, LATER = "860000000001", "860000000002"
SOON, LATE = timedelta(minutes=5), PATIENCE + timedelta(seconds=1)


@pytest.fixture(params=["en", "zh"])
def clerk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Clerk]:
    with pages_in(tmp_path / "node") as pages:
        yield pages.clerk(request.param)


@pytest.mark.parametrize(
    ("in_use", "gone", "waited", "expected"),
    [
        (CARD, False, SOON, Advice.PUT_IN),
        (None, False, SOON, Advice.PUT_IN),
        (CARD, False, LATE, Advice.CALL),
        (CARD, True, LATE, Advice.REPLACE),
        (LATER, True, LATE, Advice.LATER_CARD),
        (LATER, False, SOON, Advice.LATER_CARD),
    ],
)
def test_the_advice_follows_from_the_card(
    in_use: str | None, gone: bool, waited: timedelta, expected: Advice
) -> None:
    assert advice(CARD, in_use, gone=gone, waited=waited) is expected


def pulled_while_selling(clerk: Clerk) -> tuple[str, str]:
    """A sale whose card was pulled before it was written: the account, and the receipt's path."""
    number, _ = clerk.open_with_card()
    hand = clerk.pages.world.hand
    form = hidden(clerk.get("/sell")) | {"amount-4": "50"}
    hand.fate = looking = Fate()
    clerk.get("/sell")
    hand.fate = Fate(at=len(looking.steps) - 2, how="pull")
    sold = clerk.send("/sell", form)
    hand.fate = Fate()
    assert sold.status_code == 303, sold.text
    return number, sold.location


def test_the_first_page_names_the_card_to_put_in_and_the_receipt(clerk: Clerk) -> None:
    number, path = pulled_while_selling(clerk)
    page = clerk.get("/").text
    assert page.count('data-advice="put_in"') == 1
    assert f"/accounts/{number}" in page
    assert path in page
    clerk.pages.world.pass_time(days=2)
    late = clerk.pages.clerk(clerk.language).get("/").text
    assert 'data-advice="call"' in late


def test_a_lost_card_is_to_be_replaced(clerk: Clerk) -> None:
    number, _ = pulled_while_selling(clerk)
    clerk.pages.node.life.reports.lose(OPERATOR, number, "he called")
    assert 'data-advice="replace"' in clerk.get("/").text


def test_without_open_sales_the_page_says_nothing_of_them(clerk: Clerk) -> None:
    assert "data-advice" not in clerk.get("/").text


def test_the_first_page_leads_to_the_further_tasks_by_keys(clerk: Clerk) -> None:
    page = clerk.get("/").text
    for path, key in (("/charges/fee", "B"), ("/charges/deposit", "D"), ("/refunds/last", "V")):
        assert re.search(f'href="{path}" data-key="{key}"', page)
