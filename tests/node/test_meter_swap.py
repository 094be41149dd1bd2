"""A meter is replaced, and what was left in it is in the new one, once."""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from card_builders import ChipMemory
from counters import GAS, WATER, Counters
from little_headquarters import meter_number
from node_world import (
    OPERATOR,
    PowerCut,
    a_chip,
    abandon,
    for_quantity,
    open_with_card,
    watch_commits,
)
from sale_checker import WatchedChip
from swap_town import NEW_WATER, NEWER_WATER, OLD, REASON, Town, a_town
from yika_common.cards.errors import CardError, CardNotBlank
from yika_common.errors import Phrase
from yika_common.journal.bodies import SWAP
from yika_common.journal.card_bodies import Approved
from yika_common.meters.rules import Outcome, Reason
from yika_common.numbers import Quantity
from yika_common.sync.customers import SlotSheet
from yika_node.services.approvals import ApprovalForAnother, ApprovalMissing
from yika_node.services.errors import (
    CardReplaced,
    MeterOfAnotherService,
    MeterTaken,
    MeterUnknown,
    SlotEmpty,
)
from yika_node.services.meter_swap import SwapForm
from yika_node.services.swap_errors import (
    FigureTooHigh,
    MeterTransferred,
    SwapFormIncomplete,
    TransferMissing,
)
from yika_node.services.views import SaleState


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return a_town(tmp_path)


def test_sold_used_transferred_swapped_and_the_next_sale_goes_on(town: Town) -> None:
    quota = town.record(WATER).quota
    town.transfer()
    # The customer's own card brings what the old meter says, and gives it nothing more.
    report = town.load(WATER)
    assert (report.outcome, report.reason) == (Outcome.REFUSED, Reason.TRANSFERRED)
    old_card, gas = town.card, town.record(GAS)
    new_card = town.swap(start=Quantity(12))
    assert new_card != old_card
    [swap] = town.lines("swap")
    assert (swap["mo"], swap["m"], swap["bal"], swap["ul"]) == (OLD, NEW_WATER, 3_800, 2_000)
    assert (swap["mv"], swap["use"], swap["si"]) == (5_800, 1_200, 12)
    assert (swap["g"], swap["n"], swap["T"]) == (1, 2, 7_000)
    [first] = [line for line in town.lines("intent") if line.get("ac") == SWAP]
    assert (first["m"], first["n"], first["T"], first["mv"]) == (NEW_WATER, 1, 5_800, 5_800)
    assert (first["qty"], first["amt"]) == (0, 0)
    assert town.account.meters[WATER].meter == NEW_WATER
    assert town.record(WATER).quota == quota
    assert town.record(GAS).total == gas.total
    assert town.load(WATER).credited == 5_800
    # Conservation: what the old one used and what moved is what was sold to it.
    old = town.state_of(OLD)
    assert old.lifetime_use + 5_800 == 7_000
    town.sell(for_quantity(WATER, 1_000))
    assert town.load(WATER).credited == 1_000
    assert town.state_of(NEW_WATER).total == 6_800
    assert town.record(WATER).quota.bought == quota.bought + 1_000
    assert town.nodes[0].enquiries.pending() == ()
    # The old meter takes nothing of the new card, and nobody gets it again.
    assert OLD not in town.nodes[0].accounts.free_meters(town.account.meters[WATER].service)
    assert town.nodes[0].accounts.of_meter(OLD) == town.account.number
    town.close()


def test_a_new_chip_does_as_well_and_the_old_card_is_dead(town: Town) -> None:
    town.transfer()
    town.load(WATER)
    town.read()
    old_chip, old_card = town.chip, town.card
    town.swap(a_chip(1))
    assert town.load(WATER).credited == 5_800
    assert town.load(GAS).credited == 7_000
    town.worlds[0].hand.insert(old_chip)
    with pytest.raises(CardReplaced):
        town.nodes[0].sales.sell(OPERATOR, old_card, [for_quantity(WATER, 1_000)], "old")
    town.close()


def test_the_transfer_card_alone_says_what_is_left(town: Town) -> None:
    """The customer's card is lost: what it carried is known from our own journal."""
    town.take_back(town.transfer())
    town.swap(a_chip(1))
    assert town.load(WATER).credited == 5_800
    town.close()


def test_without_a_transfer_nothing_moves(town: Town) -> None:
    with pytest.raises(TransferMissing, match="Up to 7 may"):
        town.swap()
    town.load(WATER)
    town.read()
    with pytest.raises(TransferMissing, match=r"Up to 5.8 may"):
        town.swap()
    assert town.lines("swap") == []
    town.close()


