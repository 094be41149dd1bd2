"""Detection as a pure function: what contradicts the books is found, what is honest is not."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yika_central.domain.detection import Finding, Given, Kind, Left, Told, findings
from yika_common.cards.record import CreditRecord, RecordWitness
from yika_common.clock import to_timestamp
from yika_common.meters.rules import Outcome, judge
from yika_common.meters.state import MeterPlate, MeterState, consumed
from yika_common.numbers import Quantity
from yika_common.services import Service

KEY = bytes(range(16))
PLATE = MeterPlate("M1", Service.COLD_WATER, 1, Quantity(10**9))
START = datetime(2026, 1, 1, tzinfo=UTC)
APART_S = 60


@dataclass
class Life:
    """A meter and its card in the hands of honest people, by the meter's own rules."""

    random: Random
    now: datetime = START
    state: MeterState = field(default_factory=MeterState)
    record: CreditRecord | None = None
    given: list[Given] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    count: int = 0
    total: int = 0
    generation: int = 1
    seqs: dict[str, int] = field(default_factory=dict)

    def place(self, node: str) -> tuple[str, int, int, int]:
        self.seqs[node] = self.seqs.get(node, 0) + 1
        return (node, 1, 0, self.seqs[node])

    def buy(self, node: str, quantity: int, *, lower: bool = False) -> None:
        self.count += 1
        self.total += quantity
        self.record = CreditRecord(
            meter_id="M1",
            slot=0,
            service=Service.COLD_WATER,
            key_version=1,
            epoch=1,
            generation=self.generation,
            count=self.count,
            total=Quantity(self.total),
            time=self.now,
            witness=RecordWitness(node, 1, 1, bytes(8)),
            lower=lower,
        )
        self.given.append(
            Given(
                self.place(node),
                to_timestamp(self.now),
                f"C{self.generation}",
                (self.generation, self.count),
                self.total,
                quantity,
                lower,
                "WRITTEN",
            )
        )

    def visit(self) -> None:
        """The card goes to the meter, which takes it and writes back."""
        if self.record is not None:
            verdict = judge(PLATE, KEY, self.state, self.record.encode(KEY), 0)
            assert verdict.outcome is not Outcome.REFUSED
            self.state = verdict.state
        self.state = replace(self.state, sequence=self.state.sequence + 1)
        self._shown = (self.state, self.now)

    def read(self, node: str) -> None:
        """A vending point reads what the meter wrote back."""
        state, when = self._shown
        self.told.append(
            Told(
                self.place(node),
                to_timestamp(self.now),
                f"C{self.generation}",
                state.position,
                state.total,
                state.balance,
                state.lifetime_use,
                int(state.status),
                state.sequence,
                to_timestamp(when),
            )
        )

    def live(self, visits: int) -> None:
        """Buy, load, use, read, at two vending points, now and then with a new card."""
        for _ in range(visits):
            node = self.random.choice(("N0001", "N0002"))
            self.buy(node, self.random.randrange(1, 50_000))
            if self.random.random() < 0.1:
                self.now += timedelta(hours=2)
                self.buy(node, -self.random.randrange(1, 500), lower=True)
            if self.random.random() < 0.8:
                self.visit()
                self.now += timedelta(days=self.random.randrange(1, 60))
                wanted = Quantity(self.random.randrange(60_000))
                self.state, _ = consumed(self.state, wanted, self.now)
                if self.random.random() < 0.7:
                    self.visit()
                self.now += timedelta(hours=5)
                self.read(self.random.choice(("N0001", "N0002")))
            if self.random.random() < 0.05:
                self.generation += 1
            self.now += timedelta(days=1)

    def findings(self, quantum: int = 1) -> tuple[Finding, ...]:
        return findings(self.given, self.told, holds_money=False, apart_s=APART_S, quantum=quantum)


def a_life(seed: int = 7, visits: int = 12) -> Life:
    life = Life(Random(seed))  # noqa: S311 - no secret
    life.live(visits)
    return life


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 30), st.randoms())
def test_an_honest_life_has_no_case_in_whatever_order_it_arrives(
    seed: int, visits: int, random: Any
) -> None:
    life = a_life(seed, visits)
    assert life.findings() == ()
    random.shuffle(life.given)
    random.shuffle(life.told)
    assert life.findings() == ()


def kinds(life: Life) -> set[Kind]:
    return {finding.kind for finding in life.findings()}


def last(life: Life) -> Told:
    """The newest word of the meter, after a visit and a reading that end its life here."""
    life.buy("N0001", 7_000)
    life.visit()
    life.now += timedelta(hours=5)
    life.read("N0001")
    return life.told[-1]


