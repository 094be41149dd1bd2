"""Power fails, or the chip is pulled, at each step of replacing a card: nothing lost or doubled.

The account bought gas, which its meter took, and more gas and water, which no meter has taken; a
last purchase of water still waits for the card that is now lost.  The replacement is cut at each
of its steps, before and after each commit and each command to the chip, in two ways, and goes on
in each of the ways below.  A checker that shares no code with the node then compares what was paid
for with what the meters took.  Naive ways of replacing a card must be found out by it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from card_builders import ChipMemory
from node_world import (
    OPERATOR,
    Fate,
    PowerCut,
    World,
    a_chip,
    abandon,
    for_money,
    open_with_card,
    watch_commits,
)
from sale_checker import journal_lines
from yika_common.cards.application import CardState
from yika_common.errors import YikaError
from yika_node.services import carrying, known_credit, settlement
from yika_node.services.recovery import OpenIntent, SlotShown, Verdict, verdict
from yika_node.services.settlement import Judge

GAS, WATER = 3, 4
FORM = "the replacement"


@dataclass
class Story:
    """One run: the lost card, the blank chips, and what is done with them."""

    world: World
    old: ChipMemory
    account: str
    meters: dict[int, str]
    judge: Judge = verdict
    chips: list[ChipMemory] = field(default_factory=lambda: [a_chip(1), a_chip(2)])
    refused: list[YikaError] = field(default_factory=list)

    def replace(self, chip: int = 0, form: str = FORM) -> str:
        """Replace the card, or finish it, with nothing in the way."""
        node = self.world.restarted(self.judge)
        self.world.hand.insert(self.chips[chip])
        made = node.life.reissue.replace(OPERATOR, self.account, "lost", form)
        node.close()
        return made.number

    def read(self, chip: ChipMemory) -> None:
        """Put a card in and read it; whatever it is, nobody minds."""
        node = self.world.restarted(self.judge)
        self.world.hand.insert(chip)
        try:
            node.cards.read(OPERATOR)
        except YikaError as refused:
            self.refused.append(refused)
        node.close()

    def sell(self, chip: ChipMemory) -> None:
        node = self.world.restarted(self.judge)
        self.world.hand.insert(chip)
        number = chip.memory.identity.number
        node.sales.sell(OPERATOR, number, [for_money(WATER, 1_000)], f"on {number}")
        node.close()

    def load(self, chip: ChipMemory) -> None:
        """Show a card to both meters."""
        for meter in self.meters.values():
            if chip.memory.identity.state is CardState.USER:
                self.world.load(chip, meter)

    def problems(self) -> list[str]:
        """What was paid for and not delivered, or delivered and not paid for; what is open."""
        lines = journal_lines(self.world.folder / "node.db")
        intents = {line["q"]: line for line in lines if line["t"] == "intent"}
        ends: dict[int, list[str]] = {seq: [] for seq in intents}
        for line in lines:
            if line["t"] in ("sale", "superseded"):
                ends[line["iq"]].append(line["t"])
        found = [f"{seq} ended {how}" for seq, how in ends.items() if len(how) > 1]
        paid = dict.fromkeys(self.meters.values(), 0)
        for seq, intent in intents.items():
            if "superseded" not in ends[seq]:
                paid[intent["m"]] += intent["qty"]
            if not ends[seq]:
                found.append(f"{seq} is open")
        for meter, quantity in paid.items():
            taken = self.world.use_meter(meter).state().total
            if taken != quantity:
                found.append(f"meter {meter} took {taken}, {quantity} were paid for")
        return found


def the_same_chip(story: Story) -> None:
    story.replace()
    story.load(story.chips[0])


def the_same_chip_read_first(story: Story) -> None:
    story.read(story.chips[0])
    the_same_chip(story)
    story.sell(story.chips[0])
    story.load(story.chips[0])


def another_chip(story: Story) -> None:
    story.replace(1, "another form")
    story.read(story.chips[0])
    story.load(story.chips[0])
    story.load(story.chips[1])
    story.load(story.chips[0])


def the_old_card_found_again(story: Story) -> None:
    story.load(story.old)
    story.read(story.old)
    the_same_chip(story)
    story.load(story.old)


def the_meter_first(story: Story) -> None:
    story.load(story.chips[0])
    story.load(story.old)
    the_same_chip(story)


def a_second_sale_and_another_loss(story: Story) -> None:
    story.replace()
    story.sell(story.chips[0])
    story.replace(1, "the second loss")
    story.load(story.chips[1])
    story.load(story.chips[0])


CONTINUATIONS = (
    the_same_chip,
    the_same_chip_read_first,
    another_chip,
    the_old_card_found_again,
    the_meter_first,
    a_second_sale_and_another_loss,
)


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Story:
    world = World(tmp_path_factory.mktemp("replacing") / "node")
    node = world.enrolled()
    old = a_chip()
    account, _ = open_with_card(world, node, old)
    assert account.card is not None
    meters = {meter.slot: meter.meter for meter in account.meters if meter.slot in (GAS, WATER)}
    node.sales.sell(OPERATOR, account.card, [for_money(GAS, 10_000)], "taken")
    world.load(old, meters[GAS])
    basket = [for_money(GAS, 4_000), for_money(WATER, 3_000)]
    node.sales.sell(OPERATOR, account.card, basket, "waits on the card")
    fate = Fate()
    world.hand.fate = fate
    fate.at, fate.how = 10_000, "pull"
    write = "before card DC"
    fate.step = lambda name: name == write  # type: ignore[method-assign]
    assert not node.sales.sell(
        OPERATOR, account.card, [for_money(WATER, 2_000)], "waits for the card"
    ).complete
    world.hand.fate = Fate()
    node.close()
    return Story(world, old, account.number, meters)


Tell = Callable[..., tuple[Story, list[str]]]


@pytest.fixture
def tell(beginning: Story, tmp_path: Path) -> Tell:
    """Copies the beginning, replaces the card with a fate, and lets the story go on."""
    told = 0

    def story(
        fate: Fate, go_on: Callable[[Story], None] | None, judge: Judge = verdict
    ) -> tuple[Story, list[str]]:
        nonlocal told
        told += 1
        world = beginning.world.copied_to(tmp_path / str(told))
        begun = Story(world, beginning.old.copied(), beginning.account, beginning.meters, judge)
        node = world.restarted(judge)
        world.hand.insert(begun.chips[0])
        world.hand.fate = fate
        watch_commits(node, fate)
        try:
            node.life.reissue.replace(OPERATOR, begun.account, "lost", FORM)
        except PowerCut:
            abandon(node)
        except YikaError as refused:
            begun.refused.append(refused)
            node.close()
        else:
            node.close()
        world.hand.fate = Fate()
        if go_on is not None:
            go_on(begun)
        return begun, fate.steps

    return story


@pytest.mark.parametrize(
    ("how", "go_on"),
    [
        *(("power", go_on) for go_on in CONTINUATIONS),
        ("pull", the_same_chip_read_first),
        ("pull", another_chip),
    ],
)
def test_a_replacement_cut_at_any_step_loses_and_doubles_nothing(
    tell: Tell, how: str, go_on: Callable[[Story], None]
) -> None:
    steps = tell(Fate(), None)[1]
    assert steps.count("after commit") == len(("card and intents", "sale", "sale and carried"))
    for at, name in enumerate(steps):
        if how == "pull" and "commit" in name:
            continue
        story, _ = tell(Fate(at, how), go_on)
        assert story.problems() == [], (at, name)


def test_the_new_card_is_dead_until_it_is_finished_and_the_old_one_from_the_commit_on(
    tell: Tell,
) -> None:
    for at, name in enumerate(tell(Fate(), None)[1]):
        story, steps = tell(Fate(at, "power"), None)
        committed = "after commit" in steps[: at + 1]
        node = story.world.restarted()
        account = node.accounts.get(story.account)
        assert (account.card != story.old.memory.identity.number) == committed, (at, name)
        node.close()


def void_when_in_doubt(_shown: SlotShown, _intent: OpenIntent) -> Verdict:
    return Verdict.SUPERSEDED


def believe_that_it_arrived(_shown: SlotShown, _intent: OpenIntent) -> Verdict:
    return Verdict.COMPLETE


@pytest.mark.parametrize("naive", [void_when_in_doubt, believe_that_it_arrived])
def test_a_naive_recovery_of_replacements_is_found_out(tell: Tell, naive: Judge) -> None:
    steps = tell(Fate(), None)[1]
    assert any(
        tell(Fate(at, "power"), the_same_chip, naive)[0].problems() for at in range(len(steps))
    )


def test_a_replacement_that_forgets_what_waits_is_found_out(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_credit.KnownCredit, "_own", lambda *_: None)
    assert tell(Fate(), the_same_chip)[0].problems()


def test_a_replacement_that_does_not_close_what_it_carries_is_found_out(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlement, "covers", lambda *_: False)
    assert tell(Fate(), the_same_chip)[0].problems()


def test_a_replacement_that_gives_the_last_purchase_a_new_count_is_found_out(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The credit is added to the total once more: whoever lost his card gets it twice."""

    def once_more(sources: list[carrying.Sources]) -> tuple[carrying.Carried, ...]:
        return tuple(
            replace(slot, count=slot.count + 1, total=slot.total + 1_000)
            for slot in carrying.carried(sources)
        )

    monkeypatch.setattr(known_credit, "carried", once_more)
    assert tell(Fate(), the_same_chip)[0].problems()
