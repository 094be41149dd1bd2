"""A purchase given back counts in no quota and no price, and its money is booked when it went."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from central_builders import HandClock, Pen, _water_price
from central_pages import signed_in
from journals import an_intent
from settlement_builders import (
    ACCOUNT,
    CARD,
    MEI,
    METER,
    NEW_CARD,
    a_town,
    bring_up_to_date,
    deliver,
    register,
    replace_card,
    rows,
    sell,
)
from workbook_builders import recalculated
from yika_central.bootstrap import Headquarters
from yika_central.db.sheet_sources import Source, sources_of
from yika_central.db.tables import Posting, RefundPaid, Sale, SaleDebt, Suspense
from yika_central.services.enquiries import SaleFilter
from yika_common.journal import bodies
from yika_common.journal import card_bodies as cards
from yika_common.journal.bodies import DebtPaid, Intent, Reading, Superseded
from yika_common.journal.record import decode_line
from yika_common.journal.reversal import reversal


def refund(
    pen: Pen, purchase: int, *, written: bool = True, paid: int | None = 0, **changes: Any
) -> int:
    """Give back a purchase of the pen's; ``paid`` names the write-back, None: not paid yet."""
    bought = decode_line(pen.lines[purchase - 1]).body
    assert isinstance(bought, Intent)
    back = reversal(bought, purchase, approved=pen.seq, reason="typed twice", mac="ab" * 8)
    seq = pen.write(replace(back, **changes))
    if written:
        pen.write(bodies.Sale(intent=seq))
    if written and paid is not None:
        pen.write(cards.RefundPaid(intent=seq, amount=max(0, -back.paid), write_back=paid))
    return seq


def sale(hq: Headquarters, seq: int, node: str = "N0001") -> dict[str, Any]:
    (found,) = (row for row in rows(hq, Sale) if (row["node"], row["seq"]) == (node, seq))
    return found


def reasons(hq: Headquarters) -> set[str]:
    odd = {row["reason"] for row in rows(hq, Suspense)}
    return {reason for reason in odd if reason.startswith("refund")}


