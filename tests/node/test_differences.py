"""A difference at a close: accepted, explained, or signed for by a second person."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counters import CLASS, WATER, Counters
from node_world import OPERATOR, contents, for_money
from refund_builders import TOKEN
from shift_builders import close_with, differences_of, reports_of, shift_desk
from yika_common.errors import Phrase
from yika_common.journal.acts import DIFFERENCE_ACT, digest_of
from yika_common.journal.cash_bodies import DifferenceExplained, ShiftClosed
from yika_common.journal.record import decode_line
from yika_node.services.approvals import ApprovalMissing
from yika_node.services.cash_count import Count
from yika_node.services.shift_errors import DifferenceUnanswered, ReportUnknown, ShiftOfAnother
from yika_node.web.phone_pages import phone_desk_of


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path, tariff_class=CLASS)
    made.publish_and_open()
    made.settle_by(difference_accepted=100, difference_unsigned=1_000)
    made.nodes[0].guard.on = True
    yield made
    made.close()


def over_by(counters: Counters, difference: int) -> int:
    """Close a shift of 100.00 with so much over or short; the number of its report."""
    shift_desk(counters.nodes[0]).open(OPERATOR, Count(10_000))
    return close_with(counters.nodes[0], OPERATOR, 10_000 + difference).number


@pytest.mark.parametrize("difference", [0, 100, -100])
def test_a_small_difference_needs_no_words(counters: Counters, difference: int) -> None:
    over_by(counters, difference)
    shift_desk(counters.nodes[0]).open(OPERATOR, Count(0))


@pytest.mark.parametrize("difference", [101, -1_000])
def test_a_greater_one_is_explained_before_the_next_shift(
    counters: Counters, difference: int
) -> None:
    node = counters.nodes[0]
    number = over_by(counters, difference)
    with pytest.raises(DifferenceUnanswered) as refused:
        shift_desk(node).open(OPERATOR, Count(0))
    assert refused.value.facts["number"] == number
    differences_of(node).explain(OPERATOR, number, "a note of 10 for one of 1")
    assert reports_of(node).z(number).wants == 1
    assert not reports_of(node).z(number).unanswered
    shift_desk(node).open(OPERATOR, Count(0))


@pytest.mark.parametrize("difference", [1_001, -1_001])
def test_a_great_one_is_signed_for_by_a_second_person(counters: Counters, difference: int) -> None:
    node = counters.nodes[0]
    number = over_by(counters, difference)
    with pytest.raises(ApprovalMissing):
        differences_of(node).explain(OPERATOR, number, "nobody knows")
    assert reports_of(node).z(number).reason == ""
    with pytest.raises(DifferenceUnanswered):
        shift_desk(node).open(OPERATOR, Count(0))
    differences_of(node).explain(OPERATOR, number, "nobody knows", approval=TOKEN)
    z = reports_of(node).z(number)
    assert (z.reason, z.unanswered, z.declared) == ("nobody knows", False, 10_000 + difference)
    assert z.signed_by
    shift_desk(node).open(OPERATOR, Count(0))


def test_headquarters_may_be_the_second_person_by_telephone(counters: Counters) -> None:
    node = counters.nodes[0]
    number = over_by(counters, -5_000)
    here = replace(differences_of(node), approvals=node.approvals)
    digest = here.digest(number, "nobody knows")
    token = node.approvals.begin(
        OPERATOR, digest, Phrase("a difference"), "/", kind=DIFFERENCE_ACT
    )
    desk = phone_desk_of(node)
    asked = desk.asked(token)
    desk.answer(token, desk.expected(asked))
    here.explain(OPERATOR, number, "nobody knows", approval=token)
    z = reports_of(node).z(number)
    assert (z.signed_by, z.unanswered) == ("HQ", False)
    shift_desk(node).open(OPERATOR, Count(0))


def test_the_approval_stands_right_before_the_reason_and_is_for_it(counters: Counters) -> None:
    node = counters.nodes[0]
    number = over_by(counters, -5_000)
    desk = differences_of(node)
    desk.explain(OPERATOR, number, "stolen", approval=TOKEN)
    row = node.queries.records(1, 1, 10_000)[-1]
    body = decode_line(row.line).body
    assert isinstance(body, DifferenceExplained)
    assert body.approved == row.seq - 1
    member = node.standing.membership
    assert digest_of(body, member.node, member.epoch) == desk.digest(number, "stolen")


def test_another_reason_needs_another_signature(counters: Counters) -> None:
    node = counters.nodes[0]
    number = over_by(counters, -5_000)
    differences_of(node).explain(OPERATOR, number, "stolen", approval=TOKEN)
    with pytest.raises(ApprovalMissing):
        differences_of(node).explain(OPERATOR, number, "lent")
    assert reports_of(node).z(number).reason == "stolen"


def test_later_bounds_judge_no_earlier_close(counters: Counters) -> None:
    number = over_by(counters, 500)
    counters.settle_by(difference_accepted=1_000)
    z = reports_of(counters.nodes[0]).z(number)
    assert (z.wants, z.unanswered) == (1, True)


def test_without_a_second_bound_a_reason_is_enough_for_any(counters: Counters) -> None:
    counters.settle_by(difference_unsigned=0)
    number = over_by(counters, -10_000)
    differences_of(counters.nodes[0]).explain(OPERATOR, number, "the drawer was stolen")
    shift_desk(counters.nodes[0]).open(OPERATOR, Count(0))


def test_nobody_answers_for_anothers_drawer_but_who_leads(counters: Counters) -> None:
    node = counters.nodes[0]
    number = over_by(counters, 500)
    with pytest.raises(ShiftOfAnother):
        differences_of(node).explain("lin", number, "his")
    with pytest.raises(ReportUnknown):
        differences_of(node).explain(OPERATOR, number + 1, "none")
    differences_of(node).explain("lin", number, "his", leads=True)


def test_signatures_survive_a_rebuild(counters: Counters) -> None:
    world, node = counters.worlds[0], counters.nodes[0]
    number = over_by(counters, -5_000)
    differences_of(node).explain(OPERATOR, number, "stolen", approval=TOKEN)
    shift_desk(node).open(OPERATOR, Count(0))
    counters.sell(for_money(WATER, 5_000))
    before = contents(world.folder / "node.db")
    node.journal.rebuild()
    assert contents(world.folder / "node.db") == before


@given(
    counted=st.integers(0, 10**6),
    expected=st.integers(-(10**6), 10**6),
    bounds=st.tuples(st.integers(0, 10**5), st.integers(0, 10**5)),
)
def test_what_is_wanted_grows_with_the_difference_whichever_way_it_goes(
    counted: int, expected: int, bounds: tuple[int, int]
) -> None:
    def closed(amount: int, awaited: int) -> ShiftClosed:
        return ShiftClosed(
            report=1,
            opened=1,
            amount=amount,
            expected=awaited,
            taken=0,
            given_back=0,
            accepted=bounds[0],
            unsigned=bounds[1],
        )

    one = closed(counted, expected)
    assert closed(counted + abs(expected), counted + abs(expected)).wants == 0
    size = abs(one.difference)
    assert (one.wants == 0) == (size <= bounds[0])
    assert (one.wants == 2) == (size > bounds[0] and 0 < bounds[1] < size)
    assert closed(size, 0).wants == one.wants
