"""A hold on an account stops whom it says, until it is lifted or its time is over."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from customer_builders import ELSEWHERE, a_sheet
from life_builders import WHY, a_hold, opened, tell
from node_world import OPERATOR, PASSWORD, World, for_money, open_with_card
from staff_builders import office_of
from yika_common.errors import YikaError
from yika_common.journal.account_bodies import (
    ANYBODY,
    HOLD_LEVELS,
    LEADER,
    NOTE,
    REFUSE,
    SUPERVISOR,
    WARN,
)
from yika_common.sync.customers import HoldSheet, LostSale
from yika_node.bootstrap import Node
from yika_node.services.account_life import AccountLife, HoldForm
from yika_node.services.life_errors import (
    AccountOnHold,
    HoldGone,
    HoldNotYours,
    HoldUnusable,
    SupervisorSells,
)
from yika_node.services.views import Level
from yika_node.web.register_pages import account_history_of, account_life_of

CLERK = "li"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


@pytest.fixture
def life(node: Node) -> AccountLife:
    return account_life_of(node)


def clerk(node: Node) -> str:
    office_of(node).add(OPERATOR, CLERK, PASSWORD, Level.CLERK)
    return CLERK


def stopped(node: Node, operator: str) -> YikaError | None:
    return node.cards.read(operator).refusal


@pytest.mark.parametrize(
    ("level", "for_clerk", "for_supervisor"),
    [
        (NOTE, None, None),
        (WARN, None, None),
        (SUPERVISOR, SupervisorSells, None),
        (REFUSE, AccountOnHold, AccountOnHold),
    ],
)
def test_each_level_stops_whom_it_says(
    world: World,
    node: Node,
    life: AccountLife,
    level: str,
    for_clerk: type[YikaError] | None,
    for_supervisor: type[YikaError] | None,
) -> None:
    account, _ = open_with_card(world, node)
    assert account.card
    held = life.hold(OPERATOR, account.number, a_hold(level))
    assert [hold.words for hold in held.holds] == ["安检过期"]
    for name, error in ((clerk(node), for_clerk), (OPERATOR, for_supervisor)):
        assert type(stopped(node, name)) is (error or type(None))
        if error is not None:
            with pytest.raises(error):
                node.sales.sell(name, account.card, [for_money(0, 5_000)], f"f{name}")
    files = b"".join(path.read_bytes() for path in world.folder.glob("node.db*"))
    assert "安检过期".encode() not in files


def test_the_levels_are_those_of_the_table() -> None:
    assert HOLD_LEVELS == (NOTE, WARN, SUPERVISOR, REFUSE)


def test_a_hold_is_over_when_it_is_lifted_and_when_its_time_is(
    world: World, node: Node, life: AccountLife
) -> None:
    account, _ = open_with_card(world, node)
    until = world.now + timedelta(days=2)
    (short,) = life.hold(OPERATOR, account.number, a_hold(REFUSE, until=until)).holds
    assert stopped(node, OPERATOR) is not None
    world.pass_time(days=3)
    assert stopped(node, OPERATOR) is None
    with pytest.raises(HoldGone):
        life.lift(OPERATOR, account.number, short[:3], WHY)
    (_, long) = life.hold(OPERATOR, account.number, a_hold(REFUSE)).holds
    life.lift(OPERATOR, account.number, long[:3], WHY)
    assert stopped(node, OPERATOR) is None
    with pytest.raises(HoldGone):
        life.lift(OPERATOR, account.number, long[:3], WHY)
    what = [event.what for event in account_history_of(node).events(account.number)]
    assert what[:2] == ["lifted", "hold"]


def test_what_only_a_supervisor_lifts_a_clerk_does_not(
    world: World, node: Node, life: AccountLife
) -> None:
    account = opened(node)
    (hold,) = life.hold(OPERATOR, account.number, a_hold(NOTE, LEADER)).holds
    with pytest.raises(HoldNotYours):
        life.lift(clerk(node), account.number, hold[:3], WHY)
    life.lift(OPERATOR, account.number, hold[:3], WHY)


def test_a_hold_put_on_elsewhere_holds_here_and_is_lifted_here(
    world: World, node: Node, life: AccountLife
) -> None:
    there = HoldSheet("N0002", 1, 77, REFUSE, 0, ANYBODY, "窃电嫌疑")
    tell(world, node, a_sheet(holds=(there,)))
    (hold,) = node.accounts.get(ELSEWHERE).holds
    assert (hold.node, hold.level, hold.words) == ("N0002", REFUSE, "窃电嫌疑")
    assert life.lift(OPERATOR, ELSEWHERE, hold[:3], WHY).holds == ()


def test_a_hold_that_was_lifted_elsewhere_is_over_here(
    world: World, node: Node, life: AccountLife
) -> None:
    account = opened(node)
    (hold,) = life.hold(OPERATOR, account.number, a_hold(NOTE)).holds
    here = node.accounts.here
    told = HoldSheet(here, hold.epoch, hold.seq, NOTE, 0, ANYBODY, "安检过期")
    tell(world, node, a_sheet(account.number, 0, card="", holds=(told,)))
    assert len(node.accounts.get(account.number).holds) == 1
    lifted = LostSale(here, hold.epoch, hold.seq)
    tell(world, node, a_sheet(account.number, 0, card="", lifted=(lifted,)))
    assert node.accounts.get(account.number).holds == ()


@pytest.mark.parametrize(
    "form",
    [
        a_hold("else"),
        a_hold(NOTE, "nobody"),
        a_hold(NOTE, words=""),
        a_hold(NOTE, words="x" * 201),
        a_hold(NOTE, words="a\nb"),
    ],
)
def test_a_hold_that_says_nothing_is_not_put_on(
    node: Node, life: AccountLife, form: HoldForm
) -> None:
    with pytest.raises(HoldUnusable):
        life.hold(OPERATOR, opened(node).number, form)