def test_credit_that_no_journal_reports_is_named_with_its_amount() -> None:
    life = a_life()
    last(life)
    life.given = [one for one in life.given if one.position != life.given[-1].position]
    (found,) = life.findings()
    assert (found.kind, found.amount) == (Kind.UNREPORTED, 7_000)


def test_a_late_journal_ends_what_was_unreported() -> None:
    life = a_life()
    last(life)
    late = life.given.pop()
    assert kinds(life) == {Kind.UNREPORTED}
    life.given.append(late)
    assert kinds(life) == set()


@pytest.mark.parametrize("excess", [1, 5_000])
def test_credit_above_what_its_count_gave_is_ghost_credit(excess: int) -> None:
    life = a_life()
    word = last(life)
    life.told[-1] = replace(word, total=word.total + excess, balance=word.balance + excess)
    (found,) = life.findings()
    assert (found.kind, found.amount) == (Kind.GHOST, excess)


def test_credit_that_was_given_and_not_taken_is_lost() -> None:
    life = a_life()
    word = last(life)
    life.told[-1] = replace(word, total=word.total - 10, balance=word.balance - 10)
    (found,) = life.findings()
    assert (found.kind, found.amount) == (Kind.LOST, 10)
    assert life.findings(quantum=10) != ()
    assert life.findings(quantum=11) == (), "less than the meter's least step waits on the card"


def test_what_was_lost_is_named_once_by_however_many_words() -> None:
    """A new card says the meter's total too low, and is sold to twice."""
    life = Life(Random(3))  # noqa: S311
    life.buy("N1", 5_000)
    life.visit()
    life.count, life.total, life.generation = 0, 0, 2
    for _ in range(2):
        life.now += timedelta(days=1)
        life.buy("N2", 1_000)
        life.visit()
        life.now += timedelta(hours=5)
        life.read("N2")
    lost = [(one.kind, one.mark, one.amount) for one in life.findings()]
    assert lost == [(Kind.LOST, "2/1", 1_000), (Kind.LOST, "2/2", 1_000)]


def test_what_was_lost_before_a_meter_was_replaced_is_not_lost_again_with_it() -> None:
    life = Life(Random(3))  # noqa: S311
    life.buy("N1", 5_000)
    life.visit()
    life.count, life.total, life.generation = 0, 0, 2
    life.buy("N2", 1_000)
    life.visit()
    life.read("N2")
    life.buy("N2", 300)
    left = Left(life.told[-1].number, (2, 2), unloaded=0)
    lost = findings(life.given, life.told, holds_money=False, apart_s=0, left=left)
    assert [(one.mark, one.amount) for one in lost] == [("2/1", 1_000), ("2/2", 300)]


def test_a_pending_purchase_is_neither_lost_nor_ghost() -> None:
    life = a_life()
    last(life)
    life.given[-1] = replace(life.given[-1], outcome="PENDING")
    assert kinds(life) == set()


def test_a_superseded_purchase_that_the_meter_took_is_unreported_credit() -> None:
    life = a_life()
    last(life)
    life.given[-1] = replace(life.given[-1], outcome="SUPERSEDED")
    assert kinds(life) == {Kind.UNREPORTED}


def test_a_purchase_given_back_since_explains_what_the_meter_said_before() -> None:
    """The meter took it from a lost card; the new card's maker had not heard of it."""
    life = Life(Random(3))  # noqa: S311
    life.buy("N1", 3_000)
    life.visit()
    life.buy("N2", 3_000)
    life.visit()
    life.count, life.total, life.generation = 1, 3_000, 2
    life.buy("N1", 2_000)
    life.visit()
    life.read("N1")
    life.buy("N1", 1_000)
    given_back = replace(life.given[1], outcome="SUPERSEDED")
    life.given[1] = given_back
    assert kinds(life) == {Kind.GHOST}, "nothing was bought since that would have made it up"
    life.visit()
    life.read("N1")
    assert kinds(life) == set()
    life.given.remove(given_back)
    assert kinds(life) == {Kind.GHOST}, "credit that nobody sold is not explained by what follows"


def test_a_refund_on_a_lost_card_explains_what_the_meter_said_until_it_was_set_down() -> None:
    """The meter never saw the refund; a later record, flagged lower, told it."""
    life = Life(Random(3))  # noqa: S311
    life.buy("N1", 3_000)
    life.visit()
    life.buy("N1", 2_000)
    life.visit()
    life.buy("N1", -2_000, lower=True)
    life.count, life.generation = 0, 2
    life.buy("N2", 0)
    life.visit()
    life.read("N2")
    assert kinds(life) == {Kind.GHOST}, "the meter holds what was given back"
    life.buy("N2", 1_000, lower=True)
    life.given[-1] = replace(life.given[-1], lower=False)
    life.visit()
    life.read("N2")
    assert kinds(life) == set()
    life.given[1] = replace(life.given[1], total=4_000, growth=1_000)
    assert kinds(life) == {Kind.GHOST}, "more than was ever sold is not explained"


