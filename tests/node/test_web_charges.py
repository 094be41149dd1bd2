"""Fees and deposits at the counter: taken by keyboard, with a receipt, and given back by two."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from node_pages import Clerk, Pages, code_of, pages_in
from second_person import approved
from yika_common.sync.settings import FeeItem, Settings
from yika_node.web.till import charge_desk_of

SEAL = FeeItem("SEAL", "表封", "Meter seal", 2_260, 130_000, "6051", 0)
VISIT = FeeItem("VISIT", "上门服务", "Visit", 5_000, 0, "6052", 1)


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture(params=["en", "zh"])
def clerk(pages: Pages, request: pytest.FixtureRequest) -> Clerk:
    clerk = pages.clerk(request.param)
    pages.world.headquarters.publish_settings(Settings(fees=(SEAL, VISIT)))
    pages.node.courier.sync()
    return clerk


def taken(clerk: Clerk, what: str, fields: dict[str, str]) -> TestResponse:
    page = f"/charges/{what}"
    done = clerk.post(page, fields, on=page)
    assert done.status_code == 303, done.text
    return clerk.get(done.location)


def test_a_fee_of_the_list_is_taken_and_has_a_receipt(clerk: Clerk) -> None:
    page = clerk.get("/charges/fee")
    assert ("表封" if clerk.language == "zh" else "Meter seal") in page.text
    assert page.text.count("autofocus") == 1
    slip = taken(clerk, "fee", {"code": "SEAL", "tender-cash": "50"})
    assert "¥22.60" in slip.text
    assert "¥27.40" in slip.text
    assert "¥2.60" in slip.text
    assert slip.request.path in clerk.get("/charges").text
    assert clerk.pages.soon


def test_a_deposit_says_when_it_is_credited(clerk: Clerk) -> None:
    number = clerk.open_account()
    assert clerk.get(f"/charges/deposit?account={number}").text.count("autofocus") == 1
    assert clerk.get("/charges/deposit").text.count("autofocus") == 1
    slip = taken(clerk, "deposit", {"account": number.lower(), "amount": "80", "note": "daughter"})
    assert "¥80.00" in slip.text
    assert "daughter" in slip.text
    assert "/back" in slip.text
    clerk.pages.node.courier.sync()
    later = clerk.get(slip.request.path)
    assert "/back" not in later.text
    assert slip.request.path in clerk.get(f"/charges?account={number}").text


@pytest.mark.parametrize(
    ("what", "fields", "code"),
    [
        ("fee", {"code": "GOLD"}, "fee_unknown"),
        ("fee", {"code": "SEAL", "amount": "1"}, "fee_price_fixed"),
        ("fee", {"code": "VISIT", "amount": "0"}, "charge_sum_unusable"),
        ("fee", {"code": "SEAL", "account": "N0001-999999"}, "account_unknown"),
        ("fee", {"code": "SEAL", "tender-cash": "5"}, "tender_short"),
        ("deposit", {"account": "N0001-999999", "amount": "80"}, "account_unknown"),
        ("deposit", {"account": "", "amount": "much"}, "not_a_number"),
    ],
)
def test_what_is_refused_comes_back_as_typed(
    clerk: Clerk, what: str, fields: dict[str, str], code: str
) -> None:
    page = f"/charges/{what}"
    refused = clerk.post(page, fields, on=page)
    assert code_of(refused) == code
    for value in {*fields.values()} - {"GOLD"}:
        assert f'value="{value}"' in refused.text
    assert charge_desk_of(clerk.pages.node).charges() == ()


def test_money_is_given_back_by_two_persons(clerk: Clerk) -> None:
    number = clerk.open_account()
    slip = taken(clerk, "deposit", {"account": number, "amount": "80"})
    (place,) = re.findall(r'href="(/charges/[^"]+/back)"', slip.text)
    assert code_of(clerk.post(place, {"reason": ""}, on=place)) == "charge_reason_missing"
    then = approved(clerk, place, "wrong account")
    assert clerk.get(then).status_code == 200
    short = clerk.post(place, {"tender-cash": "5"}, on=then)
    assert code_of(short) == "tender_short"
    done = clerk.post(place, {"tender-cash": ""}, on=then)
    assert done.status_code == 303, done.text
    assert "/back" not in clerk.get(done.location).text
    again = clerk.post(place, {}, on=then)
    assert again.status_code == 303


def test_without_a_list_the_page_says_who_keeps_it(pages: Pages) -> None:
    clerk = pages.clerk("en")
    assert "Headquarters has sent no list of fees" in clerk.get("/charges/fee").text


def test_no_such_charge_is_not_found(clerk: Clerk) -> None:
    assert clerk.get("/charges/1/99999").status_code == 404
    assert clerk.get("/charges?before=nonsense").status_code == 200
