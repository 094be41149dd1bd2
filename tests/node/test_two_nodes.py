"""Points that never exchange anything charge a customer together what one point would have.

Headquarters told each of them of the account once; from then on the card alone carries what was
bought, charged, claimed, applied and collected from one to the other.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counters import CLASS, OTHER_POWER, POWER, WATER, Counters
from node_world import Fate, for_money, for_quantity
from sale_checker import Settled, WatchedChip, check_dues, settled_on
from tariff_builders import a_component, a_fixed_charge
from yika_common.cards.application import File
from yika_common.cards.record import AppliedAdjustments
from yika_common.errors import YikaError
from yika_common.simulated.icc import blank_memory
from yika_common.sync.customers import DebtSheet
from yika_common.tariffs.facts import Tally
from yika_node.services import settled as settled_through
from yika_node.services.premises import Premises
from yika_node.services.views import SaleEntry

OWED = Settled(applied=30_000, collected=25_000)
DEBTS = (
    DebtSheet("D-1", "旧欠", "Old bill", 20_000, 300_000, 0, 1),
    DebtSheet("D-2", "滞纳金", "Late fee", 5_000, 100_000, 0, 0),
)
POINTS = 2
ALONE = POINTS
"""The point that makes the same sales all by itself, onto a copy of the card."""


class Visit(NamedTuple):
    """Days after the one before, a customer buys at a point."""

    days: int
    point: int
    entry: SaleEntry


slots = st.sampled_from([POWER, OTHER_POWER, WATER])
entries = st.builds(
    for_quantity, slots, st.integers(1, 3_000).map(lambda tenths: 100 * tenths)
) | st.builds(for_money, slots, st.integers(0, 100_000))
visits = st.lists(
    st.builds(Visit, st.integers(0, 45), st.integers(0, POINTS - 1), entries),
    min_size=2,
    max_size=7,
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Counters:
    """Three points that know the account, its debts, and what headquarters owes it."""
    chip = WatchedChip(blank_memory(b"CHIP0000"))
    folder = tmp_path_factory.mktemp("town")
    town = Counters(folder, POINTS + 1, chip, tariff_class=CLASS)
    free = {
        "code": "free",
        "name": {"en": "Free"},
        "quantity": "6",
        "per": "month",
        "most": "12",
    }
    town.publish(
        components=[a_component(["20", "60"], ["2.07", "4.07", "6.07"])],
        fixed_charges=[a_fixed_charge("12.00", catch_up_months=6)],
        cycle={"months": 3, "anchor": "01-01"},
    )
    town.publish(
        id="TEST-POWER",
        service="electricity_single",
        components=[a_component(["50"], ["0.4883", "0.7883"])],
        cycle={"months": 1, "anchor": "account"},
        free_allocation=free,
    )
    town.open()
    town.tell(adjustment_number=3, adjustment=OWED.applied, debts=DEBTS)
    town.settle_by(residual="balance")
    town.close()
    return town


def charged(town: Counters, plan: Sequence[Visit], *, alone: bool) -> list[tuple[object, ...]]:
    """What every visit came to, at copies of the points and of the card; checked on the way."""
    with tempfile.TemporaryDirectory() as folder:
        copy = town.copied_to(Path(folder))
        try:
            told = []
            for days, point, entry in plan:
                copy.pass_time(days=days)
                told.append(_visit(copy, ALONE if alone else point, entry))
            assert isinstance(copy.chip, WatchedChip)
            databases = [world.folder / "node.db" for world in copy.worlds]
            assert check_dues(databases, copy.chip, OWED) == []
            return told
        finally:
            copy.close()


def _visit(copy: Counters, point: int, entry: SaleEntry) -> tuple[object, ...]:
    try:
        receipt = copy.sell(entry, at=point)
    except YikaError as refusal:
        return (refusal.code,)
    (line,) = receipt.lines
    return line.bill, line.used, line.period, line.explanation


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=visits)
def test_points_apart_charge_what_one_point_would_have(town: Counters, plan: list[Visit]) -> None:
    assert charged(town, plan, alone=False) == charged(town, plan, alone=True)


A_TENTH_OF_WATER = 61
"""Money that buys nothing stays owed to the customer; it is less than this."""


class Torn(NamedTuple):
    """A sale by money at a point; the card is pulled at that step, if at any.

    Its record is written by the command between steps 38 and 39.
    """

    point: int
    slot: int
    money: int
    cut: int | None


torn_sales = st.lists(
    st.builds(
        Torn,
        st.integers(0, POINTS - 1),
        slots,
        st.integers(2_000, 20_000),
        st.none() | st.integers(0, 45) | st.integers(38, 39),
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=torn_sales)
def test_what_is_owed_is_settled_once_in_the_end_wherever_cards_are_pulled(
    town: Counters, plan: list[Torn]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = town.copied_to(Path(folder))
        try:
            for sale in plan:
                copy.worlds[sale.point].hand.fate = Fate(sale.cut, "pull")
                with suppress(YikaError):
                    copy.sell(for_money(sale.slot, sale.money), at=sale.point)
                copy.worlds[sale.point].hand.fate = Fate()
            for point in range(POINTS):
                copy.read(at=point)
            # Large enough to use up, or to give back, whatever is owed either way; elsewhere,
            # because a sale that only headquarters can decide about lets a point sell no more.
            for _ in range(3):
                copy.sell(for_money(WATER, 100_000), at=ALONE)
            assert isinstance(copy.chip, WatchedChip)
            databases = [world.folder / "node.db" for world in copy.worlds]
            shown = settled_on(copy.chip.memory.records[File.CREDIT])
            everything = Settled(OWED.applied, shown.collected)
            assert check_dues(databases, copy.chip, everything) == []
            assert 0 <= OWED.applied - shown.applied < A_TENTH_OF_WATER
        finally:
            copy.close()


TO_AND_FRO = (
    Visit(0, 0, for_quantity(WATER, 15_000)),
    Visit(0, 1, for_quantity(WATER, 15_000)),
    Visit(1, 0, for_quantity(POWER, 45_000)),
    Visit(1, 1, for_quantity(OTHER_POWER, 45_000)),
)


def test_sales_that_alternate_are_priced_as_at_one_point(town: Counters) -> None:
    apart, alone = (charged(town, TO_AND_FRO, alone=alone) for alone in (False, True))
    assert apart == alone


def test_points_that_do_not_look_at_the_card_charge_something_else(
    town: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The property above would find it out."""
    tallies = Premises.tallies

    def of_the_journal(premises: Premises, service: object) -> Iterator[Tally]:
        blind = Premises((), premises.standing, premises.told)
        return tallies(blind, service)  # type: ignore[arg-type]

    monkeypatch.setattr(Premises, "tallies", of_the_journal)
    apart, alone = (charged(town, TO_AND_FRO, alone=alone) for alone in (False, True))
    assert apart != alone


def test_points_that_do_not_ask_the_card_what_was_settled_are_found_out(
    town: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = settled_through.Settled.of

    def of_the_journal(premises: Premises) -> settled_through.Settled:
        state = of(premises)
        own = {row.meter for row in premises.standing.positions}
        nothing = AppliedAdjustments()
        through = {
            slot.slot: state.through[slot.slot] if slot.meter in own else nothing
            for slot in premises.slots
        }
        return settled_through.Settled(through, complete=True)

    monkeypatch.setattr(settled_through.Settled, "of", of_the_journal)
    with pytest.raises(AssertionError, match="the card says"):
        charged(town, TO_AND_FRO, alone=False)