@pytest.mark.parametrize("moved", [4, -4])
def test_a_balance_that_nobody_sold_or_used_is_unbalanced(moved: int) -> None:
    life = a_life()
    word = last(life)
    life.told[-1] = replace(word, balance=word.balance + moved)
    (found,) = life.findings()
    assert (found.kind, found.amount) == (Kind.UNBALANCED, moved)


def test_a_clear_card_explains_a_balance_that_went() -> None:
    life = a_life()
    word = last(life)
    assert word.balance > 0
    life.told[-1] = replace(word, balance=0, status=word.status | 8)
    assert kinds(life) == set()
    life.told[-1] = replace(word, balance=0)
    assert kinds(life) == {Kind.UNBALANCED}


def test_an_ordered_clear_explains_it_after_the_next_credit_too() -> None:
    """The meter says it until the next credit only, and its card may never have come back."""
    life = a_life()
    word = last(life)
    life.told[-1] = replace(word, balance=0)
    common: dict[str, Any] = {"holds_money": False, "apart_s": APART_S}
    assert findings(life.given, life.told, to_be_cleared=True, **common) == ()
    # It takes away; it brings nothing.
    life.told[-1] = replace(word, balance=word.balance + 4)
    (found,) = findings(life.given, life.told, to_be_cleared=True, **common)
    assert (found.kind, found.amount) == (Kind.UNBALANCED, 4)


def test_a_meter_that_was_set_back_is_found() -> None:
    life = a_life()
    word = last(life)
    before = life.told[-2]
    later = replace(before, number=word.number + 1, at=word.at + 10**6)
    life.told.append(replace(later, place=life.place(word.place[0])))
    assert kinds(life) == {Kind.REGRESSED}


def test_an_old_content_of_a_card_is_found() -> None:
    life = a_life()
    last(life)
    node = life.told[-1].place[0]
    old = min(life.told, key=lambda one: one.number)
    life.told.append(replace(old, place=life.place(node), card=life.told[-1].card))
    assert kinds(life) == {Kind.OLD_IMAGE}


def test_two_write_backs_of_one_number_are_found() -> None:
    life = a_life()
    word = last(life)
    other = replace(word, used=word.used + 1, balance=word.balance - 1, at=word.at + 10**6)
    life.told.append(replace(other, place=life.place("N0002")))
    assert kinds(life) == {Kind.CONTRADICTED}


def test_the_same_write_back_read_twice_is_nothing() -> None:
    life = a_life()
    word = last(life)
    life.told.append(replace(word, place=life.place("N0002"), at=word.at + 10**6))
    assert kinds(life) == set()


def test_one_count_read_back_at_two_vending_points_is_found() -> None:
    life = a_life()
    last(life)
    first = life.given[-1]
    life.given.append(replace(first, place=life.place("N0002"), at=first.at + 10**6))
    assert kinds(life) == {Kind.COUNT_SHARED}


def test_one_count_of_which_one_record_was_overtaken_is_nothing() -> None:
    life = a_life()
    last(life)
    first = life.given[-1]
    other = replace(first, place=life.place("N0002"), at=first.at + 10**6, outcome="SUPERSEDED")
    life.given.append(other)
    assert kinds(life) == set()


@pytest.mark.parametrize("copyable", [True, False])
def test_an_open_sale_whose_count_was_used_on_a_memory_card_is_found(copyable: bool) -> None:
    life = a_life()
    last(life)
    first = replace(life.given[-1], copyable=copyable)
    other = replace(first, place=life.place("N0002"), at=first.at + 10**6, outcome="PENDING")
    life.given.append(other)
    assert kinds(life) == ({Kind.OVERTAKEN} if copyable else set())


def test_a_card_in_two_places_at_once_is_found() -> None:
    life = a_life()
    word = last(life)
    other = "N0002" if word.place[0] == "N0001" else "N0001"
    life.told.append(replace(word, place=life.place(other), at=word.at + APART_S - 1))
    assert kinds(life) == {Kind.TWO_PLACES}
    life.told[-1] = replace(life.told[-1], at=word.at + APART_S)
    assert kinds(life) == set()


def test_a_meter_that_holds_money_is_not_balanced_in_units() -> None:
    life = a_life()
    word = last(life)
    life.told[-1] = replace(word, balance=word.balance + 4)
    assert findings(life.given, life.told, holds_money=True, apart_s=APART_S) == ()