def test_a_meter_with_nothing_left_is_replaced_without_more_ado(tmp_path: Path) -> None:
    town = Town(tmp_path, tariff_class="test")
    town.publish_and_open()
    town.swap()
    assert (town.lines("swap")[0]["mv"], town.lines("swap")[0]["n"]) == (0, 0)
    town.sell(for_quantity(WATER, 1_000))
    assert town.load(WATER).credited == 1_000
    town.close()


def approve(town: Town, form: SwapForm, holder: str = "supervisor li") -> str:
    """What the managing card's page does."""
    book, swaps = town.nodes[0].approvals, town.swaps()
    digest = swaps.digest(swaps.quote(form).body)
    token = book.begin(OPERATOR, digest, Phrase("a swap"), "/")
    approved = Approved(
        act=digest.hex(), card="870000000001", holder=holder, counter=1, proof="00" * 8
    )
    book.give(token, approved)
    return token


def test_of_a_dead_meter_a_second_person_approves_the_figure(town: Town) -> None:
    town.load(WATER)
    town.read()
    form: dict[str, Any] = {"figure": Quantity(4_000)}
    with pytest.raises(ApprovalMissing):
        town.swap(**form)
    with pytest.raises(FigureTooHigh, match=r"at most 5.8 can"):
        town.swap(figure=Quantity(5_801))
    other = approve(town, town.typed(figure=Quantity(4_100)))
    with pytest.raises(ApprovalForAnother):
        town.swap(approval=other, **form)
    assert town.lines("swap") == []
    assert town.swaps().quote(town.typed(**form)).needs_approval
    token = approve(town, town.typed(**form))
    town.swap(approval=token, **form)
    [approved], [swap] = town.lines("approved"), town.lines("swap")
    assert (swap["fg"], swap["aq"], swap["mv"]) == (1, approved["q"], 4_000)
    assert swap["q"] == approved["q"] + 1
    assert town.load(WATER).credited == 4_000
    town.close()


def test_an_approval_is_not_used_up_by_a_card_that_can_not_be_written(town: Town) -> None:
    form: dict[str, Any] = {"figure": Quantity(4_000)}
    token = approve(town, town.typed(**form))
    _, stranger = open_with_card(town.worlds[0], town.nodes[0], index=1)
    assert isinstance(stranger, ChipMemory)
    with pytest.raises(CardNotBlank):
        town.swap(stranger, approval=token, **form)
    town.swap(a_chip(2), approval=token, **form)
    town.close()


