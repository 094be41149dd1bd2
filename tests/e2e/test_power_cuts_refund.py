"""Power fails, or the card is pulled, at every step of a refund: money goes out once, or not yet.

A purchase is given back: one that the meter never saw, one that it has taken, and one of which the
customer has used some.  The refund is cut at each step from the commit of its intent on, and goes
on in each of the ways below, among them another vending point that does not know of it.  A checker
that shares no code with the node reads the journals, and asks the meter what it has supplied and
still holds: never more than was paid for, and nothing that was paid for is gone.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from counters import CLASS, Counters
from node_world import OPERATOR, Fate, PowerCut, abandon, for_quantity, watch_commits
from refund_builders import REASON, TOKEN, refund_desk
from sale_checker import WatchedChip
from yika_common.errors import YikaError
from yika_common.services import PROFILES, Service
from yika_common.simulated.icc import blank_memory
from yika_node.bootstrap import Node
from yika_node.services import card_image
from yika_node.services.refund_rules import Pair, Payment, SlotEvidence, payable
from yika_node.services.refunds import Rule

SLOT = PROFILES[4].index(Service.COLD_WATER)
NUMBERS = count()
BOUGHT = 10_000
PRICE = 500
"""Minor units for 1000."""

UNTOUCHED, TAKEN, USED = "never shown to the meter", "taken by the meter", "used in part"


@dataclass
class Story:
    """One run: two points, the card, and the purchase that is given back."""

    counters: Counters
    rule: Rule = payable
    problem: YikaError | None = None

    @property
    def chip(self) -> WatchedChip:
        assert isinstance(self.counters.chip, WatchedChip)
        return self.counters.chip

    @property
    def node(self) -> Node:
        return self.counters.nodes[0]

    def restart(self) -> None:
        self.counters.nodes[0] = self.counters.worlds[0].restarted()

    def refund(self, fate: Fate) -> None:
        """Give the purchase back until it is done, the card is gone, or the power fails."""
        world = self.counters.worlds[0]
        world.hand.insert(self.counters.chip)
        world.hand.fate = fate
        watch_commits(self.node, fate)
        desk = refund_desk(self.node, self.rule)
        seq = max(row.seq for row in self.node.enquiries.sales().rows)
        try:
            desk.give_back(OPERATOR, 1, seq, REASON, TOKEN)
        except PowerCut:
            abandon(self.node)
            self.restart()
        except YikaError as problem:
            self.problem = problem
        world.hand.fate = Fate()
        watch_commits(self.node, Fate())

    def present(self) -> None:
        """Read the card, and hand out what may be handed out."""
        self.counters.read()
        desk = refund_desk(self.node, self.rule)
        for refund in desk.waiting():
            with suppress(YikaError):
                desk.pay_out(OPERATOR, refund.sale.epoch, refund.sale.seq)

    def load(self) -> None:
        self.counters.load(SLOT)

    def findings(self) -> "Findings":
        """What the meter got and the journals say, once it has taken the card."""
        self.load()
        meter = self.counters.account.meters[SLOT].meter
        state = self.counters.worlds[0].use_meter(meter).state()
        found = Findings(supplied=state.lifetime_use, held=state.balance)
        for world in self.counters.worlds:
            found.read(world.folder / "node.db", self.chip.macs)
        return found


@dataclass
class Findings:
    """Quantities: from the meter, and from the journals' own lines."""

    supplied: int = 0
    held: int = 0
    bought: int = 0
    given_back: int = 0
    paid_back: int = 0
    open: int = 0

    def read(self, database: Path, on_chip: set[str]) -> None:
        """An intent counts once its very record was on the chip, whoever knows of it."""
        with closing(sqlite3.connect(database)) as connection:
            lines = [json.loads(line) for (line,) in connection.execute("SELECT line FROM record")]
        written = {line["iq"] for line in lines if line["t"] == "sale"}
        ended = written | {line["iq"] for line in lines if line["t"] == "superseded"}
        for line in lines:
            if line["t"] == "intent":
                delivered = line["mac"] in on_chip
                assert delivered or line["q"] not in written, "it was read back"
                self.bought += line["qty"] if delivered and line["qty"] > 0 else 0
                self.given_back -= line["qty"] if delivered and line["qty"] < 0 else 0
                self.open += line["q"] not in ended
            elif line["t"] == "refunded":
                assert line["iq"] in written, "money goes out after the record was read back"
                self.paid_back += line["amt"] * 1000 // PRICE

    @property
    def too_much(self) -> int:
        """Supplied or still held beyond what was paid for and not paid back."""
        return self.supplied + max(0, self.held) - (self.bought - self.paid_back)

    @property
    def gone(self) -> int:
        """Credit that was bought and not given back, and is nowhere."""
        return self.bought - self.given_back - self.supplied - self.held


