"""However a card's visit to a meter is cut, and whatever happens next, credit is taken once.

The visits are enumerated: the card is pulled at every command, before and after the chip took it,
and the meter's supply fails after every byte of its storage.  Each is followed by every
continuation a customer can choose, the dishonest ones among them.
"""

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache

import pytest

from card_builders import (
    KEYS,
    NODE_KEY,
    NOW,
    NUMBER,
    SLOT,
    ChipMemory,
    CutChannel,
    credit_record,
    issued_chip,
    powered,
    repeatable_random,
)
from meter_builders import PageMemory, PowerCut, new_meter
from yika_common.cards.application import File
from yika_common.cards.channel import CardChannel
from yika_common.cards.errors import CardError
from yika_common.cards.record import open_record
from yika_common.cards.user_card import open_meter_session, open_session
from yika_common.cards.write_back import (
    EMPTY_WRITE_BACK,
    evidence_in,
    open_write_back,
)
from yika_common.errors import YikaError
from yika_common.meters.dialogue import MeterStore, load
from yika_common.meters.rules import judge
from yika_common.meters.state import MeterState, write_back_of
from yika_common.numbers import Quantity
from yika_common.simulated.meter_file import StoredMeter

Visit = Callable[[CardChannel, MeterStore], None]
FIRST, SECOND, THIRD = Quantity(100_000), Quantity(50_000), Quantity(7_000)


def visit_as_built(channel: CardChannel, meter: MeterStore) -> None:
    load(channel, repeatable_random(21), meter, NOW)


def visit_in_order(*steps: str) -> Visit:
    """A visit with the meter's three acts in another order: the defence switched off."""

    def visit(channel: CardChannel, meter: MeterStore) -> None:
        session = open_meter_session(channel, repeatable_random(21), SLOT, meter.keys.auth)
        data = session.read_record()
        verdict = judge(meter.plate, meter.keys.credit, meter.state(), data, SLOT)
        kept = replace(verdict.state, sequence=verdict.state.sequence + 1)
        for step in steps:
            if step == "claim" and verdict.claim is not None:
                session.write_claim(verdict.claim)
            if step == "keep":
                meter.commit(kept)
            if step == "write back":
                content = write_back_of(meter.plate, kept, SLOT, NOW)
                session.write_write_back(content.encode(KEYS.wbn, KEYS.wbq or b""))

    return visit


@dataclass(frozen=True)
class Cut:
    """Where a visit stops: at a command to the card, or after a byte of the meter's storage."""

    command: int | None = None
    taken: bool = False
    byte: int | None = None


@dataclass
class World:
    """One customer, one card, one meter, and what was paid for."""

    visit: Visit
    chip: ChipMemory = field(default_factory=issued_chip)
    meter: PageMemory = field(default_factory=lambda: new_meter()[0])
    paid: int = 0
    count: int = 0
    generation: int = 1

    def node_writes(self, total: int, *, lower: bool = False) -> None:
        """A node writes the next record."""
        self.count += 1
        record = credit_record(
            generation=self.generation, count=self.count, total=Quantity(total), lower=lower
        )
        session = open_session(powered(self.chip), repeatable_random(22), NODE_KEY, number=NUMBER)
        session.write_record(SLOT, record.encode(KEYS.credit))
        self.paid = total

    def show(self, cut: Cut | None = None, chip: ChipMemory | None = None) -> None:
        """The card visits the meter, to the end or until the cut."""
        cut = cut or Cut()
        channel = CutChannel(powered(chip or self.chip), cut.command, taken=cut.taken)
        self.meter.budget, self.meter.stored = cut.byte, 0
        with suppress(CardError, PowerCut):
            self.visit(channel, StoredMeter(self.meter))
        self.meter.budget = None

    @property
    def state(self) -> MeterState:
        return StoredMeter(self.meter).state()

    def refund_if_unclaimed(self) -> None:
        """A node pays back the last purchase if the meter has not claimed it."""
        session = open_session(powered(self.chip), repeatable_random(22), NODE_KEY)
        record = open_record(session.read_slot(SLOT), KEYS.credit)
        claimed = struct.unpack_from(">HI", self.chip.memory.records[File.CLAIM][SLOT], 2)
        if claimed < record.position:
            self.node_writes(FIRST, lower=True)

    def check_meanwhile(self) -> None:
        """What holds at every moment, however short."""
        state = self.state
        assert state.balance <= self.paid, "the meter holds more than was paid for"
        session = open_session(powered(self.chip), repeatable_random(22), NODE_KEY)
        data = session.read_write_back(SLOT)
        if data != EMPTY_WRITE_BACK:
            reading = open_write_back(data, KEYS.wbn).reading
            assert evidence_in(data) == reading.evidence(KEYS.wbq or b"")
            assert reading.position <= state.position, "the write-back is ahead of the meter"
            assert reading.sequence <= state.sequence, "a sequence number would be used twice"