def test_a_meter_that_never_wrote_has_no_more_than_was_bought(tmp_path: Path) -> None:
    town = Town(tmp_path, tariff_class="test")
    town.publish_and_open()
    town.sell(for_quantity(WATER, 5_000))
    with pytest.raises(FigureTooHigh, match="at most 5 can"):
        town.swaps().quote(town.typed(figure=Quantity(5_001)))
    assert town.swaps().quote(town.typed(figure=Quantity(5_000))).old.most == 5_000
    town.close()


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"meter": meter_number("3", 5)}, MeterOfAnotherService),
        ({"meter": OLD}, MeterTaken),
        ({"meter": meter_number("4", 99)}, MeterUnknown),
        ({"slot": 9}, SlotEmpty),
        ({"reason": " "}, SwapFormIncomplete),
        ({"reason": "x" * 201}, SwapFormIncomplete),
        ({"start": Quantity(-1)}, SwapFormIncomplete),
        ({"figure": Quantity(-1)}, SwapFormIncomplete),
    ],
)
def test_a_swap_that_can_not_be_is_refused(
    town: Town, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        town.swap(**changes)
    assert town.lines("swap") == []
    assert len(town.lines("card")) == 1
    town.close()


def test_a_sale_that_waited_for_the_old_meter_moves_too_and_is_closed(town: Town) -> None:
    town.pulled_at_the_write()
    (waiting,) = town.nodes[0].enquiries.pending()
    town.take_back(town.transfer())
    town.swap(a_chip(1))
    assert town.nodes[0].enquiries.pending() == ()
    assert town.nodes[0].enquiries.sale(waiting.epoch, waiting.seq).state is SaleState.WRITTEN
    assert town.load(WATER).credited == 5_800 + waiting.quantity
    town.close()


def test_a_transferred_meter_is_sold_nothing(town: Town) -> None:
    town.transfer()
    town.load(WATER)
    with pytest.raises(MeterTransferred):
        town.sell(for_quantity(WATER, 1_000))
    town.close()


def test_meters_are_replaced_again_and_again(town: Town) -> None:
    town.transfer()
    town.load(WATER)
    town.swap()
    town.load(WATER)
    town.use(800)
    town.transfer()
    town.load(WATER)
    town.swap(meter=NEWER_WATER, form="second swap")
    assert town.load(WATER).credited == 5_000
    with pytest.raises(MeterTaken):
        town.swap(meter=NEW_WATER, form="third swap")
    town.close()


def test_another_point_replaces_the_meter_of_an_account_it_was_told_of(tmp_path: Path) -> None:
    town = a_town(tmp_path, points=2)
    town.transfer()
    town.load(WATER)
    slots = (SlotSheet(WATER, 1, 2, 7_000, "2026", 7_000),)
    town.tell(slots=slots)
    town.swap(at=1)
    assert town.account.meters[WATER].meter == NEW_WATER
    assert town.load(WATER).credited == 5_800
    assert NEW_WATER not in town.nodes[1].accounts.free_meters(town.account.meters[WATER].service)
    # Headquarters has heard of it; the point that opened the account follows.
    town.tell(card=town.card, generation=2)
    here = town.nodes[0].accounts.get(town.account.number)
    assert (here.meters[WATER].meter, here.card) == (NEW_WATER, town.card)
    town.sell(for_quantity(WATER, 1_000))
    assert town.load(WATER).credited == 1_000
    town.close()


@pytest.mark.parametrize("how", ["pull", "power"])
@pytest.mark.parametrize("which", ["its own", "another"])
def test_cut_anywhere_the_credit_moves_once(tmp_path: Path, how: str, which: str) -> None:
    """At every command to the card and every commit, and then the same again, or a new form."""
    ready = a_town(tmp_path / "ready", chip=WatchedChip())
    ready.transfer()
    ready.load(WATER)
    ready.read()
    ready.close()
    at = 0
    while cut_once(ready, tmp_path / str(at), how, which, at):
        shutil.rmtree(tmp_path / str(at))
        at += 1
    assert at > 40


def again(town: Town, chip: ChipMemory) -> None:
    """The same form with the same chip."""
    town.worlds[0].hand.insert(chip)
    made = town.swaps().swap(OPERATOR, town.typed(), "swap")
    assert made.problem is None
    town.found(chip, made.number)


def by_reading(town: Town, chip: ChipMemory) -> None:
    """The page is gone: the card's account is looked up, and the card finished or begun anew."""
    node = town.nodes[0]
    account = node.accounts.get(town.account.number)
    town.worlds[0].hand.insert(chip)
    if account.meters[WATER].meter == OLD:
        again(town, chip)
        return
    issued = node.life.reissue.unfinished(identity_of(chip))
    if issued is not None:
        made = node.life.reissue.replace(OPERATOR, account.number, REASON, "finish")
        assert made.problem is None
    town.found(chip, account.card or "")
    town.read()


def identity_of(chip: ChipMemory) -> Any:
    return chip.memory.identity


def cut_once(ready: Counters, folder: Path, how: str, which: str, at: int) -> bool:
    """Whether there is such a step; whatever is cut there, the credit moves once."""
    town = ready.copied_to(folder)
    assert isinstance(town, Town)
    world, chip = town.worlds[0], town.chip if which == "its own" else a_chip(1)
    assert isinstance(chip, ChipMemory)
    world.hand.insert(chip)
    fate = world.hand.fate
    fate.at, fate.how = at, how
    watch_commits(town.nodes[0], fate)
    with suppress(CardError, PowerCut):
        town.swaps().swap(OPERATOR, town.typed(), "swap")
    struck = at < len(fate.steps)
    fate.at = None
    if how == "power":
        abandon(town.nodes[0])
        town.nodes[0] = world.restarted()
    (again if at % 2 else by_reading)(town, chip)
    assert len(town.lines("swap")) == 1
    town.load(WATER)
    assert town.state_of(NEW_WATER).total == 5_800
    assert town.load(GAS).total == 7_000
    town.sell(for_quantity(WATER, 1_000))
    town.load(WATER)
    assert town.state_of(NEW_WATER).total == 6_800
    old = town.state_of(OLD)
    assert old.lifetime_use + old.balance == old.total == 5_000
    assert town.nodes[0].enquiries.pending() == ()
    town.close()
    return struck
