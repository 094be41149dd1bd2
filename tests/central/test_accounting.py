"""Accounting months: closed once, in order, for ever; what comes later is booked later."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

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
from yika_central.db.tables import ClosedMonth, LateSale, Sale, Settlement, table_of
from yika_central.domain.months import (
    after,
    booked,
    bounds,
    is_month,
    month_of,
)
from yika_central.services.accounting import (
    MonthClosed,
    MonthNotOver,
    MonthOutOfOrder,
    NotAMonth,
)
from yika_common.clock import from_timestamp
from yika_common.journal.bodies import Superseded
from yika_common.numbers import Money

CHINA = ZoneInfo("Asia/Shanghai")
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "UTC", "Asia/Beirut", "America/Sao_Paulo")]
months = st.builds(lambda y, m: f"{y:04}-{m:02}", st.integers(1990, 2100), st.integers(1, 12))


def before(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year:04}-{number - 1:02}" if number > 1 else f"{year - 1:04}-12"


@given(months)
def test_months_follow_one_another(month: str) -> None:
    assert before(after(month)) == month < after(month)
    assert is_month(month)


@given(months, st.sampled_from(ZONES))
def test_a_month_holds_its_seconds_and_no_others(month: str, zone: ZoneInfo) -> None:
    start, end = bounds(month, zone)
    assert (
        month_of(from_timestamp(start), zone) == month_of(from_timestamp(end - 1), zone) == month
    )
    assert month_of(from_timestamp(start - 1), zone) == before(month)
    assert month_of(from_timestamp(end), zone) == after(month)


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "26-01", "2026-1", "2026-0²"])
def test_other_texts_are_no_months(text: str) -> None:
    assert not is_month(text)


@given(months, months)
def test_what_is_about_a_closed_month_is_booked_in_the_first_open_one(
    month: str, closed: str
) -> None:
    assert booked(month, "") == month
    assert booked(month, closed) == max(month, after(closed))


def test_the_month_is_the_utilitys() -> None:
    assert month_of(datetime(2026, 5, 31, 16, 0, tzinfo=UTC), CHINA) == "2026-06"


@pytest.fixture
def pens(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    return a_town(headquarters, clock)


def a_month_goes_by(hq: Headquarters, pens: tuple[Pen, Pen], clock: HandClock) -> None:
    """June with sales of both points, a debt, and an adjustment; July has begun."""
    sell(pens[0], 100_000, count=1)
    deliver(pens[0])
    debt = register(hq, 10_000)
    clock.pass_by(minutes=5)
    sell(pens[0], 10_000, count=3, total=230_000, debts=[(debt, 1500, 8500)], kept=20)
    deliver(pens[0])
    hq.adjustments.adjust(ACCOUNT, Money(500), by="mei", reason="Goodwill")
    bring_up_to_date(hq)
    clock.pass_by(days=31)


def test_a_month_adds_up(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    a_month_goes_by(headquarters, pens, clock)
    july, june = headquarters.accounting.months()
    assert (june.month, july.month) == ("2026-06", "2026-07")
    figures = june.figures
    assert figures["sales.count"] == 2
    assert figures["sales.amount"] == 55_000
    assert figures["sales.paid"] == 55_000 + 1500 + 20
    assert figures["sales.debts"] == 1500
    assert figures["debt.registered"] == 10_000
    assert figures["adjustment_entry.amount.BY_HAND"] == 500
    assert july.figures["sales.count"] == 0


def test_months_are_closed_once_in_order_and_when_they_are_over(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    office = headquarters.accounting
    sell(pens[0], 100_000, count=1)
    deliver(pens[0])
    with pytest.raises(NotAMonth):
        office.close("June", by="mei")
    with pytest.raises(MonthNotOver):
        office.close("2026-06", by="mei")
    assert office.next_to_close == ""
    clock.pass_by(days=62)
    assert office.next_to_close == "2026-06"
    with pytest.raises(MonthOutOfOrder):
        office.close("2026-07", by="mei")
    closed = office.close("2026-06", by="mei")
    assert (closed.closed, closed.closed_by, closed.unchanged) == (True, "mei", True)
    with pytest.raises(MonthClosed):
        office.close("2026-06", by="bo")
    (row,) = rows(headquarters, ClosedMonth)
    assert json.loads(row["figures"])["sales.amount"] == 50_000
    assert office.next_to_close == "2026-07"


def test_nothing_that_comes_late_changes_a_closed_month(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    """A late sale, a difference, a superseded sale, a late fee, a waiver: all are booked later."""
    june_noon = clock.seconds + 60
    a_month_goes_by(headquarters, pens, clock)
    pending = sell(pens[0], 5_000, count=4, total=235_000, at=june_noon + 600, settle=False)
    deliver(pens[0])
    bring_up_to_date(headquarters)
    before_closing = headquarters.accounting.close("2026-06", by="mei")
    # What the second point sold in June arrives in July: the quota was split.
    late = sell(pens[1], 120_000, count=2, total=220_000, at=june_noon)
    pens[0].write(Superseded(intent=pending, generation_seen=1, count_seen=9))
    deliver(*pens)
    bring_up_to_date(headquarters)
    (debt,) = headquarters.debt_office.listed()
    headquarters.debt_office.waive(debt.debt, Money(100), by="mei", reason="Hardship", second=BO)
    assert headquarters.accounting.month("2026-06") == before_closing
    assert headquarters.accounting.altered() == ()
    july = headquarters.accounting.month("2026-07").figures
    assert (july["sales.late_count"], july["sales.late_amount"]) == (1, 60_000)
    assert july["settlement.posted.superseded"] == -2500
    assert july["debt_entry.amount.WAIVED"] == -100
    (row,) = rows(headquarters, LateSale)
    assert (row["node"], row["seq"]) == ("N0002", late)
    assert (row["month"], row["of_month"]) == ("2026-07", "2026-06")
    settled = rows(headquarters, Settlement)
    assert {(row["month"], row["of_month"]) for row in settled} == {("2026-07", "2026-06")}


def test_a_figure_that_is_altered_behind_the_books_is_seen(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    """The negative control of the hash: money of a closed month is changed by statement."""
    a_month_goes_by(headquarters, pens, clock)
    headquarters.accounting.close("2026-06", by="mei")
    sale = table_of(Sale)
    with headquarters.database.writing() as connection:
        connection.execute(update(sale).where(sale.c.seq == 3).values(paid=1))
    assert headquarters.accounting.altered() == ("2026-06",)
    assert not headquarters.accounting.month("2026-06").unchanged


def test_without_the_note_of_late_sales_a_closed_month_would_change(
    headquarters: Headquarters,
    pens: tuple[Pen, Pen],
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control of the defence: with it switched off, the hash differs."""
    june_noon = clock.seconds + 60
    a_month_goes_by(headquarters, pens, clock)
    headquarters.accounting.close("2026-06", by="mei")
    monkeypatch.setattr(
        "yika_central.services.reconciliation_intake.book_late_sales", lambda *_: None
    )
    sell(pens[1], 120_000, count=2, total=220_000, at=june_noon)
    deliver(pens[1])
    assert headquarters.accounting.altered() == ("2026-06",)


def test_a_difference_of_an_open_month_is_booked_in_it(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    june_noon = clock.seconds + 60
    a_month_goes_by(headquarters, pens, clock)
    sell(pens[1], 120_000, count=2, total=220_000, at=june_noon)
    deliver(pens[1])
    bring_up_to_date(headquarters)
    assert rows(headquarters, LateSale) == []
    assert {row["month"] for row in rows(headquarters, Settlement)} == {"2026-06"}
