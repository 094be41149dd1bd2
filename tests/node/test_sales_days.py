"""Sales days, months and years: each made of the parts below it, and of nothing twice."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from counters import CLASS, WATER, Counters
from node_world import (
    OPERATOR,
    PASSWORD,
    Fate,
    PowerCut,
    abandon,
    contents,
    for_money,
)
from shift_builders import (
    banking_of,
    close_with,
    days_of,
    reports_of,
    shift_desk,
    watch_each_commit,
)
from staff_builders import office_of
from yika_common.journal.cash_bodies import DAY, MONTH, MOVES, YEAR
from yika_node.db.total_sums import added, given_back, taken
from yika_node.services import period_totals
from yika_node.services.cash_count import Count
from yika_node.services.sales_days import Total
from yika_node.services.shift_errors import BooksDisagree, NothingToTotal, TotalUnknown
from yika_node.services.shift_guard import NoShift, ShiftOfYesterday
from yika_node.services.shift_views import ZReport
from yika_node.services.views import Level

OTHER = "lin"


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path, tariff_class=CLASS)
    made.publish_and_open()
    office_of(made.nodes[0]).add(OPERATOR, OTHER, PASSWORD, Level.CLERK)
    made.nodes[0].guard.on = True
    yield made
    made.close()


def a_shift(counters: Counters, *amounts: int, float_: int = 0) -> None:
    """A shift with these sales, counted right."""
    shift_desk(counters.nodes[0]).open(OPERATOR, Count(float_))
    for amount in amounts:
        counters.sell(for_money(WATER, amount))
    close_with(counters.nodes[0], OPERATOR, float_ + sum(amounts))


def all_of(counters: Counters, what: str) -> list[Total]:
    """Every total of a sort, oldest first."""
    desk = days_of(counters.nodes[0])
    return [desk.total(what, line.number) for line in reversed(desk.totals(what, 10_000))]


def test_a_day_that_is_past_is_totalled_when_the_next_shift_is_opened(counters: Counters) -> None:
    a_shift(counters, 5_000, 2_000, float_=10_000)
    a_shift(counters, 1_000)
    assert all_of(counters, DAY) == []
    counters.pass_time(days=1)
    shift_desk(counters.nodes[0]).open(OPERATOR, Count(0))
    (day,) = all_of(counters, DAY)
    assert (day.number, day.period) == (1, "2026-04-01")
    assert [row.number for row in day.reports] == [1, 2]
    assert (day.receipts, day.turnover, day.to_bank) == (3, 8_000, 8_000)
    assert (day.declared, day.expected, day.difference) == (18_000, 18_000, 0)
    assert (day.ever_taken, day.ever_given) == (8_000, 0)
    assert day.agrees
    assert reports_of(counters.nodes[0]).z(1).day == 1


def test_a_suspended_drawer_keeps_its_day_open_until_it_is_counted(counters: Counters) -> None:
    node = counters.nodes[0]
    desk = shift_desk(node)
    desk.open(OPERATOR, Count(0))
    desk.open(OTHER, Count(0))
    close_with(node, OPERATOR, 0)
    counters.pass_time(days=1)
    desk.open(OPERATOR, Count(0))
    assert all_of(counters, DAY) == []
    close_with(node, OTHER, 0)
    close_with(node, OPERATOR, 0)
    counters.pass_time(days=1)
    desk.open(OPERATOR, Count(0))
    # The later report is of the earlier day.
    days = [(day.period, [row.number for row in day.reports]) for day in all_of(counters, DAY)]
    assert days == [("2026-04-01", [1, 2]), ("2026-04-02", [3])]


def test_a_supervisor_closes_the_day_that_is_going_on_and_what_follows_is_a_batch_of_its_own(
    counters: Counters,
) -> None:
    desk = days_of(counters.nodes[0])
    with pytest.raises(NothingToTotal):
        desk.close_day(OPERATOR)
    a_shift(counters, 5_000)
    assert desk.close_day(OPERATOR) == 1
    with pytest.raises(NothingToTotal):
        desk.close_day(OPERATOR)
    a_shift(counters, 2_000)
    assert desk.close_day(OPERATOR) == 2
    assert [(day.period, day.turnover) for day in all_of(counters, DAY)] == [
        ("2026-04-01", 5_000),
        ("2026-04-01", 2_000),
    ]


def test_the_day_is_not_closed_while_a_drawer_of_an_earlier_one_waits(counters: Counters) -> None:
    node = counters.nodes[0]
    shift_desk(node).open(OTHER, Count(0))
    counters.pass_time(days=1)
    a_shift(counters, 5_000)
    with pytest.raises(NothingToTotal):
        days_of(node).close_day(OPERATOR)
    close_with(node, OTHER, 0)
    # The day before goes first, in a commit of its own.
    assert days_of(node).close_day(OPERATOR) == 2
    assert [day.period for day in all_of(counters, DAY)] == ["2026-04-01", "2026-04-02"]


def test_months_and_years_follow_and_one_without_a_sale_is_a_null_record(
    counters: Counters,
) -> None:
    a_shift(counters, 5_000)
    counters.pass_time(days=1)
    a_shift(counters, 3_000)
    counters.pass_time(days=75)
    a_shift(counters, 1_000)
    months = all_of(counters, MONTH)
    assert [(one.period, one.number, one.turnover) for one in months] == [
        ("2026-04", 1, 8_000),
        ("2026-05", 2, 0),
    ]
    april, may = months
    assert [part.period for part in april.parts] == ["2026-04-01", "2026-04-02"]
    assert (may.empty, may.parts, may.ever_taken) == (True, (), 8_000)
    assert all_of(counters, YEAR) == []
    counters.pass_time(days=300)
    shift_desk(counters.nodes[0]).open(OPERATOR, Count(0))
    (year,) = all_of(counters, YEAR)
    assert (year.period, year.turnover, year.ever_taken) == ("2026", 9_000, 9_000)
    assert [part.period for part in year.parts] == [f"2026-{month:02}" for month in range(4, 13)]
    assert len(all_of(counters, MONTH)) == 12


@pytest.mark.parametrize("ahead", [3, 40, 800])
def test_a_clock_that_was_ahead_stops_no_day_month_or_year(counters: Counters, ahead: int) -> None:
    desk = shift_desk(counters.nodes[0])
    a_shift(counters, 5_000)
    counters.pass_time(days=ahead)
    a_shift(counters, 1_000)
    counters.pass_time(days=1 - ahead)
    a_shift(counters, 2_000)
    for _ in range(15):
        counters.pass_time(days=31)
        a_shift(counters, 100)
    counters.pass_time(days=1)
    desk.open(OPERATOR, Count(0))

    for what in (DAY, MONTH, YEAR):
        totals = all_of(counters, what)
        assert [one.number for one in totals] == list(range(1, len(totals) + 1))
        assert all(one.agrees for one in totals)
        assert [one.ever_taken for one in totals] == sorted(one.ever_taken for one in totals)
    days, months, years = (all_of(counters, what) for what in (DAY, MONTH, YEAR))
    assert sorted(row.number for day in days for row in day.reports) == list(range(1, 19))
    assert (days[-1].ever_taken, months[-1].period) == (9_500, "2027-06")
    assert sum(one.turnover for one in months) == months[-1].ever_taken
    assert sum(one.turnover for one in years) == years[-1].ever_taken
    assert years[-1].period == "2026"


def test_a_day_whose_rows_of_money_were_changed_is_not_totalled(counters: Counters) -> None:
    a_shift(counters, 5_000)
    counters.nodes[0].journal.note("UPDATE money SET amount = ? WHERE what = 'sale'", (4_000,))
    counters.pass_time(days=1)
    with pytest.raises(BooksDisagree):
        shift_desk(counters.nodes[0]).open(OPERATOR, Count(0))
    assert all_of(counters, DAY) == []


def test_a_total_that_there_is_not_is_named(counters: Counters) -> None:
    for what, number in ((DAY, 1), ("cut", 1), ("x", 1), (MONTH, 2**70)):
        with pytest.raises(TotalUnknown):
            days_of(counters.nodes[0]).total(what, number)


@pytest.mark.parametrize("step", range(4))
def test_a_power_cut_leaves_each_total_made_once(tmp_path: Path, step: int) -> None:
    counters = Counters(tmp_path, tariff_class=CLASS)
    counters.publish_and_open()
    counters.nodes[0].guard.on = True
    a_shift(counters, 5_000)
    counters.pass_time(days=35)
    world, node = counters.worlds[0], counters.nodes[0]
    watch_each_commit(node, Fate(step))
    # Before and after the commit of what is over, before and after that of the shift.
    with pytest.raises(PowerCut):
        shift_desk(node).open(OPERATOR, Count(0))
    abandon(node)
    node = counters.nodes[0] = world.restarted()
    if shift_desk(node).open_of(OPERATOR) is None:
        shift_desk(node).open(OPERATOR, Count(0))
    assert [(day.number, day.turnover) for day in all_of(counters, DAY)] == [(1, 5_000)]
    assert [(one.number, one.turnover) for one in all_of(counters, MONTH)] == [(1, 5_000)]
    counters.close()


def test_a_day_has_as_many_batches_as_its_reports_need(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(period_totals, "ZS_MAX", 2)
    for _ in range(5):
        a_shift(counters, 1_000)
    counters.pass_time(days=1)
    shift_desk(counters.nodes[0]).open(OPERATOR, Count(0))
    days = all_of(counters, DAY)
    assert [len(day.reports) for day in days] == [2, 2, 1]
    assert days[-1].ever_taken == 5_000


class Days(RuleBasedStateMachine):
    """Two drawers over weeks; whatever happens, parts come to wholes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.counters = Counters(Path(self.folder.name), tariff_class=CLASS)
        self.counters.publish_and_open()
        self.node = self.counters.nodes[0]
        office_of(self.node).add(OPERATOR, OTHER, PASSWORD, Level.CLERK)
        self.node.guard.on = True
        self.acts = 0
        self.banked = 0
        self.open: set[str] = set()

    def teardown(self) -> None:
        self.check()
        self.counters.close()
        self.folder.cleanup()

    @rule(operator=st.sampled_from([OPERATOR, OTHER]), amount=st.integers(0, 50_000))
    def open_one(self, operator: str, amount: int) -> None:
        if operator not in self.open:
            shift_desk(self.node).open(operator, Count(amount))
            self.open.add(operator)

    @rule(
        operator=st.sampled_from([OPERATOR, OTHER]),
        amount=st.integers(1, 9),
        sold=st.booleans(),
    )
    def take(self, operator: str, amount: int, sold: bool) -> None:
        self.acts += 1
        token = f"t{self.acts}"
        try:
            if not sold:
                what = MOVES[self.acts % len(MOVES)]
                shift_desk(self.node).move(operator, what, amount * 500, "why", token=token)
            else:
                self.counters.worlds[0].hand.insert(self.counters.chip)
                entries = [for_money(WATER, amount * 500)]
                self.node.sales.sell(operator, self.counters.card, entries, token)
        except (NoShift, ShiftOfYesterday):
            return

    @precondition(lambda self: self.open)
    @rule(beside=st.sampled_from([0, 0, -100, 250]))
    def close_one(self, beside: int) -> None:
        operator = self.open.pop()
        shift = shift_desk(self.node).open_of(operator)
        assert shift is not None
        expected = reports_of(self.node).x(shift.epoch, shift.seq).expected
        assert expected is not None
        close_with(self.node, operator, max(0, expected + beside), "counted")

    @rule(hours=st.sampled_from([1, 9, 24, 24 * 20]))
    def wait(self, hours: int) -> None:
        self.counters.pass_time(hours=hours)

    @rule()
    def close_the_day(self) -> None:
        try:
            days_of(self.node).close_day(OPERATOR)
        except NothingToTotal:
            return

    @rule()
    def bank(self) -> None:
        desk = banking_of(self.node)
        waiting = [row.number for row in desk.waiting()]
        if waiting:
            self.acts += 1
            desk.bank(OPERATOR, waiting, 0, token=f"b{self.acts}", reason="carried away")

    @rule()
    def rebuild(self) -> None:
        path = self.counters.worlds[0].folder / "node.db"
        before = contents(path)
        self.node.journal.rebuild()
        assert contents(path) == before

    def check(self) -> None:
        """Shifts come to days, days to months, months to years; the money is all somewhere."""
        days, months = all_of(self.counters, DAY), all_of(self.counters, MONTH)
        years, found = all_of(self.counters, YEAR), reports_of(self.node)
        reports = [found.z(row.number) for row in reversed(found.reports(10_000))]
        dated = [row.number for day in days for row in day.reports]
        assert len({*dated}) == len(dated)
        assert {*dated} == {z.number for z in reports if z.day}
        for day in days:
            parts = [z for z in reports if z.day == day.number]
            assert day.sums == added(one for z in parts for one in z.sums)
            assert day.to_bank == sum(z.to_bank for z in parts)
            assert day.difference == sum(z.difference or 0 for z in parts)
            assert day.agrees
        for wholes, inner in ((months, days), (years, months)):
            for whole in wholes:
                numbers = {part.number for part in whole.parts}
                inside = [one for one in inner if one.number in numbers]
                assert whole.sums == added(one for part in inside for one in part.sums)
                assert whole.to_bank == sum(part.to_bank for part in inside)
                assert whole.agrees
        for totals in (days, months, years):
            assert [one.number for one in totals] == list(range(1, len(totals) + 1))
        if days:
            sums = [one for day in days for one in day.sums]
            assert (days[-1].ever_taken, days[-1].ever_given) == (taken(sums), given_back(sums))
        self.money_is_somewhere(reports)

    def money_is_somewhere(self, reports: list[ZReport]) -> None:
        desk = banking_of(self.node)
        banked = sum(one.expected for one in desk.bankings(10_000))
        waiting = sum(row.to_bank for row in desk.waiting())
        beside = sum(one.amount for z in reports for one in z.drawer if one.what != "drop")
        over = sum(z.difference or 0 for z in reports)
        cash = sum(z.cash for z in reports)
        assert banked + waiting == cash + beside + over


Days.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestDays = Days.TestCase
