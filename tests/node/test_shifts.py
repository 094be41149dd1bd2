"""Shifts: no money outside one, counted blind, closed once, with numbers and totals for ever."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from counters import CLASS, WATER, Counters
from node_world import OPERATOR, PASSWORD, a_chip, contents, for_money
from refund_builders import TOKEN, give_back
from shift_builders import banking_of, close_with, differences_of, reports_of, shift_desk
from staff_builders import office_of
from yika_common.clock import to_timestamp
from yika_common.journal.cash_bodies import (
    DROP,
    PAID_IN,
    PETTY,
    CashMoved,
    Counted,
    NothingSold,
    ShiftClosed,
)
from yika_common.journal.record import Record, decode_line
from yika_node.bootstrap import Node
from yika_node.db.projections import apply
from yika_node.db.shift_queries import ShiftQueries
from yika_node.db.shift_sums import figures
from yika_node.services.approvals import ApprovalMissing
from yika_node.services.cash_count import Count, counted
from yika_node.services.shift_errors import (
    BooksDisagree,
    CountDisagrees,
    CountMissing,
    MoveUnusable,
    NothingToBank,
    ReasonUnusable,
    ReportUnknown,
    SalesNotOnCards,
    ShiftAlreadyOpen,
    ShiftGone,
)
from yika_node.services.shift_guard import NoShift, ShiftOfYesterday
from yika_node.services.views import Level

OTHER = "lin"


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path, tariff_class=CLASS)
    # The first account is opened and its card is made while nobody keeps shifts yet.
    made.publish_and_open()
    made.settle_by(card_fee=2_000)
    made.nodes[0].guard.on = True
    yield made
    made.close()


def bodies(node: Node, kind: type) -> list[object]:
    lines = (row.line for row in node.queries.records(1, 1, 10_000))
    return [body for line in lines if isinstance(body := decode_line(line).body, kind)]


def test_nobody_takes_money_without_an_open_shift(counters: Counters) -> None:
    node = counters.nodes[0]
    with pytest.raises(NoShift):
        counters.sell(for_money(WATER, 5_000))
    assert counters.intents() == []
    shift_desk(node).open(OPERATOR, Count(30_000))
    assert counters.sell(for_money(WATER, 5_000)).problem is None


def test_nor_gives_any_back_nor_takes_a_fee(counters: Counters) -> None:
    node = counters.nodes[0]
    desk = shift_desk(node)
    desk.open(OPERATOR, Count(0))
    bought = counters.sell(for_money(WATER, 5_000))
    close_with(node, OPERATOR, 5_000)
    with pytest.raises(NoShift):
        give_back(node, bought, OPERATOR)
    counters.worlds[0].hand.insert(a_chip(7))
    with pytest.raises(NoShift):
        node.life.reissue.replace(OPERATOR, counters.account.number, "lost", "form r")
    with pytest.raises(NoShift):
        desk.move(OPERATOR, DROP, 1_000, "full", token="drop")
    with pytest.raises(NoShift):
        desk.open_drawer(OPERATOR, "change", token="drawer")


def test_where_shifts_are_not_kept_everything_goes_on_without_them(counters: Counters) -> None:
    counters.nodes[0].guard.on = False
    assert counters.sell(for_money(WATER, 5_000)).problem is None


def test_a_shift_of_yesterday_is_counted_before_anything_is_sold(counters: Counters) -> None:
    node = counters.nodes[0]
    desk = shift_desk(node)
    desk.open(OPERATOR, Count(10_000))
    counters.sell(for_money(WATER, 5_000))
    # The day ends by the clock on the wall: 16:00 UTC is midnight there.
    counters.pass_time(hours=7, minutes=59)
    counters.sell(for_money(WATER, 5_000))
    counters.pass_time(minutes=1)
    with pytest.raises(ShiftOfYesterday) as refused:
        counters.sell(for_money(WATER, 5_000))
    assert refused.value.facts["day"] == "2026-04-01"
    shift = desk.open_of(OPERATOR)
    assert shift is not None
    assert shift.suspended
    assert close_with(node, OPERATOR, 20_000).difference == 0
    desk.open(OPERATOR, Count(10_000))
    assert counters.sell(for_money(WATER, 5_000)).problem is None


def test_an_operator_has_one_shift_and_several_have_one_each(counters: Counters) -> None:
    node = counters.nodes[0]
    office_of(node).add(OPERATOR, OTHER, PASSWORD, Level.CLERK)
    desk = shift_desk(node)
    desk.open(OPERATOR, Count(10_000))
    with pytest.raises(ShiftAlreadyOpen):
        desk.open(OPERATOR, Count(10_000))
    desk.open(OTHER, Count(5_000))
    counters.sell(for_money(WATER, 5_000))
    mine, other = close_with(node, OPERATOR, 15_000), close_with(node, OTHER, 5_000)
    assert (mine.number, mine.turnover, mine.difference) == (1, 5_000, 0)
    assert (other.number, other.turnover, other.difference) == (2, 0, 0)


def test_a_z_report_says_what_happened(counters: Counters) -> None:
    node = counters.nodes[0]
    desk = shift_desk(node)
    desk.open(OPERATOR, Count(30_000, (Counted(10_000, 3),)))
    first = counters.sell(for_money(WATER, 5_000))
    bought = counters.sell(for_money(WATER, 2_000))
    give_back(node, bought, OPERATOR)
    counters.worlds[0].hand.insert(a_chip(7))
    node.life.reissue.replace(OPERATOR, counters.account.number, "lost", "form r")
    desk.move(OPERATOR, DROP, 4_000, "the drawer is full", token="a", reference="S-17")
    desk.move(OPERATOR, PAID_IN, 1_000, "change from the office", token="b")
    desk.move(OPERATOR, PETTY, 500, "stamps", token="c")
    desk.open_drawer(OPERATOR, "change for a note", token="d")
    z = close_with(node, OPERATOR, 33_000)
    assert (z.number, z.float_amount, z.declared, z.expected) == (1, 30_000, 33_000, 33_500)
    assert z.difference == -500
    assert (z.turnover, z.cash, z.safe) == (7_000, 7_000, 4_000)
    assert (z.receipts, z.refunds, z.opens, z.pending) == (2, 1, 1, 0)
    assert (z.first, z.last) == (first.number, bought.number)
    assert (z.taken, z.given_back) == (9_000, 2_000)
    assert [(one.version, one.times, one.amount) for one in z.tariffs] == [(1, 2, 7_000)]
    assert [(one.what, one.amount, one.reference) for one in z.moves] == [
        (DROP, -4_000, "S-17"),
        (PAID_IN, 1_000, ""),
        (PETTY, -500, ""),
    ]
    # What goes to the bank: what was counted less the float, and what lies in the safe.
    assert z.to_bank == 33_000 - 30_000 + 4_000


def test_any_count_closes_and_the_difference_is_explained_afterwards(counters: Counters) -> None:
    node = counters.nodes[0]
    desk = shift_desk(node)
    desk.open(OPERATOR, Count(10_000))
    counters.sell(for_money(WATER, 5_000))
    z = close_with(node, OPERATOR, 0)
    assert (z.difference, z.reason) == (-15_000, "")
    with pytest.raises(ReasonUnusable):
        differences_of(node).explain(OPERATOR, 1, " ")
    with pytest.raises(ReportUnknown):
        differences_of(node).explain(OPERATOR, 2, "lost")
    differences_of(node).explain(OPERATOR, 1, "the drawer was stolen")
    after = reports_of(node).z(1)
    assert (after.reason, after.declared, after.difference) == (
        "the drawer was stolen",
        0,
        -15_000,
    )


def test_a_second_close_has_the_same_number_and_changes_nothing(counters: Counters) -> None:
    node = counters.nodes[0]
    desk = shift_desk(node)
    shift = desk.open(OPERATOR, Count(10_000))
    assert desk.close(OPERATOR, shift.epoch, shift.seq, Count(9_000)) == 1
    tip = node.queries.tip(1)
    assert desk.close(OPERATOR, shift.epoch, shift.seq, Count(10_000)) == 1
    assert node.queries.tip(1) == tip
    assert reports_of(node).z(1).declared == 9_000
    with pytest.raises(ShiftGone):
        desk.close(OPERATOR, shift.epoch, shift.seq + 1, Count(0))


def test_z_numbers_and_totals_go_on_through_a_restart_and_a_rebuild(counters: Counters) -> None:
    world, node = counters.worlds[0], counters.nodes[0]
    for _ in range(2):
        shift_desk(node).open(OPERATOR, Count(0))
        counters.sell(for_money(WATER, 5_000))
        close_with(node, OPERATOR, 5_000)
    before = contents(world.folder / "node.db")
    node.journal.rebuild()
    assert contents(world.folder / "node.db") == before
    node.close()
    node = counters.nodes[0] = world.restarted()
    shift_desk(node).open(OPERATOR, Count(0))
    z = close_with(node, OPERATOR, 0)
    assert (z.number, z.taken) == (3, 10_000)


def test_the_x_report_of_whoever_counts_has_no_cash(counters: Counters) -> None:
    node = counters.nodes[0]
    shift = shift_desk(node).open(OPERATOR, Count(10_000))
    counters.sell(for_money(WATER, 5_000))
    blind = reports_of(node).x(shift.epoch, shift.seq, whose=OPERATOR)
    assert (blind.number, blind.expected, blind.sums, blind.tariffs) == (0, None, (), ())
    assert blind.receipts == 1
    full = reports_of(node).x(shift.epoch, shift.seq)
    assert (full.number, full.expected, full.turnover) == (0, 15_000, 5_000)
    z = close_with(node, OPERATOR, 15_000)
    assert z.sums == full.sums
    with pytest.raises(ShiftGone):
        reports_of(node).x(shift.epoch, shift.seq)


def test_a_tariff_that_changes_in_a_shift_has_a_subtotal_of_its_own(counters: Counters) -> None:
    shift_desk(counters.nodes[0]).open(OPERATOR, Count(0))
    counters.sell(for_money(WATER, 5_000))
    counters.pass_time(hours=2)
    counters.publish(version=2, effective_from="2026-04-01T17:00:00")
    counters.sell(for_money(WATER, 3_000))
    z = close_with(counters.nodes[0], OPERATOR, 8_000)
    assert [(one.version, one.times, one.amount) for one in z.tariffs] == [
        (1, 1, 5_000),
        (2, 1, 3_000),
    ]


def test_days_on_which_nothing_was_sold_have_a_null_record(counters: Counters) -> None:
    node = counters.nodes[0]
    shift_desk(node).open(OPERATOR, Count(0))
    close_with(node, OPERATOR, 0)
    counters.pass_time(days=4)
    shift_desk(node).open(OPERATOR, Count(0))
    close_with(node, OPERATOR, 0)
    counters.pass_time(days=1)
    shift_desk(node).open(OPERATOR, Count(0))
    assert bodies(node, NothingSold) == [NothingSold(first="2026-04-02", last="2026-04-04")]
    assert [(row.first, row.last) for row in reports_of(node).idle()] == [
        ("2026-04-02", "2026-04-04")
    ]


def test_a_row_of_money_that_was_changed_keeps_the_shift_from_closing(counters: Counters) -> None:
    world, node = counters.worlds[0], counters.nodes[0]
    shift = shift_desk(node).open(OPERATOR, Count(10_000))
    counters.sell(for_money(WATER, 5_000))
    with closing(sqlite3.connect(world.folder / "node.db")) as connection, connection:
        connection.execute("UPDATE money SET amount = 4000 WHERE what = 'sale'")
    with pytest.raises(BooksDisagree) as refused:
        shift_desk(node).close(OPERATOR, shift.epoch, shift.seq, Count(14_000))
    assert (refused.value.facts["table"], refused.value.facts["journal"]) == ("140.00", "150.00")
    assert bodies(node, ShiftClosed) == []
    node.journal.rebuild()
    assert close_with(node, OPERATOR, 15_000).difference == 0


def test_a_sale_that_is_not_on_its_card_is_carried_by_the_z_report(counters: Counters) -> None:
    node, world = counters.nodes[0], counters.worlds[0]
    shift_desk(node).open(OPERATOR, Count(0))
    counters.sell(for_money(WATER, 5_000))
    with closing(sqlite3.connect(world.folder / "node.db")) as connection, connection:
        connection.execute("UPDATE intent SET state = 'pending'")
    for known in (0, -1):
        with pytest.raises(SalesNotOnCards):
            close_with(node, OPERATOR, 5_000, carried=known)
    assert close_with(node, OPERATOR, 5_000, carried=1).pending == 1


def test_cash_is_moved_once_and_only_with_a_sum_and_a_reason(counters: Counters) -> None:
    node = counters.nodes[0]
    desk = shift_desk(node, second_from=10_000)
    desk.open(OPERATOR, Count(50_000))
    for _ in range(2):
        desk.move(OPERATOR, DROP, 9_999, "full", token="one")
    assert len(bodies(node, CashMoved)) == 1
    for what, amount, reason in (("gift", 1, "x"), (DROP, 0, "x"), (DROP, 1, " ")):
        with pytest.raises(MoveUnusable):
            desk.move(OPERATOR, what, amount, reason, token="two")
    with pytest.raises(ApprovalMissing):
        desk.move(OPERATOR, DROP, 10_000, "full", token="two")
    desk.move(OPERATOR, DROP, 10_000, "full", token="two", approval=TOKEN)
    *_, last = bodies(node, CashMoved)
    assert isinstance(last, CashMoved)
    assert last.approved > 0
    assert close_with(node, OPERATOR, 30_001).difference == 0


def test_a_count_is_a_sum_or_pieces_or_both_if_they_agree() -> None:
    assert counted(500, {}) == Count(500)
    assert counted(None, {100: 3, 50: 0}) == Count(300, (Counted(100, 3),))
    assert counted(300, {100: 3}) == Count(300, (Counted(100, 3),))
    assert counted(0, {}) == Count(0)
    with pytest.raises(CountMissing):
        counted(None, {})
    with pytest.raises(CountMissing):
        counted(None, {100: 4, 10: -1})
    with pytest.raises(CountDisagrees):
        counted(301, {100: 3})


def test_takings_are_banked_once_in_batches_without_gap(counters: Counters) -> None:
    node = counters.nodes[0]
    for number in range(3):
        shift_desk(node).open(OPERATOR, Count(10_000))
        counters.sell(for_money(WATER, 5_000))
        close_with(node, OPERATOR, 15_000 - 100 * number, "a note" if number else "")
    desk = banking_of(node)
    assert [(row.number, row.to_bank) for row in desk.waiting()] == [
        (1, 5_000),
        (2, 4_900),
        (3, 4_800),
    ]
    assert desk.bank(OPERATOR, [1, 2], 9_900, token="t", bank_account="6222", reference="D1") == 1
    assert desk.bank(OPERATOR, [1, 2], 9_900, token="t") == 1
    with pytest.raises(NothingToBank):
        desk.bank(OPERATOR, [2, 3], 9_700, token="u")
    with pytest.raises(NothingToBank):
        desk.bank(OPERATOR, [], 0, token="u")
    assert desk.bank(OPERATOR, [3], 4_000, token="u", reason="800 kept for change") == 2
    first, second = desk.banking(1), desk.banking(2)
    assert ([row.number for row in first.reports], first.difference) == ([1, 2], 0)
    assert (second.difference, second.reason) == (-800, "800 kept for change")
    assert [row.number for row in desk.bankings(10)] == [2, 1]
    assert desk.waiting() == ()
    assert reports_of(node).z(3).batch == 2


def test_what_was_over_never_makes_good_what_was_short(counters: Counters) -> None:
    node = counters.nodes[0]
    for amount in (100, 0, 300):
        shift_desk(node).open(OPERATOR, Count(100))
        close_with(node, OPERATOR, amount, "" if amount == 100 else "counted twice")
    (row,) = reports_of(node).over_short()
    assert (row.closes, row.times_over, row.over, row.times_short, row.short) == (
        3,
        1,
        200,
        1,
        100,
    )


def test_a_shift_that_was_open_when_the_journal_began_anew_goes_on(counters: Counters) -> None:
    """After a restore the records' numbers begin again in another epoch; the shift is the same."""
    world, node = counters.worlds[0], counters.nodes[0]
    shift = shift_desk(node).open(OPERATOR, Count(10_000))
    counters.sell(for_money(WATER, 5_000))
    paid_in = CashMoved(what=PAID_IN, amount=700, reason="found again")
    closed = ShiftClosed(
        report=1,
        opened=shift.seq,
        epoch=shift.epoch,
        amount=15_700,
        expected=15_700,
        taken=5_000,
        given_back=0,
    )
    with closing(sqlite3.connect(world.folder / "node.db")) as connection, connection:

        def ask(statement: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
            return connection.execute(statement, values).fetchall()

        apply(connection, 2, Record(1, to_timestamp(world.now), OPERATOR, paid_in))
        assert figures(ask, OPERATOR, (shift.epoch, shift.seq)).expected == 15_700
        apply(connection, 2, Record(2, to_timestamp(world.now), OPERATOR, closed))
    row = ShiftQueries(node.store).report(1)
    assert row is not None
    assert (row.epoch, row.seq, row.closed_epoch, row.closed_seq) == (1, shift.seq, 2, 2)
    assert shift_desk(node).open_of(OPERATOR) is None