def test_a_refund_marks_its_purchase_and_is_booked_when_it_was_paid(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    bought = sell(pen, 20_000, count=1)
    clock.pass_by(minutes=5)
    back = refund(pen, bought, paid=None)
    deliver(pen)
    assert (sale(headquarters, bought)["refunded"], sale(headquarters, back)["booked"]) == (
        back,
        0,
    )
    clock.pass_by(minutes=60)
    pen.write(told(count=2, total=0, number=7))
    pen.write(cards.RefundPaid(intent=back, amount=10_000, write_back=7))
    deliver(pen)
    row = sale(headquarters, back)
    assert (row["booked"], row["stamped_at"], row["outcome"]) == (1, clock.seconds, "WRITTEN")
    assert (row["quantity"], row["amount"], row["paid"]) == (-20_000, -10_000, -10_000)
    (paid,) = rows(headquarters, RefundPaid)
    assert (paid["refund_seq"], paid["amount"], paid["write_back"]) == (back, 10_000, 7)
    assert reasons(headquarters) == set()


def told(*, count: int, total: int, number: int, balance: int = 0, meter: str = METER) -> Reading:
    """What the meter wrote back; its evidence is another matter."""
    return Reading(
        card=CARD,
        meter=meter,
        slot=3,
        generation=1,
        count=count,
        total=total,
        balance=balance,
        used=0,
        status=0,
        sequence=number,
        meter_time=1,
        evidence="00" * 8,
    )


def test_however_a_journal_is_cut_the_tables_are_the_same(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """And so they are if later records come first and wait."""
    first, second = a_town(headquarters, clock)
    debt = "D-1"
    for pen in (first, second):
        owed: dict[str, Any] = {"adjusted": 300, "debts": (DebtPaid(debt, 500, 100),)}
        bought = pen.write(of_its_own(pen, 20_000, count=1, **owed))
        pen.write(bodies.Sale(intent=bought))
        refund(pen, bought)
        later = pen.write(of_its_own(pen, 10_000, count=3))
        pen.write(bodies.Sale(intent=later))
    deliver(first)
    start = 1
    for last in range(start, second.seq + 1):
        second.send(second.cut(last, last))

    def content(pen: Pen) -> list[dict[str, Any]]:
        shift = {first.node: first.seq, second.node: second.seq}[pen.node]
        found = []
        for row in rows(headquarters, Sale) + rows(headquarters, SaleDebt):
            if row["node"] == pen.node:
                held = {key: value for key, value in row.items() if key not in UNLIKE}
                for name in ("seq", "resolved_seq", "refunds", "refunded", "basket"):
                    if held.get(name):
                        held[name] -= shift
                found.append(held)
        return found

    assert content(first) == content(second)


def of_its_own(pen: Pen, quantity: int, **changes: Any) -> Intent:
    """A purchase of an account that this pen alone sells to."""
    whose = {"card": pen.node, "meter": pen.node, "account": pen.node}
    return an_intent(
        quantity=quantity, total=quantity, **whose, **(_water_price(quantity) | changes)
    )


UNLIKE = ("node", "hash", "account", "card", "meter", "not_before", "not_after")


def test_what_was_given_back_counts_in_no_quota_and_its_differences_are_taken_back(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """The second point sold by what the card said; the first one's refund arrives last."""
    first, second = a_town(headquarters, clock)
    bought = sell(first, 170_000, count=1)
    clock.pass_by(minutes=5)
    sell(second, 20_000, count=3, total=20_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert [row["amount"] for row in rows(headquarters, Posting)] == [2_000]
    assert headquarters.adjustments.account(ACCOUNT).total == -2_000
    refund(first, bought)
    deliver(first)
    bring_up_to_date(headquarters)
    assert sum(row["amount"] for row in rows(headquarters, Posting)) == 0
    assert headquarters.adjustments.account(ACCOUNT).total == 0
    assert headquarters.rerating.drain().changed == 0


def test_a_refund_that_never_reached_the_card_changes_nothing(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = a_town(headquarters, clock)
    bought = sell(first, 170_000, count=1)
    back = refund(first, bought, written=False)
    deliver(first)
    assert sale(headquarters, bought)["refunded"] == back
    sell(second, 20_000, count=2, total=190_000)
    deliver(second)
    bring_up_to_date(headquarters)
    assert sale(headquarters, back)["outcome"] == "SUPERSEDED"
    assert (sale(headquarters, bought)["refunded"], sale(headquarters, back)["booked"]) == (0, 0)
    assert sum(row["amount"] for row in rows(headquarters, Posting)) == 2_000
    first.write(Superseded(intent=back, generation_seen=1, count_seen=2))
    deliver(first)
    bring_up_to_date(headquarters)
    assert sale(headquarters, bought)["refunded"] == 0
    assert sum(row["amount"] for row in rows(headquarters, Posting)) == 2_000
    # No money was handed out, so none is given back.
    assert headquarters.adjustments.account(ACCOUNT).total == -2_000


def test_its_own_word_holds_against_what_was_inferred(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = a_town(headquarters, clock)
    bought = sell(first, 20_000, count=1)
    back = refund(first, bought, written=False)
    sell(second, 20_000, count=2, total=40_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert sale(headquarters, bought)["refunded"] == 0
    first.write(bodies.Sale(intent=back))
    deliver(first)
    assert sale(headquarters, bought)["refunded"] == back


def test_an_adjustment_and_a_debt_settled_with_it_are_open_again(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    deliver(pen)
    debt = register(headquarters, 20_000)
    headquarters.adjustments.adjust(ACCOUNT, 700, by=MEI.name, reason="Kindness")  # type: ignore[arg-type]
    settled: dict[str, Any] = {"adjusted": 700, "adjusted_number": 1}
    bought = sell(pen, 20_000, count=1, debts=[(debt, 1_500, 18_500)], **settled)
    deliver(pen)
    bring_up_to_date(headquarters)
    assert headquarters.adjustments.account(ACCOUNT).applied == 700
    assert headquarters.debt_office.statement(debt)[0].owed.left == 18_500
    refund(pen, bought)
    deliver(pen)
    bring_up_to_date(headquarters)
    account = headquarters.adjustments.account(ACCOUNT)
    assert (account.total, account.applied) == (700, 0)
    assert headquarters.debt_office.statement(debt)[0].owed.left == 20_000


def test_the_sheet_says_what_the_card_says_after_a_refund(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    sell(pen, 20_000, count=1, heating_year=2025, charged_through=24_300, free_day=100, adjusted=9)
    later = sell(
        pen,
        30_000,
        count=2,
        total=50_000,
        used_before=20_000,
        heating_year=2026,
        heating_before=2025,
        months_due=2,
        charged_through=24_302,
        free=100,
        free_day=160,
        free_before=100,
        adjusted=5,
        adjusted_number=2,
    )
    refund(pen, later)
    deliver(pen)
    with headquarters.database.reading() as session:
        (slot,) = sources_of(session.connection(), [ACCOUNT])[ACCOUNT].slots
    assert (slot["count"], slot["total_after"], slot["counted"]) == (3, 20_000, 20_000)
    assert (slot["heating_newest"], slot["charged_newest"]) == (2025, 24_300)
    assert (slot["free_newest"], slot["adjusted_sum"], slot["adjusted_newest"]) == (100, 9, 2)


def test_the_sheet_says_where_a_refund_may_still_wait_for_its_meter(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)

    def source() -> Source:
        with headquarters.database.reading() as session:
            return sources_of(session.connection(), [ACCOUNT])[ACCOUNT]

    def lowered() -> int:
        (slot,) = source().slots
        return int(slot["lowered"])

    sell(pen, 20_000, count=1)
    deliver(pen)
    assert lowered() == 0
    back = refund(pen, sell(pen, 5_000, count=2, total=25_000), paid=None)
    deliver(pen)
    assert lowered() == 1
    assert source().carried == []
    clock.pass_by(minutes=5)
    replace_card(pen, count=3, total=20_000)
    deliver(pen)
    assert lowered() == 1
    assert [row["seq"] for row in source().carried] == [back]
    sell(pen, 7_000, count=4, total=27_000, generation=2, card=NEW_CARD)
    deliver(pen)
    assert lowered() == 0
    assert [row["seq"] for row in source().carried] == [back]
    assert [(row["generation"], row["total_after"]) for row in source().waiting] == [(1, 20_000)]
    pen.write(cards.RefundPaid(intent=back, amount=2_500, write_back=7))
    deliver(pen)
    assert source().carried == source().waiting == []


@pytest.mark.parametrize(("built_on", "known"), [(20_000, True), (25_000, False)])
def test_a_refund_is_known_to_a_later_card_that_was_sold_to_without_its_purchase(
    headquarters: Headquarters, clock: HandClock, built_on: int, *, known: bool
) -> None:
    pen, _ = a_town(headquarters, clock)
    sell(pen, 20_000, count=1)
    back = refund(pen, sell(pen, 5_000, count=2, total=25_000), paid=None)
    clock.pass_by(minutes=5)
    replace_card(pen, count=1, total=built_on)
    deliver(pen)
    with headquarters.database.reading() as session:
        source = sources_of(session.connection(), [ACCOUNT])[ACCOUNT]
    assert source.carried == []
    assert [row["count"] for row in source.waiting] == [3]
    sell(pen, 7_000, count=2, total=built_on + 7_000, generation=2, card=NEW_CARD)
    deliver(pen)
    with headquarters.database.reading() as session:
        source = sources_of(session.connection(), [ACCOUNT])[ACCOUNT]
    assert [row["seq"] for row in source.carried] == ([back] if known else [])
    assert [row["count"] for row in source.waiting] == [3]


@pytest.mark.parametrize(("count", "total", "found"), [(1, 20_000, True), (2, 0, False)])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_was_paid_is_doubted_where_a_new_card_has_the_credit_still(
    headquarters: Headquarters,
    clock: HandClock,
    order: tuple[int, ...],
    count: int,
    total: int,
    *,
    found: bool,
) -> None:
    """Paid at once at one point, while another made a card without having heard of it."""
    pens = a_town(headquarters, clock)
    bought = sell(pens[0], 20_000, count=1)
    deliver(pens[0])
    clock.pass_by(minutes=5)
    refund(pens[0], bought)
    clock.pass_by(minutes=5)
    replace_card(pens[1], count=count, total=total)
    for which in order:
        deliver(pens[which])
    assert reasons(headquarters) == ({"refund_undone"} if found else set())


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
