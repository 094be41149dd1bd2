"""A part of a shift has one price basis: it is cut before the first act on another one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from shift_builders import close_with, reports_of, shift_desk, watch_each_commit
from staff_builders import office_of
from yika_common.journal.bodies import Intent
from yika_common.journal.cash_bodies import DRAWER, Summed, Totalled
from yika_common.journal.record import decode_line
from yika_node.bootstrap import Node
from yika_node.db.total_sums import added, less
from yika_node.services.cash_count import Count
from yika_node.services.price_basis import changed
from yika_node.services.shift_views import ZReport
from yika_node.services.views import Level


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = opened(tmp_path)
    yield made
    made.close()


def opened(folder: Path) -> Counters:
    """A point with a shift of 100.00 in which 50.00 was sold."""
    made = Counters(folder, tariff_class=CLASS)
    made.publish_and_open()
    made.nodes[0].guard.on = True
    shift_desk(made.nodes[0]).open(OPERATOR, Count(10_000))
    made.sell(for_money(WATER, 5_000))
    return made


def journal(node: Node) -> list[object]:
    lines = (row.line for row in node.queries.records(1, 1, 10_000))
    return [decode_line(line).body for line in lines]


def cuts(node: Node) -> list[Totalled]:
    return [body for body in journal(node) if isinstance(body, Totalled)]


def test_a_tariff_that_comes_into_force_cuts_the_shift_before_its_first_sale(
    counters: Counters,
) -> None:
    node = counters.nodes[0]
    counters.publish(version=2, effective_from="2026-04-01T17:00:00")
    counters.sell(for_money(WATER, 2_000))
    # It is here, and not in force yet.
    assert cuts(node) == []
    counters.pass_time(hours=2)
    counters.sell(for_money(WATER, 3_000))
    counters.sell(for_money(WATER, 1_000))
    (cut,) = cuts(node)
    assert (cut.what, cut.batch, cut.receipts) == ("cut", 1, 2)
    assert sum(one.amount for one in cut.sums if one.what not in DRAWER) == 7_000
    assert {(one.version, one.amount) for one in cut.tariffs} == {(1, 7_000)}
    after = journal(node)[journal(node).index(cut) + 1]
    assert isinstance(after, Intent)
    assert after.tariff_version == 2


def test_the_z_report_shows_its_parts_and_they_come_to_the_whole(counters: Counters) -> None:
    node = counters.nodes[0]
    counters.settle_by(card_fee=500)
    counters.sell(for_money(WATER, 3_000))
    counters.publish(version=2, effective_from="2026-04-01T00:00:00")
    counters.sell(for_money(WATER, 1_000))
    x = reports_of(node).x(*_place(node))
    assert [part.changed for part in x.parts] == [("settings",), ("tariffs",), ()]
    z = close_with(node, OPERATOR, 19_000)
    assert [(part.number, part.taken, part.receipts) for part in z.parts] == [
        (1, 5_000, 1),
        (2, 3_000, 1),
        (3, 1_000, 1),
    ]
    assert added(one for part in z.parts for one in part.sums) == z.sums
    assert [part.until is None for part in z.parts] == [False, False, True]


def test_a_shift_that_nothing_changed_has_no_parts(counters: Counters) -> None:
    counters.sell(for_money(WATER, 3_000))
    counters.nodes[0].courier.sync()
    counters.sell(for_money(WATER, 3_000))
    assert close_with(counters.nodes[0], OPERATOR, 21_000).parts == ()
    assert cuts(counters.nodes[0]) == []


def test_a_change_after_which_nothing_is_sold_cuts_nothing(counters: Counters) -> None:
    counters.publish(version=2, effective_from="2026-04-01T00:00:00")
    close_with(counters.nodes[0], OPERATOR, 15_000)
    assert cuts(counters.nodes[0]) == []


def test_a_shift_opened_on_the_new_basis_is_not_cut(counters: Counters) -> None:
    node = counters.nodes[0]
    close_with(node, OPERATOR, 15_000)
    counters.publish(version=2, effective_from="2026-04-01T00:00:00")
    shift_desk(node).open(OPERATOR, Count(0))
    counters.sell(for_money(WATER, 3_000))
    assert cuts(node) == []


def test_each_open_drawer_is_cut_for_itself(counters: Counters) -> None:
    node = counters.nodes[0]
    office_of(node).add(OPERATOR, "lin", PASSWORD, Level.CLERK)
    shift_desk(node).open("lin", Count(700))
    counters.publish(version=2, effective_from="2026-04-01T00:00:00")
    for number, operator in enumerate((OPERATOR, "lin", "lin", OPERATOR)):
        counters.worlds[0].hand.insert(counters.chip)
        node.sales.sell(operator, counters.card, [for_money(WATER, 1_000)], f"o{number}")
    assert [(cut.batch, sum(one.amount for one in cut.sums)) for cut in cuts(node)] == [
        (1, 15_000),
        (2, 700),
    ]


def test_another_program_cuts_a_shift_that_goes_on(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, node = counters.worlds[0], counters.nodes[0]
    node.close()
    monkeypatch.setattr("yika_node.bootstrap.version", lambda _: "9.9.9")
    node = counters.nodes[0] = world.restarted()
    node.guard.on = True
    counters.sell(for_money(WATER, 1_000))
    z = close_with(node, OPERATOR, 16_000)
    assert [part.changed for part in z.parts] == [("program",), ()]


def test_cuts_survive_a_rebuild(counters: Counters) -> None:
    world, node = counters.worlds[0], counters.nodes[0]
    counters.publish(version=2, effective_from="2026-04-01T00:00:00")
    counters.sell(for_money(WATER, 1_000))
    before = contents(world.folder / "node.db")
    node.journal.rebuild()
    assert contents(world.folder / "node.db") == before
    counters.sell(for_money(WATER, 1_000))
    assert len(cuts(node)) == 1


@pytest.mark.parametrize("step", range(6))
def test_a_power_cut_leaves_one_cut_and_no_sale_twice(tmp_path: Path, step: int) -> None:
    counters = opened(tmp_path)
    counters.publish(version=2, effective_from="2026-04-01T00:00:00")
    world, node = counters.worlds[0], counters.nodes[0]
    watch_each_commit(node, Fate(step))
    with pytest.raises(PowerCut):
        counters.sell(for_money(WATER, 3_000))
    abandon(node)
    node = counters.nodes[0] = world.restarted()
    node.guard.on = True
    world.hand.insert(counters.chip)
    counters.read()
    counters.sales -= 1
    counters.sell(for_money(WATER, 3_000))
    assert len(cuts(node)) == 1
    z = close_with(node, OPERATOR, 18_000)
    assert [part.taken for part in z.parts] == [5_000, 3_000]
    counters.close()


def test_without_what_goes_ahead_two_price_bases_would_be_one_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yika_node.services.shift_guard.ShiftGuard.ahead", lambda *_: ())
    counters = opened(tmp_path)
    counters.publish(version=2, effective_from="2026-04-01T00:00:00")
    counters.sell(for_money(WATER, 1_000))
    z: ZReport = close_with(counters.nodes[0], OPERATOR, 16_000)
    assert (len(z.tariffs), z.parts) == (2, ())
    counters.close()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("yika 1/aa/bb", "yika 1/aa/bb", ()),
        ("yika 1/aa/bb", "yika 2/aa/bb", ("program",)),
        ("yika 1/aa/bb", "yika 1/ab/bc", ("settings", "tariffs")),
        ("", "yika 1/aa/bb", ("program", "settings", "tariffs")),
    ],
)
def test_what_changed_is_named(before: str, after: str, words: tuple[str, ...]) -> None:
    assert changed(before, after) == words


_rows = st.lists(
    st.builds(
        Summed,
        st.sampled_from(["sale", "fee", "drop"]),
        st.sampled_from(["cash", "card"]),
        st.integers(1, 9),
        st.integers(-500, 500).filter(bool),
    ),
    max_size=12,
)


@given(_rows, _rows)
def test_what_is_left_and_what_is_taken_off_come_to_the_whole(
    parts: list[Summed], rest: list[Summed]
) -> None:
    whole = added([*parts, *rest])
    left = less(whole, parts)
    assert added([*parts, *left]) == whole
    assert left == added(rest)


def _place(node: Node) -> tuple[int, int]:
    shift = shift_desk(node).open_of(OPERATOR)
    assert shift is not None
    return shift.epoch, shift.seq
