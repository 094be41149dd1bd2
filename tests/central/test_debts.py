"""Debts: collected anywhere, never twice for good, with a late fee that no order changes."""

from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_builders import HandClock, Pen
from settlement_builders import (
    ACCOUNT,
    BO,
    a_town,
    bring_up_to_date,
    deliver,
    register,
    rows,
    sell,
)
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import AdjustmentEntry, DebtEntry
from yika_central.domain.debts import (
    Owed,
    Paid,
    Terms,
    age_of,
    instalments,
    late_fee,
    months_later,
)
from yika_central.jobs import accrue
from yika_central.services.adjustments import NoSuchAccount
from yika_central.services.debt_office import DebtRefused, NewDebt, NoSuchDebt, WaivesTooMuch
from yika_central.services.dues import dues_of
from yika_central.services.two_persons import SecondPersonMissing
from yika_common.journal.bodies import Superseded
from yika_common.numbers import Money

DUE = date(2026, 5, 20)
payments = st.lists(
    st.builds(
        Paid,
        st.integers(-10, 60).map(lambda days: DUE + timedelta(days=days)),
        st.integers(1, 3_000).map(Money),
    ),
    max_size=6,
)


def terms(**changes: Any) -> Terms:
    values: dict[str, Any] = {
        "amount": Money(20_000),
        "due_on": DUE,
        "daily_fee": 3_000,
        "fee_most": Money(20_000),
    }
    return Terms(**(values | changes))


def test_three_thousandths_a_day_from_the_day_after_the_due_day() -> None:
    # 200.00 x 0.003 = 0.60 a day.
    assert late_fee(terms(), (), DUE) == 0
    assert late_fee(terms(), (), DUE + timedelta(days=1)) == 60
    assert late_fee(terms(), (), DUE + timedelta(days=10)) == 600


def test_a_payment_lowers_the_fee_from_its_day_on() -> None:
    half = Paid(DUE + timedelta(days=6), Money(10_000))
    assert late_fee(terms(), (half,), DUE + timedelta(days=10)) == 5 * 60 + 5 * 30


def test_a_fee_has_a_bound_and_a_debt_without_a_due_day_none() -> None:
    assert late_fee(terms(fee_most=Money(100)), (), DUE + timedelta(days=10)) == 100
    assert late_fee(terms(due_on=None), (), DUE + timedelta(days=10)) == 0


def test_who_paid_before_the_due_day_owes_no_fee() -> None:
    assert late_fee(terms(), (Paid(DUE, Money(20_000)),), DUE + timedelta(days=90)) == 0


@given(payments, st.integers(0, 70))
def test_a_fee_is_the_sum_of_its_days(paid: list[Paid], days: int) -> None:
    """The oracle counts day by day."""
    expected = 0
    for day in (DUE + timedelta(days=number) for number in range(1, days + 1)):
        left = max(0, 20_000 - sum(payment.amount for payment in paid if payment.on <= day))
        expected += (2 * left * 3 + 1000) // 2000
    assert late_fee(terms(), paid, DUE + timedelta(days=days)) == min(expected, 20_000)


@given(st.lists(st.sampled_from([1, 2, 3]), max_size=4))
def test_the_order_in_which_payments_come_to_light_does_not_matter(days: list[int]) -> None:
    paid = [Paid(DUE + timedelta(days=day), Money(1000 * day)) for day in days]
    today = DUE + timedelta(days=9)
    assert len({late_fee(terms(), order, today) for order in permutations(paid)}) == 1


@given(st.integers(1, 10**9), st.integers(1, 60))
def test_instalments_add_up(amount: int, count: int) -> None:
    if count > amount:
        return
    parts = instalments(Money(amount), count)
    assert sum(parts) == amount
    assert max(parts) - min(parts) <= 1


def test_a_month_later_is_the_same_day_or_the_last() -> None:
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2026, 11, 15), 2) == date(2027, 1, 15)


