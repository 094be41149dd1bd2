"""A guarantee is a liability of its own: headquarters' books say what is held, and where."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from central_builders import HandClock, Pen
from central_pages import signed_in
from settlement_builders import ACCOUNT, MEI, a_town, bring_up_to_date, deliver, rows
from yika_central.bootstrap import Headquarters
from yika_central.db import charge_store
from yika_central.db.tables import AdjustmentEntry, Charge, Suspense
from yika_central.services.debt_office import NewDebt
from yika_central.services.dues import NO_DUES, Dues, dues_of
from yika_central.services.settings_office import SettingRefused, typed_of
from yika_common.clock import to_timestamp
from yika_common.journal.till_bodies import (
    DEBT_PAID,
    GUARANTEE,
    GUARANTEE_BACK,
    GUARANTEE_DEBT,
    HELD,
    Charged,
)
from yika_common.numbers import Money
from yika_common.sync.customers import HeldGuarantee


def write(pen: Pen, what: str, amount: int, **changes: Any) -> int:
    return pen.write(Charged(what=what, account=ACCOUNT, amount=amount, **changes))


def told(hq: Headquarters) -> Dues:
    """What the account's sheet tells every vending point."""
    with hq.database.reading() as session:
        return dues_of(session.connection(), (ACCOUNT,)).get(ACCOUNT, NO_DUES)


def doubts(hq: Headquarters) -> list[str]:
    return sorted(row["reason"] for row in rows(hq, Suspense))


@pytest.fixture
def town(headquarters: Headquarters, clock: HandClock) -> Pen:
    return a_town(headquarters, clock)[0]


def owe(hq: Headquarters, amount: int) -> str:
    new = NewDebt(account=ACCOUNT, amount=Money(amount), zh="旧欠", en="Arrears", share=500_000)
    (debt,) = hq.debt_office.register(new, by="mei", reason="meter stood still")
    return debt


def test_what_is_held_is_told_and_is_no_part_of_the_adjustment(
    headquarters: Headquarters, town: Pen
) -> None:
    write(town, GUARANTEE, 50_000, code="SUPPLY", name_en="Supply contract")
    write(town, GUARANTEE_BACK, 20_000, reason="smaller shop")
    deliver(town)
    bring_up_to_date(headquarters)
    assert told(headquarters).guarantees == (HeldGuarantee("N0001", 30_000),)
    assert told(headquarters).adjustment == 0
    assert rows(headquarters, AdjustmentEntry) == []
    assert doubts(headquarters) == []
    page = signed_in(headquarters, MEI).get(f"/adjustments/of/{ACCOUNT}").text
    assert "Held as guarantee" in page
    assert "¥300.00" in page


def test_a_debt_paid_with_the_guarantee_is_paid_once_and_nothing_is_left_of_either(
    headquarters: Headquarters, town: Pen
) -> None:
    deliver(town)
    debt = owe(headquarters, 12_000)
    write(town, GUARANTEE, 10_000)
    write(town, GUARANTEE_DEBT, 10_000, code=debt)
    write(town, DEBT_PAID, 2_000, code=debt)
    for _ in range(2):
        deliver(town)
        bring_up_to_date(headquarters)
    now = told(headquarters)
    assert (now.debts, now.guarantees, now.collected) == ((), (), 0)
    view, moves = headquarters.debt_office.statement(debt)
    assert (view.owed.left, view.owed.collected) == (0, 12_000)
    assert [(move.kind, move.amount) for move in moves[1:]] == [
        ("PAID", -10_000),
        ("PAID", -2_000),
    ]
    assert rows(headquarters, AdjustmentEntry) == []


def test_the_sheet_says_since_when_each_debt_is_owed(
    headquarters: Headquarters, town: Pen, clock: HandClock
) -> None:
    deliver(town)
    owe(headquarters, 5_000)
    due = NewDebt(
        account=ACCOUNT,
        amount=Money(700),
        zh="旧欠",
        en="Arrears",
        share=500_000,
        due_on=date(2026, 12, 24),
    )
    headquarters.debt_office.register(due, by="mei", reason="invoice")
    bring_up_to_date(headquarters)
    now = told(headquarters)
    assert [debt.left for debt in now.debts] == [5_000, 700]
    assert now.due == (to_timestamp(clock()), to_timestamp(datetime(2026, 12, 24, tzinfo=UTC)))


def test_what_was_paid_of_a_debt_twice_goes_back_to_the_customer(
    headquarters: Headquarters, town: Pen
) -> None:
    deliver(town)
    debt = owe(headquarters, 5_000)
    write(town, DEBT_PAID, 5_000, code=debt)
    write(town, DEBT_PAID, 5_000, code=debt)
    deliver(town)
    bring_up_to_date(headquarters)
    assert told(headquarters).adjustment == 5_000


@pytest.mark.parametrize(("taken", "doubted"), [(5_000, False), (4_999, True)])
def test_handing_back_more_than_was_held_is_asked_about(
    headquarters: Headquarters, town: Pen, taken: int, *, doubted: bool
) -> None:
    write(town, GUARANTEE, taken)
    write(town, GUARANTEE_BACK, 3_000, reason="part")
    deliver(town)
    write(town, GUARANTEE_BACK, 2_000, reason="rest")
    deliver(town)
    assert ("charge_unfounded" in doubts(headquarters)) is doubted


def test_the_control_a_ledger_that_does_not_add_up_what_is_held_doubts_nothing(
    headquarters: Headquarters, town: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charge_store, "overdrawn", lambda _connection, _fresh: [])
    write(town, GUARANTEE_BACK, 2_000, reason="never taken")
    deliver(town)
    assert doubts(headquarters) == []


def test_the_books_of_the_month_balance(headquarters: Headquarters, town: Pen) -> None:
    deliver(town)
    debt = owe(headquarters, 1_500)
    write(town, GUARANTEE, 50_000)
    write(town, GUARANTEE_BACK, 20_000, reason="part")
    write(town, GUARANTEE_DEBT, 1_500, code=debt)
    deliver(town)
    bring_up_to_date(headquarters)
    (month, *_) = headquarters.accounting.months()
    named = {what: month.figures.get(f"charge.amount.{what}", 0) for what in HELD}
    assert named == {GUARANTEE: 50_000, GUARANTEE_BACK: -20_000, GUARANTEE_DEBT: -1_500}
    held = sum(row["amount"] for row in rows(headquarters, Charge))
    assert sum(named.values()) == month.figures["guarantee.held"] == held == 28_500
    page = signed_in(headquarters, MEI).get(f"/months/{month.month}").text
    assert "Held as guarantees in all" in page


def test_the_kinds_of_guarantee_are_typed_as_lines(headquarters: Headquarters) -> None:
    office = headquarters.settings_office
    office.change({"guarantees": "SUPPLY; 供用合同; Supply contract"}, by="mei", reason="new")
    assert office.current().guarantees[0].en == "Supply contract"
    assert typed_of(office.current(), "guarantees") == "SUPPLY; 供用合同; Supply contract"
    for wrong in ("SUPPLY; 供用合同", "A; 甲; A\nA; 乙; B"):
        with pytest.raises(SettingRefused):
            office.change({"guarantees": wrong}, by="mei", reason="typo")
