"""Guarantees at the counter: taken by keyboard, handed back by who may, larger sums by two."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Clerk, Pages, code_of, pages_in
from second_person import approved_with


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        object.__setattr__(pages.node.config.cash, "second_from", 50_000)
        yield pages


@pytest.fixture(params=["en", "zh"])
def clerk(pages: Pages, request: pytest.FixtureRequest) -> Clerk:
    return pages.clerk(request.param)


@pytest.fixture
def place(clerk: Clerk) -> str:
    return f"/accounts/{clerk.open_account()}/guarantee"


def take(clerk: Clerk, place: str, amount: str) -> str:
    done = clerk.post(place, {"code": "SUPPLY", "amount": amount, "note": "no. 7"}, on=place)
    assert done.status_code == 303, done.text
    return done.location


def test_it_is_taken_and_shown_on_the_account(clerk: Clerk, place: str) -> None:
    page = clerk.get(place)
    assert page.text.count("autofocus") == 1
    assert ("供用合同" if clerk.language == "zh" else "Supply contract") in page.text
    slip = clerk.get(take(clerk, place, "800"))
    assert ("保证金收据" if clerk.language == "zh" else "Receipt for a guarantee") in slip.text
    assert "¥800.00" in slip.text
    assert 'class="receipt-code"' in slip.text
    assert f'{slip.request.path}/back"' not in slip.text
    account = clerk.get(place.removesuffix("/guarantee")).text
    assert "¥800.00" in account
    assert f'href="{place}"' in account
    assert slip.request.path in clerk.get("/charges").text


def test_a_part_is_handed_back_with_a_receipt(clerk: Clerk, place: str) -> None:
    take(clerk, place, "800")
    back = f"{place}/back"
    assert clerk.get(back).text.count("autofocus") == 1
    done = clerk.post(back, {"amount": "300", "reason": "moves out"}, on=back)
    assert done.status_code == 303, done.text
    slip = clerk.get(done.location).text
    assert ("退还保证金" if clerk.language == "zh" else "Guarantee handed back") in slip
    assert "¥300.00" in slip
    assert "¥500.00" in clerk.get(place).text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount": "800.01", "reason": "too much"}, "guarantee_short"),
        ({"amount": "10", "reason": ""}, "card_reason_missing"),
        ({"amount": "all", "reason": "typo"}, "not_a_number"),
    ],
)
def test_what_is_refused_comes_back_as_typed(
    clerk: Clerk, place: str, fields: dict[str, str], code: str
) -> None:
    take(clerk, place, "800")
    refused = clerk.post(f"{place}/back", fields, on=f"{place}/back")
    assert code_of(refused) == code
    assert f'value="{fields["amount"]}"' in refused.text


def test_a_large_sum_waits_for_a_second_person(clerk: Clerk, place: str) -> None:
    take(clerk, place, "800")
    back = f"{place}/back"
    then = approved_with(clerk, back, {"amount": "500", "reason": "ends"})
    assert "¥500.00" in clerk.get(then).text
    done = clerk.post(back, {}, on=then)
    assert done.status_code == 303, done.text
    assert "¥300.00" in clerk.get(place).text
    assert code_of(clerk.post(back, {}, on=then)) == "guarantee_short"
