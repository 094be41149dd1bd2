"""A node writes tool cards as they were ordered, and on return tells what became of each order."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from card_builders import ChipMemory, repeatable_random
from little_headquarters import MASTERS
from node_tools import COLD, GAS, TOOL, order_for, tool_card
from node_world import (
    OPERATOR,
    PowerCut,
    World,
    a_chip,
    abandon,
    for_quantity,
    open_with_card,
    watch_commits,
)
from yika_common.cards.application import CardState, File
from yika_common.cards.claim import Claim
from yika_common.cards.errors import CardError, CardNotBlank
from yika_common.cards.keys import derive_card_key
from yika_common.cards.tool_order import OrderKind
from yika_common.cards.user_card import personalise
from yika_common.cards.write_back import MeterStatus
from yika_common.journal.bodies import Reading
from yika_common.journal.card_bodies import CardEnded, SpecialCard
from yika_common.journal.meter_bodies import ToolReturned
from yika_common.journal.record import decode_line
from yika_common.meters.rules import Outcome
from yika_common.meters.state import consumed
from yika_common.numbers import Quantity
from yika_common.simulated.icc import UserCardIcc
from yika_common.sync.tool_list import ToolCard
from yika_node.bootstrap import Node
from yika_node.services.errors import MeterUnknown
from yika_node.services.tool_desk import ToolDesk, ToolState, outcome_of
from yika_node.services.tool_errors import (
    ToolCardBegun,
    ToolCardExpired,
    ToolCardNotOut,
    ToolCardOver,
    ToolCardShown,
    ToolCardUnknown,
)
from yika_node.web.tool_pages import tool_desk_of


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


def ordered(world: World, node: Node, *cards: ToolCard) -> ToolDesk:
    world.headquarters.order_tools(*cards)
    node.courier.sync()
    return tool_desk_of(node)


def an_inspection() -> ToolCard:
    return tool_card(order_for(COLD, 0), order_for(GAS, 1))


def records(node: Node, kind: type[Any]) -> list[Any]:
    lines = node.queries.records(1, 1, 10_000)
    bodies = (decode_line(row.line).body for row in lines)
    return [body for body in bodies if isinstance(body, kind)]


def blank(world: World, index: int = 50) -> ChipMemory:
    chip = a_chip(index)
    world.hand.insert(chip)
    return chip


def test_a_tool_card_goes_from_the_list_to_the_meters_and_back(world: World, node: Node) -> None:
    account, customer = open_with_card(world, node)
    assert account.card is not None
    slot = next(m.slot for m in account.meters if m.meter == COLD)
    node.sales.sell(OPERATOR, account.card, [for_quantity(slot, 3_000)], "a")
    world.load(customer, COLD)
    desk = ordered(world, node, an_inspection())
    [view] = desk.listed()
    assert (view.state, view.holder) == (ToolState.WAITING, "Sun")
    chip = blank(world)
    assert desk.write(OPERATOR, TOOL).state is ToolState.OUT
    assert [body.state for body in records(node, SpecialCard)] == ["issued"]
    report = world.load(chip, COLD)
    assert (report.outcome, report.balance) == (Outcome.EXECUTED, 3_000)
    done = {item.order.meter_id: item.outcome for item in desk.take_back(OPERATOR)}
    assert done == {COLD: "executed", GAS: "unused"}
    assert [body.state for body in records(node, SpecialCard)] == ["issued", "returned"]
    [reading] = records(node, Reading)
    assert (reading.card, reading.meter, reading.balance) == (TOOL, COLD, 3_000)
    [returned] = records(node, ToolReturned)
    assert [order.outcome for order in returned.orders] == ["executed", "unused"]
    [ended] = records(node, CardEnded)
    assert (ended.card, ended.how) == (TOOL, "recycled")
    assert chip.memory.identity.state is CardState.BLANK
    assert not any(map(any, chip.memory.records[File.CREDIT]))
    assert desk.listed()[0].state is ToolState.RETURNED


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (OrderKind.TRANSFER, MeterStatus.CLOSED | MeterStatus.TRANSFERRED),
        (OrderKind.CLEAR, MeterStatus.CLOSED | MeterStatus.LOW | MeterStatus.CLEARED),
    ],
)
def test_what_an_order_did_stands_in_the_evidence(
    world: World, node: Node, kind: OrderKind, status: MeterStatus
) -> None:
    account, customer = open_with_card(world, node)
    assert account.card is not None
    slot = next(m.slot for m in account.meters if m.meter == COLD)
    node.sales.sell(OPERATOR, account.card, [for_quantity(slot, 3_000)], "a")
    world.load(customer, COLD)
    desk = ordered(world, node, tool_card(order_for(COLD, 0, kind=kind)))
    chip = blank(world)
    desk.write(OPERATOR, TOOL)
    world.load(chip, COLD)
    [done] = desk.take_back(OPERATOR)
    assert done.outcome == "executed"
    [reading] = records(node, Reading)
    assert reading.status == status
    assert reading.balance == (3_000 if kind is OrderKind.TRANSFER else 0)
    state = world.use_meter(COLD).state()
    assert consumed(state, Quantity(1_000), world.now)[1] == 0


def test_a_refused_order_is_told_from_one_that_was_followed(world: World, node: Node) -> None:
    desk = ordered(world, node, an_inspection())
    chip = blank(world)
    desk.write(OPERATOR, TOOL)
    world.pass_time(days=6)
    assert world.load(chip, COLD).outcome is Outcome.REFUSED
    assert desk.listed()[0].state is ToolState.OVERDUE
    done = {item.order.meter_id: item.outcome for item in desk.take_back(OPERATOR)}
    assert done == {COLD: "refused", GAS: "unused"}


def test_what_a_claim_alone_says_is_unclear() -> None:
    order = order_for(COLD, 0)
    assert outcome_of(order, Claim(0, 1), None) == "unclear"
    assert outcome_of(order, Claim(0, 0), None) == "unused"


def test_only_ordered_cards_are_written_and_only_once(world: World, node: Node) -> None:
    desk = ordered(world, node, an_inspection())
    open_with_card(world, node)
    with pytest.raises(ToolCardUnknown):
        desk.write(OPERATOR, "880000000002")
    with pytest.raises(CardNotBlank):
        desk.write(OPERATOR, TOOL)
    assert records(node, SpecialCard) == []
    blank(world)
    desk.write(OPERATOR, TOOL)
    blank(world, 51)
    with pytest.raises(ToolCardBegun):
        desk.write(OPERATOR, TOOL)


def test_a_card_that_ran_out_or_was_taken_off_is_not_written(world: World, node: Node) -> None:
    desk = ordered(world, node, an_inspection())
    blank(world)
    world.pass_time(days=6)
    assert desk.listed()[0].state is ToolState.ENDED
    with pytest.raises(ToolCardExpired):
        desk.write(OPERATOR, TOOL)
    ordered(world, node, tool_card(order_for(COLD, 0), ended=1))
    with pytest.raises(ToolCardOver):
        desk.write(OPERATOR, TOOL)
    assert records(node, SpecialCard) == []


def test_a_meter_of_another_area_is_not_addressed(world: World, node: Node) -> None:
    stranger = order_for("499999999999", 0)
    desk = ordered(world, node, tool_card(stranger))
    blank(world)
    with pytest.raises(MeterUnknown):
        desk.write(OPERATOR, TOOL)
    assert records(node, SpecialCard) == []


def test_a_tool_card_where_a_customers_is_asked_for_is_left_untouched(
    world: World, node: Node
) -> None:
    desk = ordered(world, node, an_inspection())
    chip = blank(world)
    desk.write(OPERATOR, TOOL)
    before = chip.memory
    with pytest.raises(ToolCardShown):
        node.cards.read(OPERATOR)
    assert chip.memory is before


def test_a_lost_card_is_reported_and_may_still_come_back(world: World, node: Node) -> None:
    desk = ordered(world, node, an_inspection())
    with pytest.raises(ToolCardNotOut):
        desk.report_missing(OPERATOR, TOOL, "who knows")
    chip = blank(world)
    desk.write(OPERATOR, TOOL)
    desk.report_missing(OPERATOR, TOOL, "left on the bus")
    assert desk.listed()[0].state is ToolState.MISSING
    with pytest.raises(ToolCardOver):
        desk.write(OPERATOR, TOOL)
    with pytest.raises(ToolCardNotOut):
        desk.report_missing(OPERATOR, TOOL, "again")
    desk.take_back(OPERATOR)
    assert desk.listed()[0].state is ToolState.RETURNED
    assert chip.memory.identity.state is CardState.BLANK


def test_a_card_of_another_point_is_not_taken_back(world: World, node: Node) -> None:
    desk = ordered(world, node, an_inspection())
    chip = ChipMemory()
    personalise(
        UserCardIcc(chip, repeatable_random(1)),
        repeatable_random(2),
        number=TOOL,
        generation=1,
        profile=8,
        key_version=1,
        node_key=derive_card_key(MASTERS, TOOL, 1),
        slot_auth_keys={},
    )
    world.hand.insert(chip)
    with pytest.raises(ToolCardNotOut):
        desk.take_back(OPERATOR)


def test_a_node_without_a_list_has_no_tool_cards(node: Node) -> None:
    assert tool_desk_of(node).listed() == ()


def test_a_list_that_was_changed_on_the_way_is_not_adopted(world: World, node: Node) -> None:
    world.headquarters.order_tools(an_inspection())
    world.headquarters.listed.pop("tools/N0001")
    with pytest.raises(ValueError, match="another card"):
        tool_card(order_for(COLD, 0, card="880000000009"))
    with pytest.raises(ValueError, match="each slot"):
        tool_card(order_for(COLD, 0), order_for(GAS, 0))


@pytest.mark.parametrize("how", ["pull", "power"])
def test_cut_anywhere_the_card_is_written_and_taken_back_once(tmp_path: Path, how: str) -> None:
    """At every command and every commit, while it is written and while it is taken back."""
    runs = 0
    for act in ("write", "take back"):
        at = 0
        while cut_once(tmp_path / f"{how}-{act}-{at}", how, act, at):
            at += 1
        assert at > 20
        runs += at
    assert runs > 60


def cut_once(folder: Path, how: str, act: str, at: int) -> bool:
    """Whether there is such a step; whatever is cut there, the same call again ends well."""
    world = World(folder)
    node = world.enrolled()
    desk = ordered(world, node, an_inspection())
    chip = blank(world)
    if act == "take back":
        desk.write(OPERATOR, TOOL)
        world.load(chip, COLD)
        world.hand.insert(chip)
    fate = world.hand.fate
    fate.steps.clear()
    fate.at, fate.how = at, how
    watch_commits(node, fate)
    try:
        if act == "write":
            desk.write(OPERATOR, TOOL)
        else:
            desk.take_back(OPERATOR)
    except (CardError, PowerCut):
        pass
    struck = at < len(fate.steps)
    fate.at = None
    if how == "power":
        abandon(node)
        node = world.restarted()
        desk = tool_desk_of(node)
    world.hand.insert(chip)
    if act == "write":
        desk.write(OPERATOR, TOOL)
        assert world.load(chip, COLD).outcome is Outcome.EXECUTED
        assert world.load(chip, GAS).outcome is Outcome.EXECUTED
        assert [body.state for body in records(node, SpecialCard)] == ["issued"]
    else:
        if chip.memory.identity.state is not CardState.BLANK:
            desk.take_back(OPERATOR)
        assert chip.memory.identity.state is CardState.BLANK
        assert len(records(node, ToolReturned)) == len(records(node, CardEnded)) == 1
        assert len(records(node, Reading)) == 1
    node.close()
    return struck