Continuation = Callable[[Story], None]
Tell = Callable[[Fate, Continuation, Rule], Story]


def present(story: Story) -> None:
    story.present()


def meter_then_present(story: Story) -> None:
    story.load()
    story.present()


def present_meter_present(story: Story) -> None:
    story.present()
    story.load()
    story.present()


def elsewhere_then_present(story: Story) -> None:
    """Another point sells what the card shows; a refund that waits for the meter it respects."""
    with suppress(YikaError):
        story.counters.sell(for_quantity(SLOT, 2_000), at=1)
    story.present()
    story.load()
    story.present()


def meter_and_elsewhere(story: Story) -> None:
    story.load()
    story.counters.sell(for_quantity(SLOT, 2_000), at=1)
    story.load()
    story.counters.sell(for_quantity(SLOT, 2_000), at=1)
    story.present()


def second_sale(story: Story) -> None:
    story.present()
    with suppress(YikaError):
        story.counters.sell(for_quantity(SLOT, 3_000))
    story.load()
    story.present()


def never(story: Story) -> None:
    """The card does not come back."""


CONTINUATIONS = (
    present,
    meter_then_present,
    present_meter_present,
    elsewhere_then_present,
    meter_and_elsewhere,
    second_sale,
    never,
)


@pytest.fixture(scope="module", params=[UNTOUCHED, TAKEN, USED])
def beginning(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Counters]:
    """An earlier purchase that the meter has taken, and the one that is to be given back."""
    chip = WatchedChip(blank_memory(b"CHIP0000"))
    folder = tmp_path_factory.mktemp("beginning")
    counters = Counters(folder, 2, chip, profile=4, tariff_class=CLASS)
    counters.publish()
    counters.open()
    counters.tell()
    counters.sell(for_quantity(SLOT, 1_000))
    counters.load(SLOT, use=1_000)
    counters.sell(for_quantity(SLOT, BOUGHT))
    if request.param != UNTOUCHED:
        counters.load(SLOT, use=4_000 if request.param == USED else 0)
    counters.read()
    counters.close()
    return request.param, counters


@pytest.fixture
def tell(
    beginning: tuple[str, Counters], tmp_path: Path
) -> Iterator[Callable[[Fate, Continuation, Rule], Story]]:
    """Copies the beginning, gives back under a fate, and lets the story go on."""
    told: list[Story] = []

    def story(fate: Fate, continuation: Continuation, rule: Rule = payable) -> Story:
        while told:
            told.pop().counters.close()
        begun = Story(beginning[1].copied_to(tmp_path / f"{next(NUMBERS)}"), rule)
        told.append(begun)
        begun.refund(fate)
        continuation(begun)
        return begun

    yield story
    while told:
        told.pop().counters.close()


def steps_of(tell: Tell) -> list[str]:
    """The steps of a refund, and which are left out: nothing is at stake before its intent."""
    fate = Fate()
    tell(fate, never, payable)
    return fate.steps


def at_stake(steps: list[str]) -> list[int]:
    """Every step from before the intent's commit on, and one before."""
    update = steps.index("before card DC")
    return list(range(update - 3, len(steps)))


