"""A refund's money is booked when it went, doubted where it was not due, and shown."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from central_builders import HandClock
from central_pages import signed_in
from central_refunds import reasons, refund, sale, told
from settlement_builders import MEI, a_town, bring_up_to_date, deliver, register, rows, sell
from workbook_builders import recalculated
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Suspense
from yika_central.services.enquiries import SaleFilter
from yika_common.journal import card_bodies as cards
from yika_common.journal.bodies import Superseded


def test_a_closed_month_keeps_its_figures_and_the_refund_is_an_entry_of_the_open_one(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    bought = sell(pen, 20_000, count=1)
    back = refund(pen, bought, paid=None)
    deliver(pen)
    clock.pass_by(days=31)
    headquarters.accounting.close("2026-06", by=MEI.name)
    june = headquarters.accounting.month("2026-06").figures
    assert (june["sales.count"], june["sales.paid"]) == (1, 10_000)
    pen.write(told(count=2, total=0, number=7))
    pen.write(cards.RefundPaid(intent=back, amount=10_000, write_back=7))
    deliver(pen)
    assert headquarters.accounting.altered() == ()
    july = headquarters.accounting.month("2026-07").figures
    assert (july["sales.count"], july["sales.amount"], july["sales.paid"]) == (1, -10_000, -10_000)
    assert july["sales.quantity.cold_water"] == -20_000


def test_a_payment_told_when_its_month_is_closed_is_booked_in_the_open_one(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    sell(pen, 20_000, count=1)
    deliver(pen)
    bought = sell(pen, 20_000, count=2, total=40_000)
    refund(pen, bought)
    clock.pass_by(days=31)
    headquarters.accounting.close("2026-06", by=MEI.name)
    deliver(pen)
    assert headquarters.accounting.altered() == ()
    july = headquarters.accounting.month("2026-07").figures
    assert (july["sales.count"], july["sales.paid"], july["sales.late_count"]) == (2, 0, 2)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"refunds": 999}, "refund_unknown"),
        ({"refunds": 1}, "refund_unknown"),
        ({"slot": 2}, "refund_differs"),
        ({"meter": "000000000003"}, "refund_differs"),
        ({"quantity": -30_000}, "refund_differs"),
        ({"amount": -10_001}, "refund_differs"),
        ({"total": 10_000}, "refund_differs"),
        ({"count": 5}, "refund_differs"),
        ({"kept": -5}, "refund_differs"),
    ],
    ids=str,
)
def test_a_refund_that_is_not_of_all_of_its_purchase_waits_for_a_person(
    headquarters: Headquarters, clock: HandClock, changes: dict[str, Any], reason: str
) -> None:
    pen, _ = a_town(headquarters, clock)
    bought = sell(pen, 20_000, count=1)
    refund(pen, bought, **changes)
    deliver(pen)
    assert reason in reasons(headquarters)
    assert sale(headquarters, bought)["refunded"] == 0


def test_a_purchase_is_given_back_once_and_paid_for_once(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    bought = sell(pen, 20_000, count=1)
    back = refund(pen, bought)
    deliver(pen)
    assert reasons(headquarters) == set()
    pen.write(cards.RefundPaid(intent=back, amount=10_000))
    refund(pen, bought)
    deliver(pen)
    found = [
        row["seq"] for row in rows(headquarters, Suspense) if row["reason"] == "refunded_twice"
    ]
    assert len(found) == 2
    assert sale(headquarters, bought)["refunded"] == back


@pytest.mark.parametrize("reading_first", [True, False])
def test_money_paid_at_once_for_what_the_meter_had_taken_waits_for_a_person(
    headquarters: Headquarters, clock: HandClock, *, reading_first: bool
) -> None:
    first, second = a_town(headquarters, clock)
    bought = sell(first, 20_000, count=1)
    refund(first, bought)
    second.write(told(count=1, total=20_000, number=1))
    for pen in (second, first) if reading_first else (first, second):
        deliver(pen)
    assert reasons(headquarters) == {"refund_taken"}


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ({"count": 2, "total": 0, "number": 7}, ""),
        ({"count": 3, "total": 5_000, "number": 7}, ""),
        ({"count": 1, "total": 20_000, "number": 7}, "refund_unproven"),
        ({"count": 2, "total": 20_000, "number": 7}, "refund_unproven"),
        ({"count": 2, "total": 0, "number": 7, "balance": -1}, "refund_unproven"),
        ({"count": 2, "total": 0, "number": 8}, "refund_unproven"),
    ],
)
def test_money_paid_after_a_write_back_needs_one_that_shows_it(
    headquarters: Headquarters, clock: HandClock, shown: dict[str, Any], reason: str
) -> None:
    pen, _ = a_town(headquarters, clock)
    back = refund(pen, sell(pen, 20_000, count=1), paid=None)
    pen.write(told(**shown))
    pen.write(cards.RefundPaid(intent=back, amount=10_000, write_back=7))
    deliver(pen)
    assert reasons(headquarters) == ({reason} if reason else set())
    assert sale(headquarters, back)["booked"] == 1


def test_other_money_than_was_paid_for_it_waits_for_a_person(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    back = refund(pen, sell(pen, 20_000, count=1), paid=None)
    pen.write(cards.RefundPaid(intent=back, amount=9_000))
    pen.write(cards.RefundPaid(intent=back + 50, amount=1_000))
    deliver(pen)
    assert reasons(headquarters) == {"refund_differs", "refund_unknown"}


def test_the_workbook_ties_and_tells_refunds_apart(
    headquarters: Headquarters, clock: HandClock, tmp_path: Path
) -> None:
    pen, second = a_town(headquarters, clock)
    deliver(pen)
    debt = register(headquarters, 20_000)
    given = sell(pen, 20_000, count=1, debts=[(debt, 1_500, 18_500)], adjusted=300, kept=7)
    refund(pen, given)
    sell(pen, 190_000, count=3, total=190_000, used_before=0)
    waiting = sell(pen, 10_000, count=4, total=200_000, used_before=190_000)
    refund(pen, waiting, paid=None)
    deliver(pen, second)
    bring_up_to_date(headquarters)
    scope = headquarters.report_office.scope(date(2026, 6, 1), date(2026, 6, 30))
    report = headquarters.report_office.write(
        tmp_path / "june.xlsx", scope, made_by="zhao", translate=lambda text: text
    )
    (tmp_path / "computed").mkdir()
    computed = recalculated(tmp_path / "june.xlsx", tmp_path / "computed")
    book = load_workbook(computed, data_only=True)
    control = {row[0]: row for row in book.worksheets[-1].iter_rows(values_only=True)}
    assert control["All of them"][4] == "OK"
    assert report.sales == 4
    assert float(str(control["Sales, paid"][2])) * 100 == 95_000 + 5_000
    outcomes = [row[8] for row in book.worksheets[1].iter_rows(min_row=5, values_only=True)]
    found = sorted(str(outcome) for outcome in outcomes if outcome)
    assert found == ["On the card", "Refund", "Refunded", "Refunded"]


def test_the_pages_show_a_refund_and_its_purchase(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    bought = sell(pen, 20_000, count=1)
    back = refund(pen, bought)
    waits = refund(pen, sell(pen, 20_000, count=3), paid=None)
    deliver(pen)
    shown = headquarters.enquiries.sales(SaleFilter()).items
    found = {row.seq: row.outcome for row in shown}
    assert (found[bought], found[back], found[waits]) == ("REFUNDED", "REFUND", "REFUND_WAITS")
    for outcome, expected in (("REFUND", {back, waits}), ("WRITTEN", set())):
        rows_shown = headquarters.enquiries.sales(SaleFilter(outcome=outcome)).items
        assert {row.seq for row in rows_shown} == expected
    detail = headquarters.enquiries.sale(("N0001", 1, 0, back))
    assert (detail.refunds, detail.sale.amount) == (bought, -10_000)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_of_a_refund_is_there_in_both_languages(
    headquarters: Headquarters, clock: HandClock, language: str
) -> None:
    pen, _ = a_town(headquarters, clock)
    bought = sell(pen, 20_000, count=1)
    back = refund(pen, bought)
    waits = refund(pen, sell(pen, 20_000, count=3), paid=None)
    off = refund(pen, sell(pen, 20_000, count=5), written=False)
    pen.write(Superseded(intent=off, generation_seen=1, count_seen=6))
    refund(pen, bought, amount=-3)
    pen.write(told(count=1, total=20_000, number=1))
    deliver(pen)
    client = signed_in(headquarters, MEI)
    places = [f"/sales/N0001/1/0/{seq}" for seq in (bought, back, waits, off)]
    for path in (
        *places,
        "/sales",
        "/sales?outcome=REFUND",
        "/sales?outcome=REFUNDED",
        "/suspense",
    ):
        answer = client.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200, path
        assert not re.search(r"\brefund(ed|_)", answer.text), path
