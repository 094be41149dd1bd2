"""Nobody gains and nobody loses, whatever thieves try and whatever goes wrong.

Two vending points, a headquarters that hears of them rarely, four households with cards of every
type, and their meters.  Hypothesis plays clerks, customers, thieves and accidents, forty steps in
each run; after each step no meter has credited, and no household got, more than was paid for; in
the end, when everybody has talked to everybody, each household that deceived nobody has got, or
is owed, what it paid, to the cent.

``YIKA_ATTACK_RUNS`` sets how many runs are tried.
"""

import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from attack_beginning import Beginning, a_beginning
from attack_books import GAS, HOUSEHOLDS, POINTS, SLOTS, WATER, Household
from attack_cards import CPU, number_of
from attack_settling import come_to_rest, wrongs
from attack_thieves import forge, write_over
from attack_town import Town
from node_world import OPERATOR, Fate

RUNS = int(os.environ.get("YIKA_ATTACK_RUNS", "60"))
STEPS = 40

households = st.integers(0, len(HOUSEHOLDS) - 1)
points = st.integers(0, len(POINTS) - 1)
slots = st.sampled_from(SLOTS)
units = st.integers(1, 6)
accidents = st.none() | st.tuples(st.integers(0, 160), st.sampled_from(["pull", "power"]))
small = st.integers(0, 7)

HAPPENED: Counter[str] = Counter()


def fate(accident: tuple[int, str] | None) -> Fate:
    return Fate() if accident is None else Fate(*accident)


class Street(RuleBasedStateMachine):
    """Everything that anybody does."""

    beginning: Beginning
    folder: Path
    thieves = True

    def __init__(self) -> None:
        super().__init__()
        self.town = Town(self.beginning, Path(tempfile.mkdtemp(dir=self.folder)) / "town")

    def who(self, index: int) -> Household:
        self.town.clock.pass_by(minutes=3)
        return self.town.households[index]

    # What honest people do

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
        household.forgotten |= any(
            one.point != point and one.body.account == household.account
            for one in self.town.books.bought
        )
        self.town.replace(household, point, look=look, fate=fate(accident))

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

    # What thieves do

    @precondition(lambda self: self.thieves)
    @rule(who=households)
    def copy_a_card(self, who: int) -> None:
        """Of a CPU card nothing worth having can be read out."""
        household = self.who(who)
        if household.kind != CPU:
            household.images.append(household.pocket.image)

    @precondition(lambda self: self.thieves)
    @rule(who=households, nth=small)
    def put_old_content_on_a_card(self, who: int, nth: int) -> None:
        household = self.who(who)
        if household.images:
            household.crooked = True
            household.images.append(household.pocket.image)
            household.pocket.image = household.images[nth % len(household.images)]
            self.town.happened["card restored"] += 1

    @precondition(lambda self: self.thieves)
    @rule(who=households, nth=small, point=points, slot=slots, count=units)
    def use_an_old_card(self, who: int, nth: int, point: int, slot: int, count: int) -> None:
        """A card that was replaced, whatever its type: at a point, and in its meter."""
        household = self.who(who)
        old = household.pockets[nth % len(household.pockets)]
        if old is not household.pocket:
            household.crooked = True
            self.town.sell(household, point, {slot: count}, pocket=old)
            self.town.load(old, household.meters[slot])

    @precondition(lambda self: self.thieves)
    @rule(who=households, other=households, slot=slots)
    def show_a_card_to_anothers_meter(self, who: int, other: int, slot: int) -> None:
        self.town.load(self.who(who).pocket, self.town.households[other].meters[slot])

    @precondition(lambda self: self.thieves)
    @rule(who=households, nth=small, slot=slots)
    def load_a_copy(self, who: int, nth: int, slot: int) -> None:
        """The write-back goes onto the copy: nobody sees it."""
        household = self.who(who)
        if household.images:
            household.crooked = True
            copy = household.pocket.copied()
            copy.image = household.images[nth % len(household.images)]
            self.town.load(copy, household.meters[slot])
            household.images.append(copy.image)

    @precondition(lambda self: self.thieves)
    @rule(who=households, at=st.integers(0, 1023), value=st.integers(0, 255))
    def forge_bytes(self, who: int, at: int, value: int) -> None:
        household = self.who(who)
        if household.kind != CPU:
            household.crooked = True
            household.images.append(household.pocket.image)
            write_over(household.pocket, at, bytes((value,)))

    @precondition(lambda self: self.thieves)
    @rule(who=households, other=households)
    def put_one_cards_content_on_another(self, who: int, other: int) -> None:
        one, two = self.who(who), self.town.households[other]
        if one is not two and one.kind == two.kind != CPU:
            one.crooked = two.crooked = True
            one.images.append(one.pocket.image)
            one.pocket.image = two.pocket.image

    @precondition(lambda self: self.thieves)
    @rule(who=households, slot=slots, count=units)
    def use_a_meters_own_keys(self, who: int, slot: int, count: int) -> None:
        """Whoever opened that meter makes credit for it, and for no other."""
        household = self.who(who)
        extracted = self.town.extracted
        if not extracted or household.meters[slot] in extracted:
            household.crooked = True
            forge(self.town, household.meters[slot], slot, count * 100_000)

    @invariant()
    def nobody_gains(self) -> None:
        assert self.town.gains() == []

    def teardown(self) -> None:
        try:
            come_to_rest(self.town)
            assert self.town.gains() == []
            assert wrongs(self.town) == []
        finally:
            HAPPENED.update(self.town.happened)
            HAPPENED["runs"] += 1
            self.town.close()


def machine(folder: Path, **changes: Any) -> type[Street]:
    """The machine with a town of its own to begin with."""
    made = a_beginning(folder / "beginning")
    return type("Street", (Street,), {"beginning": made, "folder": folder, **changes})


def limits(runs: int) -> settings:
    return settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


@pytest.mark.timeout(60 + 60 * RUNS)
def test_nobody_gains_and_nobody_loses(tmp_path: Path) -> None:
    """With ``-s`` it says what happened in all the runs, and how often."""
    HAPPENED.clear()
    run_state_machine_as_test(machine(tmp_path), settings=limits(RUNS))
    print("\n".join(f"{count:8} {what}" for what, count in HAPPENED.most_common()))
