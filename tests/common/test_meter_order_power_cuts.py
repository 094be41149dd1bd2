"""However the visit of a tool card is cut, its order is followed once, and claimed before that.

The visits are enumerated as those of customers' cards are: pulled at every command, before and
after the chip took it, and the meter's supply fails after every byte of its storage.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache

import pytest

from card_builders import (
    KEYS,
    NODE_KEY,
    NOW,
    SLOT,
    ChipMemory,
    CutChannel,
    credit_record,
    issued_chip,
    powered,
    repeatable_random,
)
from meter_builders import PageMemory, PowerCut, new_meter
from tool_builders import TOOL_CARD, an_order, tool_chip
from yika_common.cards.application import File
from yika_common.cards.channel import CardChannel
from yika_common.cards.claim import Claim
from yika_common.cards.errors import CardError
from yika_common.cards.tool_order import OrderKind, is_order
from yika_common.cards.user_card import open_meter_session, open_session
from yika_common.cards.write_back import (
    EMPTY_WRITE_BACK,
    MeterStatus,
    WriteBack,
    evidence_in,
    open_write_back,
)
from yika_common.meters.dialogue import LoadReport, MeterStore, load
from yika_common.meters.orders import Shown, judge_order
from yika_common.meters.rules import Outcome, Reason, judge
from yika_common.meters.state import MeterState, write_back_of
from yika_common.numbers import Quantity
from yika_common.simulated.meter_file import StoredMeter

BOUGHT, MORE = Quantity(100_000), Quantity(50_000)
LATER = NOW + timedelta(days=2)


Visit = Callable[[CardChannel, MeterStore, datetime], LoadReport | None]


def visit_as_built(channel: CardChannel, meter: MeterStore, now: datetime) -> LoadReport:
    return load(channel, repeatable_random(21), meter, now)


def visit_in_order(*steps: str) -> Visit:
    """A visit with the meter's acts in another order: the defence switched off."""

    def visit(channel: CardChannel, meter: MeterStore, now: datetime) -> None:
        session = open_meter_session(channel, repeatable_random(21), SLOT, KEYS.auth)
        data, wbq = session.read_record(), KEYS.wbq or b""
        if is_order(data):
            shown = Shown(session.identity.number, SLOT, now)
            verdict = judge_order(meter.plate, wbq, meter.state(), data, shown)
        else:
            verdict = judge(meter.plate, KEYS.credit, meter.state(), data, SLOT)
        kept = replace(verdict.state, sequence=verdict.state.sequence + 1)
        for step in steps:
            if step == "claim" and verdict.claim is not None:
                session.write_claim(verdict.claim)
            if step == "keep":
                meter.commit(kept)
            if step == "write back":
                content = write_back_of(meter.plate, kept, SLOT, now)
                session.write_write_back(content.encode(KEYS.wbn, wbq))

    return visit


@dataclass(frozen=True)
class Cut:
    """Where a visit stops: at a command to the card, or after a byte of the meter's storage."""

    command: int | None = None
    taken: bool = False
    byte: int | None = None


@dataclass
class World:
    """A meter with credit, its customer's card with more on it, and a tool card."""

    kind: OrderKind
    visit: Visit = visit_as_built
    meter: PageMemory = field(default_factory=lambda: new_meter()[0])
    customer: ChipMemory = field(default_factory=issued_chip)
    tool: ChipMemory = field(init=False)

    def __post_init__(self) -> None:
        self.tool = self.tool_card(1)
        self.sold(1, BOUGHT)
        self.show(self.customer)
        self.sold(2, Quantity(BOUGHT + MORE))

    def tool_card(self, number: int, card: str = TOOL_CARD) -> ChipMemory:
        order = an_order(
            kind=self.kind, number=number, card=card, not_after=NOW + timedelta(days=1)
        )
        return tool_chip(order, card)

    def sold(self, count: int, total: Quantity) -> None:
        record = credit_record(count=count, total=total)
        session = open_session(powered(self.customer), repeatable_random(22), NODE_KEY)
        session.write_record(SLOT, record.encode(KEYS.credit))

    def show(
        self, chip: ChipMemory, cut: Cut | None = None, now: datetime = NOW
    ) -> LoadReport | None:
        """A card visits the meter, to the end or until the cut."""
        cut = cut or Cut()
        channel = CutChannel(powered(chip), cut.command, taken=cut.taken)
        self.meter.budget, self.meter.stored = cut.byte, 0
        report = None
        with suppress(CardError, PowerCut):
            report = self.visit(channel, StoredMeter(self.meter), now)
        self.meter.budget = None
        return report

    @property
    def state(self) -> MeterState:
        return StoredMeter(self.meter).state()

    @property
    def written(self) -> WriteBack | None:
        session = open_session(powered(self.tool), repeatable_random(22), NODE_KEY)
        data = session.read_write_back(SLOT)
        if data == EMPTY_WRITE_BACK:
            return None
        found = open_write_back(data, KEYS.wbn)
        assert evidence_in(data) == found.reading.evidence(KEYS.wbq or b"")
        return found

    @property
    def claimed(self) -> bytes:
        return self.tool.memory.records[File.CLAIM][SLOT]

    def check(self) -> None:
        """What holds at every moment, however short."""
        state, written = self.state, self.written
        assert state.balance in (0, BOUGHT, MORE, BOUGHT + MORE)
        if state.order:
            assert self.claimed == Claim(0, 1).encode(), "followed before it was claimed"
        if written is not None:
            assert written.reading.sequence <= state.sequence, "a number would be used twice"
            marks = MeterStatus.TRANSFERRED | MeterStatus.CLEARED
            ahead = written.reading.status & marks & ~state.status
            assert not ahead or state.balance == MORE, "the write-back is ahead of the meter"

    def followed(self) -> bool:
        """Whether the meter is as the order leaves it."""
        state = self.state
        match self.kind:
            case OrderKind.PARAMETERS:
                return state.parameter_version == 6
            case OrderKind.TRANSFER:
                return state.transferred
            case OrderKind.CLEAR:
                return state.cleared
        return state.order == 1


