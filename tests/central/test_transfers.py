"""Money for the wrong account moves to the right one: whole, by two persons, on both sides."""

import pytest

from central_builders import HandClock, Pen
from central_pages import post, signed_in
from settlement_builders import ACCOUNT, BO, MEI, a_town, bring_up_to_date, deliver, rows, sell
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import AdjustmentEntry
from yika_central.services.adjustments import NoSuchAccount, SameAccount, TransfersTooMuch
from yika_central.services.two_persons import SecondPersonMissing
from yika_common.journal.till_bodies import DEPOSIT, Charged
from yika_common.numbers import Money

OTHER = "N0002-000001"
WHY = "paid in for the wrong account"


@pytest.fixture
def town(headquarters: Headquarters, clock: HandClock) -> Pen:
    """A deposit of 80.00 for the account, which headquarters has, and another account."""
    first, second = a_town(headquarters, clock)
    second.open_account(OTHER, [f"{number:012}" for number in range(5, 9)], card="860000000009")
    first.write(Charged(what=DEPOSIT, account=ACCOUNT, amount=8_000))
    deliver(first, second)
    bring_up_to_date(headquarters)
    return first


def totals(hq: Headquarters) -> tuple[int, int]:
    return hq.adjustments.account(ACCOUNT).total, hq.adjustments.account(OTHER).total


def test_both_sides_are_entered_together_and_name_each_other(
    headquarters: Headquarters, town: Pen
) -> None:
    headquarters.adjustments.transfer(
        ACCOUNT, OTHER, Money(5_000), by="mei", reason=WHY, second=BO
    )
    assert totals(headquarters) == (3_000, 5_000)
    sides = [row for row in rows(headquarters, AdjustmentEntry) if row["kind"] == "TRANSFER"]
    assert {row["reason"] for row in sides} == {f"→ {OTHER}: {WHY}", f"← {ACCOUNT}: {WHY}"}
    assert {(row["made_by"], row["seconded_by"]) for row in sides} == {("mei", "bo")}
    assert sum(row["amount"] for row in sides) == 0


def test_no_more_moves_than_no_purchase_has_applied(headquarters: Headquarters, town: Pen) -> None:
    sell(town, 10_000, count=1, adjusted=6_000, adjusted_number=1)
    deliver(town)
    bring_up_to_date(headquarters)
    transfer = headquarters.adjustments.transfer
    for amount in (2_001, 0, -5):
        with pytest.raises(TransfersTooMuch):
            transfer(ACCOUNT, OTHER, Money(amount), by="mei", reason=WHY, second=BO)
    with pytest.raises(TransfersTooMuch):
        transfer(OTHER, ACCOUNT, Money(1), by="mei", reason=WHY, second=BO)
    transfer(ACCOUNT, OTHER, Money(2_000), by="mei", reason=WHY, second=BO)
    assert totals(headquarters) == (6_000, 2_000)


def test_what_is_refused_changes_neither_side(headquarters: Headquarters, town: Pen) -> None:
    transfer = headquarters.adjustments.transfer
    with pytest.raises(SameAccount):
        transfer(ACCOUNT, ACCOUNT, Money(1), by="mei", reason=WHY, second=BO)
    with pytest.raises(NoSuchAccount):
        transfer(ACCOUNT, "N0009-000009", Money(1), by="mei", reason=WHY, second=BO)
    with pytest.raises(SecondPersonMissing):
        transfer(ACCOUNT, OTHER, Money(1), by="mei", reason=WHY, second=None)
    assert totals(headquarters) == (8_000, 0)


def test_the_page_moves_it(headquarters: Headquarters, town: Pen) -> None:
    page = signed_in(headquarters, MEI)
    place = f"/adjustments/of/{ACCOUNT}"
    assert "Transfer to another account" in page.get(place).text
    fields = {"to": OTHER.lower(), "amount": "80", "reason": WHY}
    second = {"second_name": BO.name, "second_password": BO.password}
    assert post(page, f"{place}/transfer", **fields, **second) == 303
    assert totals(headquarters) == (0, 8_000)
    assert "Transfer to another account" not in page.get(place).text
