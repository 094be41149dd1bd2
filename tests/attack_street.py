"""What everybody does in a town: clerks, customers, headquarters, fitters; and accidents.

A hypothesis state machine; :mod:`attack_gang` adds the thieves.
"""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from attack_beginning import SPARES, Beginning
from attack_books import GAS, HOUSEHOLDS, POINTS, SLOTS, UNIT, WATER, Household
from attack_cards import number_of
from attack_settling import come_to_rest, wrongs
from attack_tools import order, set_levels, show, swap, take_back, transfer, write
from attack_town import Town
from attack_watch import Watch
from node_world import OPERATOR, Fate
from yika_common.cards.parameters import Levels, MeterParameters
from yika_common.cards.tool_order import OrderKind
from yika_common.numbers import Quantity
from yika_common.services import PROFILES, Service

households = st.integers(0, len(HOUSEHOLDS) - 1)
points = st.integers(0, len(POINTS) - 1)
slots = st.sampled_from(SLOTS)
units = st.integers(1, 6)
accidents = st.none() | st.tuples(st.integers(0, 160), st.sampled_from(["pull", "power"]))
visits = st.tuples(households, slots, units, st.booleans())
small = st.integers(0, 7)
orders = st.sampled_from([OrderKind.INSPECTION, OrderKind.PARAMETERS, OrderKind.CLEAR])

SERVICES = tuple(PROFILES[4][slot] for slot in SLOTS)
UNOPENED = 0
"""A household with a CPU card that nobody ever opens."""

HAPPENED: Counter[str] = Counter()


def fate(accident: tuple[int, str] | None) -> Fate:
    return Fate() if accident is None else Fate(*accident)