@pytest.mark.parametrize("continuation", CONTINUATIONS, ids=lambda go_on: go_on.__name__)
@pytest.mark.parametrize("how", ["power", "pull"])
def test_a_refund_cut_at_any_step_pays_once_and_only_for_what_is_gone(
    beginning: tuple[str, Counters], tell: Tell, how: str, continuation: Continuation
) -> None:
    kind, steps = beginning[0], steps_of(tell)
    for at in at_stake(steps):
        if how == "pull" and "commit" in steps[at]:
            continue
        story = tell(Fate(at, how), continuation, payable)
        found = story.findings()
        where = (at, steps[at], found)
        assert found.too_much <= 0, where
        assert found.gone == 0, where
        if continuation is present and kind == UNTOUCHED:
            assert found.open == 0, where
            assert found.paid_back == found.given_back, where
        if continuation is present_meter_present and kind != USED:
            assert found.open == 0, where
            assert found.paid_back == found.given_back, where
        if kind == USED and continuation is not second_sale:
            assert found.paid_back == 0, where


@pytest.mark.parametrize("continuation", CONTINUATIONS, ids=lambda go_on: go_on.__name__)
def test_a_refund_that_nothing_cuts_pays_what_it_can(
    beginning: tuple[str, Counters], tell: Tell, continuation: Continuation
) -> None:
    found = tell(Fate(), continuation, payable).findings()
    assert (found.too_much <= 0, found.gone, found.open) == (True, 0, 0)
    assert found.given_back == BOUGHT
    if beginning[0] == UNTOUCHED:
        assert found.paid_back == BOUGHT


def pays_as_soon_as_it_is_written(
    refund: Pair, purchase: Pair, *, written: bool, slot: SlotEvidence
) -> Payment:
    """Forgets the meter: the hole that memory cards have."""
    return Payment.AT_ONCE if written else Payment.NOT_ON_CARD


def looks_at_the_position_alone(
    refund: Pair, purchase: Pair, *, written: bool, slot: SlotEvidence
) -> Payment:
    """Forgets that the customer may have used the credit."""
    found = payable(refund, purchase, written=written, slot=slot)
    return Payment.SHOWN if found is Payment.BELOW_ZERO else found


@pytest.mark.parametrize(
    ("naive", "kinds"),
    [
        (pays_as_soon_as_it_is_written, (UNTOUCHED, TAKEN, USED)),
        (looks_at_the_position_alone, (USED,)),
    ],
)
def test_the_checker_finds_a_naive_payment_out(
    beginning: tuple[str, Counters], tell: Tell, naive: Rule, kinds: tuple[str, ...]
) -> None:
    """The customer goes home with the money, and his meter supplies what he gave back.

    Where the meter had not seen the purchase, he pulls the card before the refund is on it.
    """
    steps = steps_of(tell)

    def found_out() -> bool:
        return any(
            tell(Fate(at, "pull"), continuation, naive).findings().too_much > 0
            for at in [None, *at_stake(steps)]
            if at is None or "commit" not in steps[at]
            for continuation in (meter_use_and_present, present_meter_present)
        )

    assert found_out() == (beginning[0] in kinds)


def meter_use_and_present(story: Story) -> None:
    """What is in the meter is used at once."""
    story.counters.load(SLOT, use=8_000)
    story.present()


def over_it_regardless(story: Story) -> None:
    """A point of some other make sells over a refund that the meter must take first."""
    story.present()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(card_image, "awaits_meter", lambda *_: False)
        story.counters.sell(for_quantity(SLOT, 3_000), at=1)
    story.load()
    story.present()


def test_a_refund_that_was_written_over_pays_only_once_the_meter_holds_no_more_than_was_bought(
    beginning: tuple[str, Counters], tell: Tell
) -> None:
    story = tell(Fate(), over_it_regardless, payable)
    found = story.findings()
    assert found.too_much <= 0
    if beginning[0] == TAKEN:
        assert found.paid_back == 0
        story.counters.sell(for_quantity(SLOT, BOUGHT))
        story.load()
        story.present()
        found = story.findings()
        assert (found.paid_back, found.too_much, found.gone) == (BOUGHT, 0, 0)