def again(world: World, cut: Cut) -> None:
    world.show()


def cut_at_the_same_place(world: World, cut: Cut) -> None:
    world.show(cut)
    world.check_meanwhile()
    world.show()


def buys_more(world: World, cut: Cut) -> None:
    world.node_writes(world.paid + THIRD)
    world.show()


def refunded_and_comes_back(world: World, cut: Cut) -> None:
    world.refund_if_unclaimed()
    world.check_meanwhile()
    world.show()


def refunded_and_never_comes_back(world: World, cut: Cut) -> None:
    world.refund_if_unclaimed()
    world.check_meanwhile()
    world.show(chip=issued_chip())
    world.check_meanwhile()
    world.show()


def loads_a_copy_too(world: World, cut: Cut) -> None:
    copy = world.chip.copied()
    world.show()
    world.show(chip=copy)
    world.check_meanwhile()
    world.show()


def gets_a_replacement(world: World, cut: Cut) -> None:
    lost, world.chip, world.generation = world.chip, issued_chip(), 2
    world.count -= 1
    world.node_writes(world.paid)
    world.show()
    world.check_meanwhile()
    world.show(chip=lost)
    world.check_meanwhile()
    world.show()


CONTINUATIONS = (
    again,
    cut_at_the_same_place,
    buys_more,
    refunded_and_comes_back,
    refunded_and_never_comes_back,
    loads_a_copy_too,
    gets_a_replacement,
)


@cache
def cuts() -> tuple[Cut, ...]:
    """Every place where the second visit can stop."""
    world = loaded_once(visit_as_built)
    channel = CutChannel(powered(world.chip))
    world.meter.stored = 0
    visit_as_built(channel, StoredMeter(world.meter))
    commands = range(len(channel.sent))
    return (
        *(Cut(command=at, taken=taken) for at in commands for taken in (False, True)),
        *(Cut(byte=count) for count in range(world.meter.stored)),
    )


def loaded_once(visit: Visit) -> World:
    """A first purchase was loaded without trouble; a second one is on the card."""
    world = World(visit)
    world.node_writes(FIRST)
    world.show()
    assert world.state.balance == FIRST
    world.node_writes(FIRST + SECOND)
    return world


def run(visit: Visit, cut: Cut, go_on: Callable[[World, Cut], None]) -> None:
    world = loaded_once(visit)
    world.show(cut)
    world.check_meanwhile()
    go_on(world, cut)
    world.check_meanwhile()
    assert world.state.balance == world.state.total == world.paid, "credit was lost or doubled"


@pytest.mark.parametrize("go_on", CONTINUATIONS, ids=lambda go_on: go_on.__name__)
def test_credit_is_taken_once_wherever_the_visit_is_cut(
    go_on: Callable[[World, Cut], None],
) -> None:
    assert len(cuts()) > 200
    for cut in cuts():
        run(visit_as_built, cut, go_on)


def failures(visit: Visit) -> int:
    count = 0
    for cut in cuts():
        for go_on in (again, refunded_and_never_comes_back):
            try:
                run(visit, cut, go_on)
            except AssertionError:
                count += 1
    return count


@pytest.mark.parametrize(
    "order",
    [("keep", "claim", "write back"), ("claim", "write back", "keep"), ("keep", "write back")],
    ids=["credits before it claims", "writes back before it keeps", "never claims"],
)
def test_a_meter_that_acts_in_another_order_fails_the_same_runs(order: tuple[str, ...]) -> None:
    assert failures(visit_in_order("claim", "keep", "write back")) == 0
    assert failures(visit_in_order(*order)) > 0


def test_a_visit_reports_the_credit_even_if_the_answer_did_not_reach_the_card() -> None:
    world = loaded_once(visit_as_built)
    commands = max(cut.command for cut in cuts() if cut.command is not None)
    channel = CutChannel(powered(world.chip), commands - 1)
    report = load(channel, repeatable_random(21), StoredMeter(world.meter), NOW)
    assert (report.credited, report.balance) == (SECOND, FIRST + SECOND)
    assert not report.written_back


def test_a_visit_cut_before_the_meter_kept_anything_says_so() -> None:
    world = loaded_once(visit_as_built)
    with pytest.raises(YikaError):
        load(
            CutChannel(powered(world.chip), 3), repeatable_random(), StoredMeter(world.meter), NOW
        )
    assert world.state.balance == FIRST


def test_a_meter_finds_its_slot_and_no_other_card_has_one_for_it() -> None:
    world = loaded_once(visit_as_built)
    stranger = replace(KEYS, auth=bytes(16))
    memory, meter = new_meter(keys=stranger)
    before = memory.read()
    with pytest.raises(YikaError, match="has no slot for meter"):
        load(powered(world.chip), repeatable_random(), meter, NOW)
    assert memory.read() == before