class Street(RuleBasedStateMachine):
    """Everything that honest people do, and what befalls them."""

    beginning: Beginning
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.town = Town(self.beginning, Path(tempfile.mkdtemp(dir=self.folder)) / "town")
        self.watch = Watch(self.town)

    def who(self, index: int) -> Household:
        self.town.clock.pass_by(minutes=3)
        return self.town.households[index]

    # What honest people do

    @initialize(visits=st.lists(visits, min_size=2, max_size=6))
    def begin(self, visits: list[Any]) -> None:
        """There is credit on cards and in meters when the play begins."""
        for who, slot, count, loaded in visits:
            household = self.who(who)
            self.town.sell(household, household.home, {slot: count})
            if loaded:
                self.town.load(household.pocket, household.meters[slot])

    @rule(who=households, point=points, slot=slots, count=units, accident=accidents)
    def sell(self, who: int, point: int, slot: int, count: int, accident: Any) -> None:
        self.town.sell(self.who(who), point, {slot: count}, fate(accident))

    @rule(who=households, point=points, count=units, accident=accidents)
    def sell_a_basket(self, who: int, point: int, count: int, accident: Any) -> None:
        self.town.sell(self.who(who), point, {GAS: count, WATER: 1}, fate(accident))

    @rule(who=households, slot=slots, accident=accidents)
    def load(self, who: int, slot: int, accident: Any) -> None:
        household = self.who(who)
        self.town.load(household.pocket, household.meters[slot], fate(accident))

    @rule(who=households, slot=slots, quantity=st.integers(1, 5_000))
    def use(self, who: int, slot: int, quantity: int) -> None:
        self.town.use(self.who(who).meters[slot], quantity)

    @rule(who=households, point=points, accident=accidents)
    def read(self, who: int, point: int, accident: Any) -> None:
        self.town.read(point, self.who(who).pocket, fate(accident))

    @rule(point=points, lost=st.booleans())
    def sync(self, point: int, lost: bool) -> None:
        self.town.clock.pass_by(minutes=1)
        self.town.sync(point, lose_answer=lost)

    @rule()
    def settle(self) -> None:
        self.town.clock.pass_by(minutes=1)
        self.town.settle()

    @rule(hours=st.integers(1, 400))
    def wait(self, hours: int) -> None:
        self.town.clock.pass_by(hours=hours)

    @rule(who=households, point=points)
    def report_lost(self, who: int, point: int) -> None:
        household = self.who(who)
        with self.town.at(point, None) as node:
            node.life.reports.lose(OPERATOR, household.account, "by telephone")

    @rule(who=households, point=points)
    def find_again(self, who: int, point: int) -> None:
        household = self.who(who)
        with self.town.at(point, None) as node:
            node.life.reports.find(OPERATOR, household.account, "in person")

    @rule(who=households, point=points, look=st.booleans(), accident=accidents)
    def replace(self, who: int, point: int, look: bool, accident: Any) -> None:
        household = self.who(who)
        if household.replacing is None and number_of(household.pocket) != self.town.card_of(
            household, point
        ):
            # Another point replaced it already, which this one can't know: two new cards.
            household.crooked = True
        self.makes_a_card(household, point)
        self.town.replace(household, point, look=look, fate=fate(accident))

    def makes_a_card(self, household: Household, point: int) -> None:
        """What is remembered of a card that is made by a point which may not know everything."""
        household.forgotten |= any(
            one.point != point and one.body.account == household.account
            for one in self.town.books.bought
        )

    @rule(who=households, point=points, slot=slots, accident=accidents)
    def refund(self, who: int, point: int, slot: int, accident: Any) -> None:
        self.town.refund(self.who(who), point, slot, fate(accident))

    @rule(who=households, point=points)
    def pay_out(self, who: int, point: int) -> None:
        self.town.pay_out(self.who(who), point)

    @rule(who=households, point=points, slot=slots, accident=accidents)
    def write_again(self, who: int, point: int, slot: int, accident: Any) -> None:
        self.town.supplement(self.who(who), point, slot, fate(accident))

    @rule(who=households, nth=small, point=points, retire=st.booleans(), accident=accidents)
    def hand_in_an_old_card(
        self, who: int, nth: int, point: int, retire: bool, accident: Any
    ) -> None:
        household = self.who(who)
        old = household.pockets[nth % len(household.pockets)]
        if old is not household.pocket:
            self.town.end(point, old, "retired" if retire else "recycled", fate(accident))

    # What headquarters and fitters do

    @rule(who=households, point=points, slot=slots, ends=st.booleans(), accident=accidents)
    def transfer_a_meter(self, who: int, point: int, slot: int, ends: bool, accident: Any) -> None:
        """The fitter tells the meter; and ``ends`` at the counter, unless something goes wrong."""
        household, town = self.who(who), self.town
        states = (
            town.meter(meter).state() for one in town.households for meter in one.every_meter
        )
        if sum(state.transferred for state in states) < SPARES:
            meter = household.meters[slot]
            transfer(town, order(town, point, meter, OrderKind.TRANSFER), fate(accident))
            if ends:
                self.swap(household, point, slot, accident, same_chip=True)

    @precondition(lambda self: self.town.tools)
    @rule(point=points, same_chip=st.booleans(), accident=accidents)
    def replace_a_meter(self, point: int, same_chip: bool, accident: Any) -> None:
        """At a point that may not have heard what the meter wrote."""
        for household in self.town.households:
            for slot in tuple(household.meters):
                self.swap(household, point, slot, accident, same_chip=same_chip)

    def swap(
        self, household: Household, point: int, slot: int, accident: Any, *, same_chip: bool
    ) -> None:
        self.who(household.index)
        transferred = self.town.meter(household.meters[slot]).state().transferred
        if transferred and household.replacing is None:
            card = self.town.card_of(household, point)
            household.crooked |= number_of(household.pocket) != card
            self.makes_a_card(household, point)
            swap(self.town, household, point, slot, fate(accident), same_chip=same_chip)

    @rule(who=households, point=points, slot=slots, kind=orders, accident=accidents)
    def send_a_fitter(self, who: int, point: int, slot: int, kind: Any, accident: Any) -> None:
        meter = self.who(who).meters[slot]
        parameters = MeterParameters()
        if kind is OrderKind.PARAMETERS:
            parameters = MeterParameters(0, Quantity(7_000), Quantity(350 * UNIT))
        transfer(self.town, order(self.town, point, meter, kind, parameters), fate(accident))

    @precondition(lambda self: self.town.tools)
    @rule(nth=small, back=st.booleans(), accident=accidents)
    def use_a_tool_card_again(self, nth: int, back: bool, accident: Any) -> None:
        """Whatever came of it before, and long after it ran out."""
        tool = self.town.tools[nth % len(self.town.tools)]
        self.town.clock.pass_by(minutes=3)
        write(self.town, tool)
        show(self.town, tool, fate(accident))
        if back:
            take_back(self.town, tool)

    @rule(service=st.sampled_from(SERVICES), alarm=small, most=st.sampled_from([0, 300, 400]))
    def set_levels(self, service: Service, alarm: int, most: int) -> None:
        levels = Levels(Quantity(alarm * UNIT), Quantity(most * UNIT))
        set_levels(self.town, service, levels)

    # Accidents

    @rule(point=points, seconds=st.sampled_from([0, 0, 0, 40, -40, 3_600, -90_000, 864_000]))
    def set_clock(self, point: int, seconds: int) -> None:
        self.town.skew[point] = seconds
        self.town.skewed |= abs(seconds) > 30

    @rule(point=points)
    def keep_a_copy(self, point: int) -> None:
        self.town.keep(point)

    @rule(point=points, whole=st.booleans())
    def put_back_a_copy(self, point: int, whole: bool) -> None:
        self.town.put_back(point, whole=whole)

    @invariant()
    def nobody_gains(self) -> None:
        assert self.town.gains() == []
        assert self.watch.found() == []

    def teardown(self) -> None:
        try:
            come_to_rest(self.town)
            assert self.town.gains() == []
            assert wrongs(self.town) == []
            assert self.watch.found() == []
        finally:
            HAPPENED.update(self.town.happened)
            HAPPENED["runs"] += 1
            self.town.close()
