"""Operators sign in: wrong passwords close a name whatever is restarted; the last one locks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_world import OPERATOR, PASSWORD, World
from sale_checker import journal_lines
from staff_builders import office_of
from yika_common.infra.sessions import TooManyAttempts, WrongPassword
from yika_node.bootstrap import Node
from yika_node.services.lockout import CLOSED_AT, LONG_EVERY, LONG_S, NameClosed, wait_after
from yika_node.services.views import Level, Operator

WRONG = "not the password"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


def fail(world: World, node: Node, name: str, times: int) -> None:
    """Type wrong passwords, each as soon as it is looked at."""
    for number in range(times):
        world.pass_time(seconds=wait_after(number))
        with pytest.raises(WrongPassword):
            node.staff.sign_in(name, WRONG)


def test_the_vault_is_locked_when_the_last_one_leaves(node: Node) -> None:
    office_of(node).add(OPERATOR, "wei", PASSWORD, Level.CLERK)
    assert node.staff.sign_in("wei", PASSWORD) == Operator("wei", Level.CLERK)
    node.staff.sign_out(OPERATOR)
    assert not node.vault.locked
    node.staff.sign_out("wei")
    assert node.vault.locked


def test_a_name_is_closed_after_five_failures_and_opens_later(world: World, node: Node) -> None:
    fail(world, node, OPERATOR, LONG_EVERY)
    with pytest.raises(TooManyAttempts) as closed:
        node.staff.sign_in(OPERATOR, PASSWORD)
    assert closed.value.facts == {"seconds": LONG_S}
    world.pass_time(seconds=LONG_S)
    assert node.staff.sign_in(OPERATOR, PASSWORD).name == OPERATOR


def test_neither_a_restart_nor_the_clock_opens_a_closed_name(world: World) -> None:
    node = world.enrolled()
    fail(world, node, OPERATOR, LONG_EVERY)
    node.close()
    for days in (-1, 2, 20_000, -20_000):
        world.set_clock(days=days)
        again = world.build()
        with pytest.raises(TooManyAttempts) as closed:
            again.staff.sign_in(OPERATOR, PASSWORD)
        assert closed.value.facts == {"seconds": LONG_S}
        again.close()


def test_after_a_restart_the_wait_begins_anew_and_ends(world: World) -> None:
    node = world.enrolled()
    fail(world, node, OPERATOR, LONG_EVERY)
    world.pass_time(seconds=LONG_S - 1)
    node.close()
    again = world.build()
    with pytest.raises(TooManyAttempts):
        again.staff.sign_in(OPERATOR, PASSWORD)
    world.pass_time(seconds=LONG_S)
    assert again.staff.sign_in(OPERATOR, PASSWORD).name == OPERATOR
    again.close()


def test_after_twenty_failures_no_time_opens_a_name_but_a_supervisor_does(
    world: World, node: Node
) -> None:
    office_of(node).add(OPERATOR, "wei", PASSWORD, Level.CLERK)
    fail(world, node, "wei", CLOSED_AT)
    world.pass_time(days=300)
    with pytest.raises(NameClosed):
        node.staff.sign_in("wei", PASSWORD)
    office_of(node).release(OPERATOR, "wei", "a child played with the keys")
    assert node.staff.sign_in("wei", PASSWORD).name == "wei"


def test_whoever_keeps_the_machine_can_release_a_name_and_the_journal_tells(world: World) -> None:
    node = world.enrolled()
    fail(world, node, OPERATOR, CLOSED_AT)
    node.lockout.release_at_console(OPERATOR)
    node.close()
    again = world.restarted()
    again.close()
    told = [line for line in journal_lines(world.folder / "node.db") if line["t"] == "staff"]
    assert [(line["name"], line["w"], line["why"]) for line in told] == [
        (OPERATOR, "released", "console")
    ]


def test_names_that_nobody_has_are_counted_together_and_only_ever_wait(
    world: World, node: Node
) -> None:
    for number in range(2 * CLOSED_AT):
        world.pass_time(seconds=wait_after(number))
        with pytest.raises(WrongPassword):
            node.staff.sign_in(f"nobody {number}", WRONG)
    with pytest.raises(TooManyAttempts):
        node.staff.sign_in("nobody else", WRONG)
    assert node.staff.sign_in(OPERATOR, PASSWORD).name == OPERATOR


def test_failed_attempts_are_in_the_journal_once_somebody_came(world: World) -> None:
    node = world.enrolled()
    fail(world, node, OPERATOR, 3)
    world.pass_time(seconds=1)
    node.staff.sign_in(OPERATOR, PASSWORD)
    node.close()
    logins = [line for line in journal_lines(world.folder / "node.db") if line["t"] == "login"]
    assert [line["outcome"] for line in logins] == ["ok", "failed", "failed", "failed", "ok"]


def test_the_right_password_forgets_the_wrong_ones(world: World, node: Node) -> None:
    for _ in range(4):
        fail(world, node, OPERATOR, 2)
        node.staff.sign_in(OPERATOR, PASSWORD)


def test_every_start_is_recorded_once(world: World) -> None:
    world.enrolled().close()
    node = world.restarted()
    node.staff.sign_in(OPERATOR, PASSWORD)
    node.close()
    boots = [line for line in journal_lines(world.folder / "node.db") if line["t"] == "boot"]
    assert len(boots) == 2
    assert boots[0]["inc"] != boots[1]["inc"]


def test_the_last_sign_in_is_known(world: World, node: Node) -> None:
    world.pass_time(hours=3)
    node.staff.sign_in(OPERATOR, PASSWORD)
    row = node.queries.operator(OPERATOR)
    assert row is not None
    assert row.last_at == int(world.now.timestamp())
