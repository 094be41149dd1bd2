"""Closing an account on its page: one total, the second person, one receipt, still found later."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from customer_builders import a_sheet
from node_pages import Clerk, Pages, code_of, pages_in
from node_world import OPERATOR
from second_person import approved_with
from yika_common.journal.card_bodies import RETIRED
from yika_common.sync.settings import FeeItem, Settings

FINAL = FeeItem("FINAL", "销户费", "Closing fee", 2_000, 0, "6055", 0)


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture(params=["en", "zh"])
def clerk(pages: Pages, request: pytest.FixtureRequest) -> Clerk:
    clerk = pages.clerk(request.param)
    pages.world.headquarters.publish_settings(Settings(fees=(FINAL,)))
    pages.node.courier.sync()
    return clerk


@pytest.fixture
def number(clerk: Clerk) -> str:
    number = clerk.open_account(4)
    place = f"/accounts/{number}/guarantee"
    taken = clerk.post(place, {"code": "SUPPLY", "amount": "500"}, on=place)
    assert taken.status_code == 303, taken.text
    return number


def test_it_is_closed_by_two_with_one_receipt_and_found_later(clerk: Clerk, number: str) -> None:
    place = f"/accounts/{number}/close"
    page = clerk.get(place)
    assert page.text.count("autofocus") == 1
    assert "¥500.00" in page.text
    with_fee = clerk.post(place, {"reason": "gone", "fee": "FINAL", "reckon": "1"}, on=place)
    assert "¥480.00" in with_fee.text
    assert 'value="gone"' in with_fee.text
    then = approved_with(clerk, place, {"reason": "gone", "fee": "FINAL"})
    assert "¥480.00" in clerk.get(then).text
    done = clerk.post(place, {}, on=then)
    assert done.status_code == 303, done.text
    receipt = clerk.get(done.location)
    for figure in ("¥500.00", "-¥20.00", "¥480.00"):
        assert figure in receipt.text, figure
    assert 'class="receipt-code"' in receipt.text
    account = clerk.get(f"/accounts/{number}").text
    assert f'href="{receipt.request.path}"' in account
    assert clerk.get(f"/accounts?text={number}").status_code in (200, 303)
    again = clerk.post(place, {"reason": "gone"}, on=done.location)
    assert again.status_code >= 400


def test_what_is_owed_is_collected_by_one_person(clerk: Clerk) -> None:
    number = clerk.open_account(4, 1)
    place = f"/accounts/{number}/close"
    form = {"reason": "gone", "fee": "FINAL", "reckon": "1"}
    assert "¥20.00" in clerk.post(place, form, on=place).text
    changed = clerk.post(place, {"reason": "gone", "fee": "FINAL"}, on=place)
    assert code_of(changed) == "closing_changed"
    done = clerk.post(place, {"reason": "gone", "fee": "FINAL", "total": "-2000"}, on=place)
    assert done.status_code == 303, done.text


def test_headquarters_credit_is_handed_out_once_the_card_is_taken_in(
    pages: Pages, clerk: Clerk
) -> None:
    number, _ = clerk.open_with_card(8, 2)
    place, card = f"/accounts/{number}/close", pages.node.accounts.get(number).card
    told = a_sheet(number, 2, card=card, adjustment=12_300, adjustment_number=1)
    pages.world.headquarters.tell(told)
    pages.node.courier.sync()
    assert "¥123.00" in clerk.get(place).text
    assert 'name="total" value="0"' in clerk.get(place).text
    pages.node.life.ends.end(OPERATOR, RETIRED, "moved out")
    assert 'name="total" value="12300"' in clerk.get(place).text
    then = approved_with(clerk, place, {"reason": "gone"})
    done = clerk.post(place, {}, on=then)
    assert done.status_code == 303, done.text
    assert "¥123.00" in clerk.get(done.location).text
    for page in (f"/accounts/{number}/history", "/charges"):
        assert clerk.get(page).status_code == 200


def test_no_total_is_not_understood_and_no_closing_not_found(clerk: Clerk, number: str) -> None:
    place = f"/accounts/{number}/close"
    assert clerk.post(place, {"reason": "gone", "total": "x"}, on=place).status_code == 400
    assert clerk.get(f"/accounts/{number}/closed").status_code == 404
