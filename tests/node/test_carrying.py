"""What a new card says in an old one's place: the rules one by one, and for any sources."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import credit_record
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.record import AppliedAdjustments, CreditRecord, QuotaState
from yika_common.journal.bodies import SWAP
from yika_common.numbers import Money, Price, Quantity
from yika_common.services import Service
from yika_common.sync.customers import SlotSheet
from yika_node.services.carrying import Carried, Moved, Sources, Total, carried, with_moved
from yika_node.services.recovery import covers
from yika_node.services.views import MeterView

METER = MeterView(2, Service.GAS, "M00000000042")
OTHER = MeterView(3, Service.GAS, "M00000000043")


def record(count: int, total: int, generation: int = 1, **changes: object) -> CreditRecord:
    return credit_record(generation=generation, count=count, total=Quantity(total), **changes)


def only(sources: Sources) -> Carried:
    (found,) = carried([sources])
    return found


def told(count: int, total: int, generation: int = 1, **sums: Any) -> SlotSheet:
    return SlotSheet(2, generation, count, total, **sums)


def test_a_slot_of_which_nothing_is_known_is_left_empty() -> None:
    assert carried([Sources(METER), Sources(OTHER, told=told(0, 0, 0))]) == ()


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (Sources(METER, own=record(3, 300), told=told(4, 450)), (4, 450)),
        (Sources(METER, shown=record(5, 500), own=record(3, 300), told=told(4, 450)), (5, 500)),
        (Sources(METER, own=record(3, 300), totals=(Total((1, 6), 700),)), (6, 700)),
        # A later generation goes before any count of an earlier one.
        (Sources(METER, own=record(9, 900), told=told(2, 100, 2)), (2, 100)),
        # Of one count: the card, then whom the meter bears out, then the higher total.
        (Sources(METER, shown=record(4, 400), own=record(4, 450), told=told(4, 480)), (4, 400)),
        (
            Sources(METER, own=record(4, 450), told=told(4, 480), totals=(Total((1, 4), 450),)),
            (4, 450),
        ),
        (Sources(METER, own=record(4, 450), told=told(4, 480)), (4, 480)),
        # A meter's total that never fell does not undo what was given back.
        (Sources(METER, shown=record(4, 400), totals=(Total((1, 4), 450),)), (4, 400)),
    ],
)
def test_the_highest_count_known_is_carried_with_its_total(
    sources: Sources, expected: tuple[int, int]
) -> None:
    found = only(sources)
    assert (found.count, found.total) == expected


def test_quotas_are_the_furthest_of_any_meter_of_the_service() -> None:
    one = record(2, 200, quota=QuotaState("2026", Quantity(70), 2024, 24_300, 5))
    sheet = told(9, 900, period="2026", bought=90, heating_year=2025, charged_through=24_200)
    here, there = carried([Sources(METER, own=one), Sources(OTHER, told=sheet)])
    assert here.quota == there.quota == QuotaState("2026", Quantity(90), 2025, 24_300, 5)
    later = sheet._replace(period="2027", bought=4)
    (found,) = carried([Sources(METER, own=one, told=later)])
    assert (found.quota.period, found.quota.bought) == ("2027", 4)


def test_what_was_settled_is_that_of_the_record_whose_total_is_carried() -> None:
    settled = AppliedAdjustments(3, Money(600), 1, Quantity(50), Money(20))
    ours = record(2, 200, adjustments=settled)
    sums = {
        "money_number": 4,
        "money_total": 900,
        "debts": 40,
        "quantity_applied_number": 2,
        "quantity_applied": 70,
    }
    assert only(Sources(METER, own=ours, told=told(2, 200, **sums))).adjustments == settled
    assert only(Sources(METER, own=ours, told=told(3, 300, **sums))).adjustments == (
        AppliedAdjustments(4, Money(900), 2, Quantity(70), Money(40))
    )
    bare = Sources(METER, shown=record(2, 200), told=told(2, 200, **sums), bare=True)
    assert only(bare).adjustments.money_total == 900


def test_parameters_are_those_of_the_newest_record_and_a_refund_is_said_again() -> None:
    prices = MeterParameters(version=3, price=Price(52_000))
    old = record(2, 200, parameters=prices)
    assert only(Sources(METER, own=old, told=told(3, 300))).parameters == prices
    assert only(Sources(METER, own=record(3, 150, lower=True))).lower
    assert not only(Sources(METER, own=record(3, 150, lower=True), told=told(4, 300))).lower


def test_a_meter_that_was_exchanged_begins_with_what_was_left() -> None:
    slots = carried([Sources(METER, own=record(3, 300)), Sources(OTHER, own=record(2, 90))])
    moved = with_moved(slots, [METER, OTHER], {3: Moved("M00000000099", 25)})
    assert (moved[0].count, moved[0].total) == (3, 300)
    new = moved[1]
    assert (new.act, new.meter.meter, new.count, new.total, new.moved) == (
        SWAP,
        "M00000000099",
        1,
        25,
        25,
    )
    assert new.quota == slots[1].quota
    (alone,) = with_moved((), [METER], {2: Moved("M00000000099", 0)})
    assert (alone.count, alone.total) == (1, 0)


positions = st.tuples(st.integers(1, 3), st.integers(1, 5))
totals = st.integers(0, 1_000)


@given(
    shown=st.none() | st.tuples(positions, totals),
    own=st.none() | st.tuples(positions, totals),
    sheet=st.none() | st.tuples(positions, totals),
    taken=st.lists(st.tuples(positions, totals), max_size=2),
)
def test_never_more_than_somebody_knows_and_never_an_older_count(
    shown: tuple[tuple[int, int], int] | None,
    own: tuple[tuple[int, int], int] | None,
    sheet: tuple[tuple[int, int], int] | None,
    taken: list[tuple[tuple[int, int], int]],
) -> None:
    def made(source: tuple[tuple[int, int], int] | None) -> CreditRecord | None:
        return None if source is None else record(source[0][1], source[1], source[0][0])

    known = [source for source in (shown, own, sheet, *taken) if source is not None]
    found = carried(
        [
            Sources(
                METER,
                shown=made(shown),
                own=made(own),
                told=None if sheet is None else told(sheet[0][1], sheet[1], sheet[0][0]),
                totals=tuple(Total(*one) for one in taken),
            )
        ]
    )
    if not known:
        assert found == ()
        return
    newest = max(position for position, _ in known)
    assert found[0].count == newest[1]
    assert (newest, found[0].total) in known


def test_a_record_covers_what_has_its_count_and_total_under_an_earlier_generation() -> None:
    assert covers((2, 5), 500, (1, 5), 500)
    assert not covers((1, 5), 500, (1, 5), 500)
    assert not covers((2, 5), 501, (1, 5), 500)
    assert not covers((2, 6), 500, (1, 5), 500)