@pytest.mark.parametrize(("late", "age"), [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (91, 4)])
def test_debts_are_aged_by_days_late(late: int, age: int) -> None:
    assert age_of(DUE, DUE + timedelta(days=late)) == age


def test_what_is_left_is_never_below_nothing() -> None:
    owed = Owed(Money(1000), fees=Money(50), waived=Money(100), collected=Money(1200))
    assert (owed.whole, owed.left, owed.too_much) == (950, 0, 250)


@pytest.fixture
def pens(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    pens = a_town(headquarters, clock)
    deliver(pens[0])
    return pens


def told(hq: Headquarters) -> Any:
    with hq.database.reading() as session:
        return dues_of(session.connection(), (ACCOUNT,)).get(ACCOUNT)


def test_nodes_are_told_of_what_is_left_and_of_what_that_counts(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    debt = register(headquarters, 10_000)
    (sheet,) = told(headquarters).debts
    assert (sheet.id, sheet.left, sheet.share) == (debt, 10_000, 300_000)
    sell(pens[0], 10_000, count=1, debts=[(debt, 1500, 8500)])
    deliver(pens[0])
    dues = told(headquarters)
    assert (dues.debts[0].left, dues.collected) == (8500, 1500)


def test_what_two_points_collect_beyond_a_debt_comes_back_by_itself(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    debt = register(headquarters, 2_000)
    sell(pens[0], 10_000, count=1, debts=[(debt, 1500, 500)])
    sell(pens[1], 10_000, count=2, total=20_000, debts=[(debt, 1500, 500)])
    deliver(*pens)
    bring_up_to_date(headquarters)
    shown = headquarters.adjustments.account(ACCOUNT)
    assert (shown.total, shown.parts[0].kind, shown.parts[0].debt) == (
        1000,
        "COLLECTED_TWICE",
        debt,
    )
    assert (told(headquarters).debts, told(headquarters).collected) == ((), 3000)
    bring_up_to_date(headquarters)
    assert len(rows(headquarters, AdjustmentEntry)) == 1


def test_a_superseded_collection_is_undone(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    debt = register(headquarters, 2_000)
    sell(pens[0], 10_000, count=1, debts=[(debt, 1500, 500)])
    seq = sell(pens[1], 10_000, count=2, settle=False, debts=[(debt, 1500, 500)])
    deliver(*pens)
    bring_up_to_date(headquarters)
    assert headquarters.adjustments.account(ACCOUNT).total == 1000
    pens[1].write(Superseded(intent=seq, generation_seen=1, count_seen=3))
    deliver(pens[1])
    bring_up_to_date(headquarters)
    # 50.00 of water and 15.00 of the debt come back; the debt is owed as if it had not been.
    assert headquarters.adjustments.account(ACCOUNT).total == 5000 + 1500
    assert headquarters.debt_office.statement(debt)[0].owed.left == 500


def test_late_fees_accrue_daily_and_the_job_may_run_at_any_time(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    due = date(2026, 6, 5)
    debt = register(headquarters, 20_000, due_on=due, daily_fee=3_000)
    accrue(headquarters)
    assert rows(headquarters, DebtEntry) == []
    clock.pass_by(days=9)  # 10 June: five days are over since the due day
    accrue(headquarters)
    accrue(headquarters)
    (row,) = rows(headquarters, DebtEntry)
    assert (row["kind"], row["amount"], row["upto"]) == ("FEE", 240, "2026-06-09")
    assert told(headquarters).debts[0].left == 20_240
    assert headquarters.debt_office.statement(debt)[0].age == 1


def test_who_paid_in_time_at_a_point_that_was_cut_off_owes_no_fee(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    paid_at = clock.seconds
    debt = register(headquarters, 20_000, due_on=date(2026, 6, 5), daily_fee=3_000)
    clock.pass_by(days=9)
    accrue(headquarters)
    sell(pens[0], 10_000, count=1, debts=[(debt, 20_000, 0)], at=paid_at)
    deliver(pens[0])
    bring_up_to_date(headquarters)
    view, moves = headquarters.debt_office.statement(debt)
    assert (view.owed.fees, view.owed.left) == (0, 0)
    assert [(move.kind, move.amount) for move in moves] == [
        ("REGISTERED", 20_000),
        ("COLLECTED", -20_000),
        ("FEE", 240),
        ("FEE", -240),
    ]


def test_a_debt_begins_on_its_day(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    register(headquarters, 10_000, not_before=date(2026, 6, 10))
    bring_up_to_date(headquarters)
    assert told(headquarters) is None
    clock.pass_by(days=9)
    accrue(headquarters)
    assert told(headquarters).debts[0].left == 10_000


def test_a_debt_is_spread_over_months(headquarters: Headquarters, pens: tuple[Pen, Pen]) -> None:
    new = NewDebt(
        account=ACCOUNT,
        amount=Money(10_000),
        zh="分期",
        en="Instalment",
        share=1_000_000,
        parts=3,
        not_before=date(2026, 6, 1),
    )
    debts = headquarters.debt_office.register(new, by="mei", reason="Agreed")
    views = headquarters.debt_office.listed()
    assert [view.debt for view in views] == list(debts)
    assert [(view.en, view.owed.amount, view.begun) for view in views] == [
        ("Instalment 1/3", 3334, True),
        ("Instalment 2/3", 3333, False),
        ("Instalment 3/3", 3333, False),
    ]
    assert sum(sheet.left for sheet in told(headquarters).debts) == 3334


def test_a_debt_is_waived_with_a_reason_and_not_beyond_what_is_left(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    debt = register(headquarters, 10_000)
    office = headquarters.debt_office
    assert office.waive(debt, Money(4_000), by="mei", reason="Hardship") == 6_000
    with pytest.raises(WaivesTooMuch):
        office.waive(debt, Money(6_001), by="mei", reason="Hardship")
    with pytest.raises(NoSuchDebt):
        office.waive("D0000009", Money(1), by="mei", reason="Hardship")
    _, moves = office.statement(debt)
    assert [(m.kind, m.amount, m.left, m.made_by) for m in moves] == [
        ("REGISTERED", 10_000, 10_000, "mei"),
        ("WAIVED", -4_000, 6_000, "mei"),
    ]


def test_a_large_debt_needs_two_persons(headquarters: Headquarters, pens: tuple[Pen, Pen]) -> None:
    new = NewDebt(account=ACCOUNT, amount=Money(50_001), zh="旧欠", en="Old", share=1)
    office = headquarters.debt_office
    with pytest.raises(SecondPersonMissing):
        office.register(new, by="mei", reason="Taken over")
    (debt,) = office.register(new, by="mei", reason="Taken over", second=BO)
    with pytest.raises(SecondPersonMissing):
        office.waive(debt, Money(50_001), by="mei", reason="Hardship")
    assert office.waive(debt, Money(50_001), by="mei", reason="Hardship", second=BO) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"amount": 10**13},
        {"share": 1_000_001},
        {"share": 0},
        {"least": -1},
        {"zh": ""},
        {"en": "x" * 41},
        {"en": "a\nb"},
        {"daily_fee": 3_000},
        {"daily_fee": 20_000, "due_on": DUE},
        {"priority": -1},
        {"fee_most": -1},
        {"parts": 0},
        {"parts": 61},
    ],
)
def test_terms_that_make_no_sense_are_refused(
    headquarters: Headquarters, wrong: dict[str, Any]
) -> None:
    values: dict[str, Any] = {"amount": 1000, "zh": "旧欠", "en": "Old", "share": 1}
    with pytest.raises(DebtRefused):
        headquarters.debt_office.register(
            NewDebt(account=ACCOUNT, **(values | wrong)), by="mei", reason="Taken over"
        )


def test_nobody_owes_who_is_not_known(headquarters: Headquarters) -> None:
    with pytest.raises(NoSuchAccount):
        register(headquarters, 1000)
