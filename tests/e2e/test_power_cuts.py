"""Power fails, or the card is pulled, at every step of a sale: nothing is lost or doubled.

A sale of two meters is cut at each of its steps, before and after each commit and each command to
the card, in two ways (the machine's power fails; only the card leaves), and goes on in each of the
ways below.  Headquarters owes the customer money, and he has a debt.  A checker that shares no
code with the node then compares the journal with what the meters took, and with what the card says
is settled.  Recoveries that are naive must be found out by the same checker.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from card_builders import repeatable_random
from counters import sheet_of
from little_headquarters import AREA, MASTERS, NODE
from node_world import (
    OPERATOR,
    Fate,
    PowerCut,
    World,
    abandon,
    for_money,
    open_with_card,
    watch_commits,
)
from sale_checker import (
    Findings,
    Settled,
    WatchedChip,
    check_dues,
    check_sales,
    settled_on,
)
from yika_common.cards.application import File
from yika_common.cards.errors import CardError
from yika_common.cards.keys import derive_card_key, derive_meter_keys
from yika_common.cards.record import (
    EMPTY_RECORD,
    AppliedAdjustments,
    CreditRecord,
    RecordWitness,
    open_record,
)
from yika_common.cards.user_card import open_session
from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.simulated.icc import UserCardIcc, blank_memory
from yika_common.sync.customers import DebtSheet
from yika_node.bootstrap import Node
from yika_node.services import settled
from yika_node.services.premises import Premises
from yika_node.services.recovery import OpenIntent, SlotShown, Verdict, verdict
from yika_node.services.settlement import Judge

GAS, WATER = 3, 4
SLOTS = (GAS, WATER)
BASKET = [for_money(GAS, 5_000), for_money(WATER, 3_000)]
OWED = Settled(applied=600, collected=1_000_000)
DEBT = DebtSheet("D-1", "旧欠", "Old bill", OWED.collected, 100_000, 0, 1)
SERVICES = {GAS: Service.GAS, WATER: Service.COLD_WATER}


@dataclass
class Story:
    """One run: a world of its own, the card, and what others sold onto it."""

    world: World
    chip: WatchedChip
    card: str
    meters: dict[int, str]
    judge: Judge = verdict
    elsewhere: list[tuple[str, int]] = field(default_factory=list)
    settled: Settled = Settled()  # noqa: RUF009 - a frozen value
    refused: YikaError | None = None

    def present(self) -> None:
        """Put the card in and read it, however often that fails."""
        node = self.world.restarted(self.judge)
        self.world.hand.insert(self.chip)
        node.cards.read(OPERATOR)
        node.close()

    def sell(self, token: str) -> None:
        node = self.world.restarted(self.judge)
        self.world.hand.insert(self.chip)
        node.sales.sell(OPERATOR, self.card, BASKET, token)
        node.close()

    def load_meters(self) -> None:
        for slot in SLOTS:
            self.world.load(self.chip, self.meters[slot])

    def sell_elsewhere(self, slots: Sequence[int] = SLOTS) -> None:
        """Another node, here in a few lines of its own, sells onto whatever the card shows."""
        key = derive_card_key(MASTERS, self.card, 1, area=AREA)
        icc = UserCardIcc(self.chip, repeatable_random(31))
        session = open_session(icc, repeatable_random(32), key)
        for slot in slots:
            meter = self.meters[slot]
            credit = derive_meter_keys(MASTERS, meter, 1, area=AREA).credit
            raw = session.read_slot(slot)
            shown = None if raw == EMPTY_RECORD else open_record(raw, credit)
            settled = AppliedAdjustments() if shown is None else shown.adjustments
            left = OWED.applied - settled_on(map(session.read_slot, SLOTS)).applied
            record = CreditRecord(
                meter_id=meter,
                slot=slot,
                service=SERVICES[slot],
                key_version=1,
                epoch=1,
                generation=session.identity.generation,
                count=1 if shown is None else shown.count + 1,
                total=Quantity(700 + (0 if shown is None else shown.total)),
                time=self.world.now,
                adjustments=replace(
                    settled,
                    money_number=1,
                    money_total=Money(settled.money_total + left),
                    debts=Money(settled.debts + 10),
                ),
                witness=RecordWitness("N0009", 1, 40 + len(self.elsewhere), bytes(8)),
            )
            session.write_record(slot, record.encode(credit))
            self.elsewhere.append((meter, 700))
            self.settled = Settled(self.settled.applied + left, self.settled.collected + 10)

    def findings(self) -> Findings:
        """Show the card to every meter once more, then compare."""
        self.load_meters()
        credited = {
            meter: self.world.use_meter(meter).state().total for meter in self.meters.values()
        }
        database = self.world.folder / "node.db"
        findings = check_sales(database, self.chip.macs, credited, self.elsewhere)
        findings.problems += check_dues([database], self.chip, OWED, self.settled)
        return findings

    def applied(self) -> int:
        """What the card says was applied of the adjustment."""
        return settled_on(self.chip.memory.records[File.CREDIT]).applied


def present(story: Story) -> None:
    story.present()
    story.sell("the next sale")


def meters_then_present(story: Story) -> None:
    story.load_meters()
    story.present()
    story.sell("the next sale")


def elsewhere_then_present(story: Story) -> None:
    story.sell_elsewhere()
    story.present()


def elsewhere_and_meters_then_present(story: Story) -> None:
    story.sell_elsewhere()
    story.load_meters()
    story.sell_elsewhere()
    story.present()


def never(story: Story) -> None:
    """The card does not come back."""


CONTINUATIONS = (
    present,
    meters_then_present,
    elsewhere_then_present,
    elsewhere_and_meters_then_present,
    never,
)


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """An account whose gas meter has taken a first sale; nothing was sold for the water meter."""
    world = World(tmp_path_factory.mktemp("beginning") / "node")
    node = world.enrolled()
    chip = WatchedChip(blank_memory(b"CHIP0000"))
    account, _ = open_with_card(world, node, chip)
    assert account.card is not None
    meters = {meter.slot: meter.meter for meter in account.meters if meter.slot in SLOTS}
    node.sales.sell(OPERATOR, account.card, [for_money(GAS, 10_000)], "the first sale")
    sheet = sheet_of(account, NODE, adjustment_number=1, adjustment=OWED.applied, debts=(DEBT,))
    world.headquarters.tell(sheet)
    node.courier.sync()
    node.close()
    world.load(chip, meters[GAS])
    return Story(world, chip, account.card, meters)


@pytest.fixture
def tell(beginning: Story, tmp_path: Path) -> Callable[..., Story]:
    """Copies the beginning, sells with a fate, and lets the story go on."""
    told = 0

    def story(fate: Fate, continuation: Callable[[Story], None], judge: Judge = verdict) -> Story:
        nonlocal told
        told += 1
        world = beginning.world.copied_to(tmp_path / str(told))
        begun = Story(world, beginning.chip.copied(), beginning.card, beginning.meters, judge)
        node = world.restarted(judge)
        world.hand.insert(begun.chip)
        world.hand.fate = fate
        watch_commits(node, fate)
        begun.refused = sell_under(node, begun.card)
        world.hand.fate = Fate()
        continuation(begun)
        return begun

    return story


def sell_under(node: Node, card: str) -> YikaError | None:
    """Sell until it is done, the card is gone, or the power fails."""
    try:
        node.sales.sell(OPERATOR, card, BASKET, "the sale")
    except PowerCut:
        abandon(node)
        return None
    except YikaError as refused:
        node.close()
        return refused
    node.close()
    return None


def steps_of_a_sale(tell: Callable[..., Story]) -> list[str]:
    fate = Fate()
    tell(fate, never)
    return fate.steps


@pytest.mark.parametrize("continuation", CONTINUATIONS, ids=lambda go_on: go_on.__name__)
@pytest.mark.parametrize("how", ["power", "pull"])
def test_a_sale_cut_at_any_step_is_neither_lost_nor_doubled(
    tell: Callable[..., Story], how: str, continuation: Callable[[Story], None]
) -> None:
    steps = steps_of_a_sale(tell)
    assert steps.count("after commit") == len(("reading", "intents", "sale", "sale"))
    for at, name in enumerate(steps):
        if how == "pull" and "commit" in name:
            continue
        story = tell(Fate(at, how), continuation)
        findings = story.findings()
        assert findings.problems == [], (at, name)
        if continuation in (present, meters_then_present):
            assert findings.open == [], (at, name)
            assert story.applied() == OWED.applied, (at, name)


def test_a_sale_that_failed_before_its_first_commit_took_no_money(
    tell: Callable[..., Story],
) -> None:
    steps = steps_of_a_sale(tell)
    intents = steps.index("before commit", steps.index("after commit"))
    for at in range(intents):
        if "commit" not in steps[at]:
            story = tell(Fate(at, "pull"), never)
            assert isinstance(story.refused, CardError), steps[at]
            assert story.findings().open == []


def void_when_in_doubt(_shown: SlotShown, _intent: OpenIntent) -> Verdict:
    return Verdict.SUPERSEDED


def write_it_again(_shown: SlotShown, _intent: OpenIntent) -> Verdict:
    return Verdict.REDO


def ignore_it(_shown: SlotShown, _intent: OpenIntent) -> Verdict:
    return Verdict.COMPLETE


@pytest.mark.parametrize("naive", [void_when_in_doubt, write_it_again, ignore_it])
def test_the_checker_finds_a_naive_recovery_out(tell: Callable[..., Story], naive: Judge) -> None:
    def found_out() -> bool:
        return any(
            tell(Fate(at, "power"), continuation, naive).findings().problems
            for at in range(len(steps_of_a_sale(tell)))
            for continuation in (meters_then_present, elsewhere_then_present)
        )

    assert found_out()


def test_the_checker_finds_a_point_out_that_does_not_ask_the_card_what_was_settled(
    tell: Callable[..., Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    def asks_nobody(premises: Premises) -> settled.Settled:
        return settled.Settled({slot.slot: AppliedAdjustments() for slot in premises.slots}, True)

    monkeypatch.setattr(settled.Settled, "of", asks_nobody)
    assert tell(Fate(), present).findings().problems


def test_a_sale_that_stayed_open_while_another_slot_took_the_credit_is_settled_in_the_end(
    tell: Callable[..., Story],
) -> None:
    """Both then hold the credit; the next sale takes one of them back."""
    open_first = steps_of_a_sale(tell).index("before card DC")
    story = tell(Fate(open_first, "pull"), lambda story: story.sell_elsewhere([WATER]))
    story.present()
    assert story.applied() == 2 * OWED.applied
    story.sell("the next sale")
    assert story.applied() == OWED.applied
    assert story.findings().problems == []
