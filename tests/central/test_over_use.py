"""What a meter had delivered beyond nothing when it was changed waits for its debt, once."""

import re

import pytest

from central_builders import HandClock, Pen
from central_pages import post, signed_in
from settlement_builders import (
    ACCOUNT,
    BO,
    CARD,
    METER,
    NEW_CARD,
    a_town,
    bring_up_to_date,
    deliver,
    rows,
    sell,
)
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Debt
from yika_central.services.debt_office import NewDebt
from yika_central.services.over_use import OverUse, OverUseUnknown
from yika_common.journal.bodies import CardIssued
from yika_common.journal.meter_bodies import MeterSwapped
from yika_common.numbers import Money
from yika_common.services import PROFILES, Service

NEW = "000000000008"


def changed(hq: Headquarters, pen: Pen, balance: int, unloaded: int = 0) -> None:
    """The meter is replaced with so much left in it."""
    hq.stock.take_in_new("A01", PROFILES[4], 0)
    swapped = MeterSwapped(
        account=ACCOUNT,
        slot=3,
        service=Service.COLD_WATER,
        old=METER,
        new=NEW,
        generation=1,
        count=1,
        total=20_000,
        balance=balance,
        unloaded=unloaded,
        moved=max(0, balance + unloaded),
        used=20_000 - balance,
        reading=9,
        reason="it stands still",
    )
    issued = CardIssued(account=ACCOUNT, card=NEW_CARD, generation=2, key_version=1, replaces=CARD)
    pen.write(swapped, issued)
    deliver(pen)


def a_debt(one: OverUse, account: str = ACCOUNT) -> NewDebt:
    return NewDebt(
        account=account,
        amount=one.amount,
        zh="超用",
        en="Over-use",
        share=300_000,
        cause=one.cause,
    )


@pytest.fixture
def pen(headquarters: Headquarters, clock: HandClock) -> Pen:
    """A point that sold 20 cubic metres at 5.00."""
    first, _ = a_town(headquarters, clock)
    sell(first, 20_000, count=1)
    clock.pass_by(days=1)
    return first


def test_it_is_worth_its_quantity_at_the_price_of_the_next_unit(
    headquarters: Headquarters, pen: Pen
) -> None:
    changed(headquarters, pen, -4_001)
    (one,) = headquarters.over_uses.waiting()
    assert (one.account, one.meter, one.service) == (ACCOUNT, METER, "cold_water")
    assert (one.quantity, one.price, one.amount) == (4_001, 50_000, 2_001)


@pytest.mark.parametrize(("balance", "unloaded"), [(0, 0), (4_000, 0), (-4_000, 4_000)])
def test_a_meter_with_nothing_or_more_left_was_not_over_used(
    headquarters: Headquarters, pen: Pen, balance: int, unloaded: int
) -> None:
    changed(headquarters, pen, balance, unloaded)
    assert headquarters.over_uses.waiting() == ()


def test_a_meter_that_was_never_sold_to_has_no_price(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    changed(headquarters, pen, -4_000)
    (one,) = headquarters.over_uses.waiting()
    assert (one.quantity, one.price, one.amount) == (4_000, 0, 0)


def test_it_has_one_debt_and_no_other_accounts(headquarters: Headquarters, pen: Pen) -> None:
    changed(headquarters, pen, -4_000)
    (one,) = headquarters.over_uses.waiting()
    office = headquarters.debt_office
    meters = [f"{number:012}" for number in (5, 6, 7, 8)]
    pen.open_account("N0001-000099", meters, card="860000000009")
    deliver(pen)
    with pytest.raises(OverUseUnknown):
        office.register(a_debt(one, "N0001-000099"), by="mei", reason="changed meter")
    (number,) = office.register(a_debt(one), by="mei", reason="changed meter")
    assert headquarters.over_uses.waiting() == ()
    with pytest.raises(OverUseUnknown):
        office.register(a_debt(one), by="mei", reason="changed meter")
    deliver(pen)
    assert headquarters.over_uses.waiting() == (), "the same journal again"
    assert [row["debt"] for row in rows(headquarters, Debt)] == [number]
    bring_up_to_date(headquarters)
    office.waive(number, Money(2_000), by="mei", reason="the meter was broken")
    assert headquarters.over_uses.waiting() == ()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Used beyond nothing before a meter was changed"),
        ("zh-CN", "换表前已超用"),
    ],
)
def test_the_page_fills_the_form_in_and_an_accountant_sets_the_day(
    headquarters: Headquarters, pen: Pen, language: str, words: str
) -> None:
    headers = {"Accept-Language": language}
    client = signed_in(headquarters, BO)
    assert words not in client.get("/debts", headers=headers).text
    changed(headquarters, pen, -4_000)
    page = client.get("/debts", headers=headers).text
    assert words in page
    link = re.search(r'href="(/debts\?over=[^"]+)"', page)
    assert link
    form = client.get(link[1], headers=headers).text
    fields = {
        name: re.search(rf'<input [^>]*name="{name}"[^>]*value="([^"]*)"', form)
        for name in ("cause", "account", "amount", "zh", "en")
    }
    sent = {name: found[1] for name, found in fields.items() if found}
    assert (sent["account"], sent["amount"]) == (ACCOUNT, "20.00")
    terms = {"share": "30", "due_on": "2027-01-31", "reason": "agreed"}
    assert post(client, "/debts", **sent, **terms) == 303
    assert words not in client.get("/debts", headers=headers).text
    (debt,) = headquarters.debt_office.listed()
    assert (debt.owed.amount, str(debt.due_on)) == (2_000, "2027-01-31")
    assert post(client, "/debts", **sent, **terms) == 409
