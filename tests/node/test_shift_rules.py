"""Whatever two operators do, their drawers hold what their shifts say, and no Z report is missing.

The model is a few sums.  Sales, refunds, movements and closes come in any order; a close counts
right, or not.
"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from counters import CLASS, WATER, Counters
from node_world import (
    OPERATOR,
    PASSWORD,
    Fate,
    PowerCut,
    abandon,
    contents,
    for_money,
    watch_commits,
)
from refund_builders import give_back
from shift_builders import close_with, reports_of, shift_desk
from staff_builders import office_of
from yika_common.journal.cash_bodies import MOVES, PAID_IN
from yika_node.db import shift_sums
from yika_node.services import shifts
from yika_node.services.cash_count import Count
from yika_node.services.payments import Receipt
from yika_node.services.shift_errors import ShiftAlreadyOpen
from yika_node.services.shift_guard import NoShift
from yika_node.services.views import Level

OPERATORS = (OPERATOR, "lin")
who = st.sampled_from(OPERATORS)
money = st.integers(1, 90).map(lambda yuan: yuan * 500)


class Drawers(RuleBasedStateMachine):
    """Two operators, two drawers, one card."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.counters = Counters(Path(self.folder.name), tariff_class=CLASS)
        self.counters.publish_and_open()
        self.node = self.counters.nodes[0]
        office_of(self.node).add(OPERATOR, OPERATORS[1], PASSWORD, Level.CLERK)
        self.node.guard.on = True
        self.cash: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.given: dict[str, int] = {}
        self.totals = (0, 0)
        self.reports = 0
        self.acts = 0
        self.bought: list[Receipt] = []

    def teardown(self) -> None:
        self.counters.close()
        self.folder.cleanup()

    @rule(operator=who, amount=st.integers(0, 50_000))
    def open(self, operator: str, amount: int) -> None:
        if operator in self.cash:
            with pytest.raises(ShiftAlreadyOpen):
                shift_desk(self.node).open(operator, Count(amount))
        else:
            shift_desk(self.node).open(operator, Count(amount))
            self.cash[operator], self.taken[operator], self.given[operator] = amount, 0, 0

    @rule(operator=who, amount=money)
    def sell(self, operator: str, amount: int) -> None:
        self.acts += 1
        self.counters.worlds[0].hand.insert(self.counters.chip)
        entries = [for_money(WATER, amount)]
        if operator not in self.cash:
            with pytest.raises(NoShift):
                self.node.sales.sell(operator, self.counters.card, entries, f"t{self.acts}")
            return
        sold = self.node.sales.sell(operator, self.counters.card, entries, f"t{self.acts}")
        self.bought.append(sold)
        self.cash[operator] += sold.paid
        self.taken[operator] += sold.paid

    @precondition(lambda self: self.bought and self.cash)
    @rule(operator=who)
    def give_the_last_one_back(self, operator: str) -> None:
        if operator not in self.cash:
            return
        self.counters.worlds[0].hand.insert(self.counters.chip)
        paid = -give_back(self.node, self.bought.pop(), operator).paid
        self.bought.clear()
        self.cash[operator] -= paid
        self.given[operator] += paid

    @rule(operator=who, what=st.sampled_from(MOVES), amount=st.integers(1, 20_000))
    def move(self, operator: str, what: str, amount: int) -> None:
        self.acts += 1
        token = f"m{self.acts}"
        if operator not in self.cash:
            with pytest.raises(NoShift):
                shift_desk(self.node).move(operator, what, amount, "why", token=token)
            return
        shift_desk(self.node).move(operator, what, amount, "why", token=token)
        self.cash[operator] += amount if what == PAID_IN else -amount

    @precondition(lambda self: self.cash)
    @rule(operator=who, beside=st.sampled_from([0, 0, -100, 250]))
    def close(self, operator: str, beside: int) -> None:
        if operator not in self.cash:
            return
        expected = self.cash.pop(operator)
        counted = max(0, expected + beside)
        why = "counted twice" if counted != expected else ""
        z = close_with(self.node, operator, counted, why)
        self.reports += 1
        taken, given = self.taken.pop(operator), self.given.pop(operator)
        self.totals = self.totals[0] + taken, self.totals[1] + given
        assert (z.number, z.operator, z.expected) == (self.reports, operator, expected)
        assert z.turnover == taken - given == sum(one.amount for one in z.takings)
        assert (z.taken, z.given_back) == self.totals

    @rule()
    def rebuild(self) -> None:
        path = self.counters.worlds[0].folder / "node.db"
        before = contents(path)
        self.node.journal.rebuild()
        assert contents(path) == before

    @invariant()
    def each_open_drawer_holds_what_its_shift_says(self) -> None:
        for operator, expected in self.cash.items():
            shift = shift_desk(self.node).open_of(operator)
            assert shift is not None
            assert reports_of(self.node).x(shift.epoch, shift.seq).expected == expected