def comes_back(world: World, cut: Cut) -> None:
    world.show(world.tool)
    assert world.followed()
    assert world.state.order == 1
    assert world.written is not None


def cut_there_again(world: World, cut: Cut) -> None:
    world.show(world.tool, cut)
    world.check()
    comes_back(world, cut)


def the_customer_comes_first(world: World, cut: Cut) -> None:
    before = world.state
    world.show(world.customer)
    world.check()
    gained = world.state.balance - before.balance
    assert gained == (0 if before.transferred else MORE), "credit was lost or taken wrongly"
    comes_back(world, cut) if world.kind is not OrderKind.CLEAR else world.show(world.tool)


def comes_back_twice(world: World, cut: Cut) -> None:
    comes_back(world, cut)
    once = world.state
    report = world.show(world.tool)
    assert report is not None
    assert (report.outcome, report.reason) == (Outcome.NOTHING_NEW, Reason.TAKEN)
    assert world.state == replace(once, sequence=once.sequence + 1)


def never_comes_back_and_another_is_made(world: World, cut: Cut) -> None:
    """The first one turns up later, and is worth nothing."""
    lost, world.tool = world.tool, world.tool_card(2, "860000000098")
    report = world.show(world.tool)
    assert report is not None
    known = world.kind is OrderKind.PARAMETERS and report.reason is Reason.OLD_PARAMETERS
    assert report.outcome is Outcome.EXECUTED or known
    assert world.followed() or world.kind is OrderKind.INSPECTION
    assert world.state.order == 2
    late = world.show(lost)
    assert late is not None
    assert (late.outcome, late.reason) == (Outcome.REFUSED, Reason.OLD_ORDER)
    world.tool = lost


def comes_back_too_late(world: World, cut: Cut) -> None:
    before = world.state
    report = world.show(world.tool, now=LATER)
    assert report is not None
    assert (
        report.outcome is Outcome.NOTHING_NEW if before.order else report.reason is Reason.EXPIRED
    )
    assert world.state.balance == before.balance


CONTINUATIONS = (
    comes_back,
    cut_there_again,
    the_customer_comes_first,
    comes_back_twice,
    never_comes_back_and_another_is_made,
    comes_back_too_late,
)


@cache
def cuts(kind: OrderKind) -> tuple[Cut, ...]:
    """Every place where the visit can stop."""
    world = World(kind)
    channel = CutChannel(powered(world.tool))
    world.meter.stored = 0
    load(channel, repeatable_random(21), StoredMeter(world.meter), NOW)
    commands = range(len(channel.sent))
    return (
        *(Cut(command=at, taken=taken) for at in commands for taken in (False, True)),
        *(Cut(byte=count) for count in range(world.meter.stored)),
    )


def run(kind: OrderKind, cut: Cut, go_on: Callable[[World, Cut], None], visit: Visit) -> None:
    world = World(kind, visit)
    world.show(world.tool, cut)
    world.check()
    go_on(world, cut)
    if go_on is not never_comes_back_and_another_is_made:
        world.check()


@pytest.mark.parametrize("kind", OrderKind)
def test_an_order_is_followed_once_wherever_the_visit_is_cut(kind: OrderKind) -> None:
    assert len(cuts(kind)) > 200
    for cut in cuts(kind):
        run(kind, cut, comes_back, visit_as_built)


@pytest.mark.parametrize("go_on", CONTINUATIONS[1:], ids=lambda go_on: go_on.__name__)
@pytest.mark.parametrize("kind", [OrderKind.TRANSFER, OrderKind.CLEAR])
def test_whatever_happens_after_a_cut_credit_is_neither_lost_nor_doubled(
    kind: OrderKind, go_on: Callable[[World, Cut], None]
) -> None:
    for cut in cuts(kind):
        run(kind, cut, go_on, visit_as_built)


@pytest.mark.parametrize(
    "order",
    [("keep", "claim", "write back"), ("claim", "write back", "keep")],
    ids=["follows before it claims", "writes back before it keeps"],
)
def test_a_meter_that_acts_in_another_order_fails_the_same_runs(order: tuple[str, ...]) -> None:
    def failures(visit: Visit) -> int:
        count = 0
        for cut in cuts(OrderKind.CLEAR):
            try:
                run(OrderKind.CLEAR, cut, comes_back, visit)
            except AssertionError:
                count += 1
        return count

    assert failures(visit_in_order("claim", "keep", "write back")) == 0
    assert failures(visit_in_order(*order)) > 0
