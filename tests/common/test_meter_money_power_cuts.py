"""However a meter that holds money is cut, prices come whole and each use is paid for once.

The card is pulled at every command and the supply fails after every byte of the meter's storage,
while a visit brings money with newer prices, and while use is deducted.
"""

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from card_builders import (
    KEYS,
    NODE_KEY,
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
from yika_common.cards.errors import CardError
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.user_card import open_session
from yika_common.cards.write_back import WriteBack, open_write_back
from yika_common.meters.dialogue import load
from yika_common.meters.state import Holds, MeterState, consumed
from yika_common.numbers import Price, Quantity
from yika_common.simulated.meter_file import PAGE_SIZE, StoredMeter, encode_copy

APRIL = datetime(2026, 4, 20, tzinfo=UTC)
SWITCH = datetime(2026, 4, 30, 16, tzinfo=UTC)
OLD = MeterParameters(1, price=Price(50_000))
NEW = MeterParameters(2, price=Price(52_000), next_price=Price(53_500), next_from=SWITCH)
FIRST, SECOND, USE = Quantity(50_000), Quantity(30_000), Quantity(1_234)


@dataclass
class World:
    """A card and a meter that holds money: 50.00 at the old price, of which some is used."""

    chip: ChipMemory = field(default_factory=issued_chip)
    pages: PageMemory = field(default_factory=lambda: new_meter(holds=Holds.MONEY)[0])

    def __post_init__(self) -> None:
        self.sell(1, FIRST, OLD)
        self.show()
        self.use(USE)

    def sell(self, count: int, total: int, parameters: MeterParameters) -> None:
        record = credit_record(count=count, total=Quantity(total), parameters=parameters)
        session = open_session(powered(self.chip), repeatable_random(22), NODE_KEY, number=NUMBER)
        session.write_record(SLOT, record.encode(KEYS.credit))

    def show(self, command: int | None = None, *, taken: bool = False) -> int:
        """Put the card to the meter; how many commands were sent."""
        channel = CutChannel(powered(self.chip), command, taken=taken)
        with suppress(CardError, PowerCut):
            load(channel, repeatable_random(21), StoredMeter(self.pages), APRIL)
        return len(channel.sent)

    def use(self, wanted: Quantity, now: datetime = APRIL) -> None:
        meter = StoredMeter(self.pages)
        with suppress(PowerCut):
            meter.commit(consumed(meter.state(), wanted, now)[0])

    def use_in_two_commits(self, wanted: Quantity, now: datetime) -> None:
        """The defence switched off: first what was delivered, then what it costs."""
        meter = StoredMeter(self.pages)
        before = meter.state()
        after, _ = consumed(before, wanted, now)
        with suppress(PowerCut):
            meter.commit(replace(after, balance=before.balance, owed=before.owed))
            meter.commit(after)

    def supply_fails_after(self, budget: int | None) -> None:
        self.pages.budget, self.pages.stored = budget, 0

    @property
    def state(self) -> MeterState:
        return replace(StoredMeter(self.pages).state(), repairs=0)

    @property
    def answer(self) -> WriteBack:
        session = open_session(powered(self.chip), repeatable_random(22), NODE_KEY)
        return open_write_back(session.read_write_back(SLOT), KEYS.wbn)


def prices(state: MeterState) -> tuple[int, int, int, int]:
    return state.parameter_version, state.price, state.next_price, state.next_from


def whole_visit() -> tuple[MeterState, MeterState, int, int]:
    """The states before and after a visit that is not cut; its commands, its stored bytes."""
    world = World()
    world.sell(2, FIRST + SECOND, NEW)
    before = world.state
    world.supply_fails_after(None)
    commands = world.show()
    return before, world.state, commands, world.pages.stored


BEFORE, AFTER, COMMANDS, STORED = whole_visit()
CUTS = [(command, taken, None) for command in range(COMMANDS) for taken in (False, True)] + [
    (None, False, byte) for byte in range(STORED)
]


def test_money_and_prices_come_together_wherever_the_visit_is_cut() -> None:
    assert prices(BEFORE) != prices(AFTER)
    assert len(CUTS) > 300
    for command, taken, byte in CUTS:
        world = World()
        world.sell(2, FIRST + SECOND, NEW)
        world.supply_fails_after(byte)
        world.show(command, taken=taken)
        world.supply_fails_after(None)
        held = (world.state.balance, prices(world.state))
        assert held in [(state.balance, prices(state)) for state in (BEFORE, AFTER)]
        assert world.answer.parameter_version <= world.state.parameter_version, "acknowledged"
        world.show()
        assert (world.state.balance, prices(world.state)) == (AFTER.balance, prices(AFTER))
        assert world.answer.parameter_version == NEW.version
        assert world.answer.reading.balance == AFTER.balance


def reloaded() -> World:
    world = World()
    world.sell(2, FIRST + SECOND, NEW)
    world.show()
    world.supply_fails_after(None)
    return world


Use = Callable[[World, Quantity, datetime], None]


def states_after_every_cut(use: Use, now: datetime) -> list[MeterState]:
    """What the meter holds after use that stopped after 0, 1, 2... stored bytes."""
    world = reloaded()
    use(world, USE, now)
    found = []
    for byte in range(world.pages.stored + 1):
        world = reloaded()
        world.supply_fails_after(byte)
        use(world, USE, now)
        world.supply_fails_after(None)
        found.append(world.state)
    return found


@pytest.mark.parametrize("now", [APRIL, SWITCH], ids=["at the price", "at the next price"])
def test_use_is_deducted_whole_or_not_at_all(now: datetime) -> None:
    world = reloaded()
    before = world.state
    world.use(USE, now)
    assert before.owed != world.state.owed
    *earlier, last = states_after_every_cut(World.use, now)
    assert earlier == [before] * len(earlier)
    assert last == world.state


def test_a_meter_that_kept_use_and_cost_apart_would_deliver_for_nothing() -> None:
    free = replace(
        reloaded().state,
        lifetime_use=Quantity(2 * USE),
        months=(Quantity(2 * USE),) + (Quantity(0),) * 5,
    )
    assert free in states_after_every_cut(World.use_in_two_commits, APRIL)


def test_a_switch_of_price_survives_the_power_and_a_clock_set_back() -> None:
    world = World()
    world.sell(2, FIRST + SECOND, NEW)
    world.show()
    world.use(USE, SWITCH)
    before = world.state.balance
    world.use(Quantity(1_000), SWITCH - timedelta(days=9))
    assert before - world.state.balance in (5_350, 5_351)


def test_the_fullest_state_fits_its_page() -> None:
    widest = {"months": (Quantity(2**32 - 1),) * 6, "balance": Quantity(-(2**47))}
    names = {part.name for part in dataclasses.fields(MeterState)} - set(widest)
    state = MeterState(**widest, **dict.fromkeys(names, 2**48 - 1))  # type: ignore[arg-type]
    assert len(encode_copy(2**32 - 1, state)) <= PAGE_SIZE