Drawers.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestDrawers = Drawers.TestCase


@pytest.fixture
def counters(tmp_path: Path) -> Counters:
    made = Counters(tmp_path / "first", tariff_class=CLASS)
    made.publish_and_open()
    made.nodes[0].guard.on = True
    return made


def sold_between(counters: Counters, monkeypatch: pytest.MonkeyPatch) -> int:
    """Close a shift of 100.00 while a sale of 50.00 comes in between; what was expected."""
    node = counters.nodes[0]
    shift = shift_desk(node).open(OPERATOR, Count(10_000))
    append = node.journal.append
    sold: list[bool] = []

    def late(*arguments: object, **options: object) -> object:
        if not sold:
            sold.append(True)
            counters.sell(for_money(WATER, 5_000))
        return append(*arguments, **options)  # type: ignore[arg-type]

    desk = shift_desk(node)
    monkeypatch.setattr(desk.journal, "append", late)
    number = desk.close(OPERATOR, shift.epoch, shift.seq, Count(10_000))
    expected = reports_of(node).z(number).expected
    assert expected is not None
    return expected


def test_a_sale_that_comes_while_a_shift_is_closed_is_in_its_report(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sold_between(counters, monkeypatch) == 15_000
    counters.close()


def test_without_looking_again_when_it_is_written_the_sale_would_be_in_no_report(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shifts, "_unmoved", lambda *_: lambda *_: None)
    assert sold_between(counters, monkeypatch) == 10_000
    counters.close()


def test_a_sale_that_comes_when_its_shift_was_just_closed_is_refused(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = counters.nodes[0]
    shift = shift_desk(node).open(OPERATOR, Count(0))
    append = node.journal.append
    closed: list[bool] = []

    def early(*arguments: object, **options: object) -> object:
        if not closed:
            closed.append(True)
            shift_desk(node).close(OPERATOR, shift.epoch, shift.seq, Count(0))
        return append(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(node.journal, "append", early)
    with pytest.raises(NoShift):
        counters.sell(for_money(WATER, 5_000))
    assert counters.intents() == []
    counters.close()


@pytest.mark.parametrize("step", range(4))
def test_a_power_cut_leaves_an_open_shift_or_one_report(tmp_path: Path, step: int) -> None:
    counters = Counters(tmp_path, tariff_class=CLASS)
    counters.publish_and_open()
    world, node = counters.worlds[0], counters.nodes[0]
    fate = Fate(step)
    watch_commits(node, fate)
    desk = shift_desk(node)

    def whole_day() -> None:
        shift = desk.open(OPERATOR, Count(10_000))
        desk.close(OPERATOR, shift.epoch, shift.seq, Count(9_000))

    with pytest.raises(PowerCut):
        whole_day()
    abandon(node)
    node = counters.nodes[0] = world.restarted()
    after, found = shift_desk(node), reports_of(node)
    # Before or after the record of the opening, before or after that of the close.
    open_now, closed = after.open_of(OPERATOR), found.reports(10)
    assert (open_now is not None, len(closed)) == [(False, 0), (True, 0), (True, 0), (False, 1)][
        step
    ]
    if open_now is None and not closed:
        open_now = after.open(OPERATOR, Count(10_000))
    place = (open_now.epoch, open_now.seq) if open_now else _place(node)
    assert after.close(OPERATOR, *place, Count(9_000)) == 1
    assert [(one.number, one.difference) for one in found.reports(10)] == [(1, -1_000)]
    counters.close()


def _place(node: object) -> tuple[int, int]:
    row = shift_desk(node).book.report(1)  # type: ignore[arg-type]
    assert row is not None
    return row.epoch, row.seq


def test_a_shift_costs_its_own_rows_however_many_came_before(counters: Counters) -> None:
    """Each statement goes through an index that leads to the shift's rows."""
    node = counters.nodes[0]
    plans: list[str] = []

    def explaining(statement: str, values: tuple[object, ...]) -> list[tuple[int, ...]]:
        with node.store.engine.connect() as connection:
            told = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            plans.extend(str(row[3]) for row in told)
            return [tuple(row) for row in connection.exec_driver_sql(statement, values)]

    shift_sums.figures(explaining, OPERATOR, (1, 1))
    shift_sums.journal_total(explaining, OPERATOR, (1, 1))
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN") and "SUBQUERY" not in plan] == []
    counters.close()
