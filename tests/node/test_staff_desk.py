"""Operators: five wrong passwords close a name, whatever is restarted; the last one out locks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_world import OPERATOR, PASSWORD, World
from sale_checker import journal_lines
from yika_common.infra.sessions import TooManyAttempts, WrongPassword
from yika_node.bootstrap import Node
from yika_node.services.errors import OperatorExists
from yika_node.services.staff_desk import CLOSED_S, FAILURES_MAX
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


def fail(node: Node, name: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongPassword):
            node.staff.sign_in(name, WRONG)


def test_the_vault_is_locked_when_the_last_one_leaves(node: Node) -> None:
    node.staff.add(OPERATOR, "wei", PASSWORD, Level.CLERK)
    assert node.staff.sign_in("wei", PASSWORD) == Operator("wei", Level.CLERK)
    node.staff.sign_out(OPERATOR)
    assert not node.vault.locked
    node.staff.sign_out("wei")
    assert node.vault.locked


def test_a_name_is_closed_after_five_failures_and_opens_later(world: World, node: Node) -> None:
    fail(node, OPERATOR, FAILURES_MAX)
    with pytest.raises(TooManyAttempts):
        node.staff.sign_in(OPERATOR, PASSWORD)
    world.pass_time(seconds=CLOSED_S)
    assert node.staff.sign_in(OPERATOR, PASSWORD).name == OPERATOR


def test_neither_a_restart_nor_a_clock_set_back_opens_a_closed_name(world: World) -> None:
    node = world.enrolled()
    fail(node, OPERATOR, FAILURES_MAX)
    node.close()
    world.pass_time(hours=-5)
    again = world.build()
    with pytest.raises(TooManyAttempts):
        again.staff.sign_in(OPERATOR, PASSWORD)
    again.close()


def test_a_clock_that_was_years_ahead_does_not_close_a_name_for_years(world: World) -> None:
    node = world.enrolled()
    world.pass_time(days=20_000)
    fail(node, OPERATOR, FAILURES_MAX)
    node.close()
    world.pass_time(days=-20_000)
    again = world.build()
    with pytest.raises(TooManyAttempts) as closed:
        again.staff.sign_in(OPERATOR, PASSWORD)
    assert closed.value.facts == {"seconds": CLOSED_S}
    world.pass_time(seconds=CLOSED_S)
    assert again.staff.sign_in(OPERATOR, PASSWORD).name == OPERATOR
    again.close()


def test_names_that_nobody_has_are_counted_together(node: Node) -> None:
    for number in range(FAILURES_MAX):
        fail(node, f"nobody {number}", 1)
    with pytest.raises(TooManyAttempts):
        node.staff.sign_in("nobody else", WRONG)
    assert node.staff.sign_in(OPERATOR, PASSWORD).name == OPERATOR


def test_failed_attempts_are_in_the_journal_once_somebody_came(world: World) -> None:
    node = world.enrolled()
    fail(node, OPERATOR, 3)
    node.staff.sign_in(OPERATOR, PASSWORD)
    node.close()
    logins = [line for line in journal_lines(world.folder / "node.db") if line["t"] == "login"]
    assert [line["outcome"] for line in logins] == ["ok", "failed", "failed", "failed", "ok"]


def test_every_start_is_recorded_once(world: World) -> None:
    world.enrolled().close()
    node = world.restarted()
    node.staff.sign_in(OPERATOR, PASSWORD)
    node.close()
    boots = [line for line in journal_lines(world.folder / "node.db") if line["t"] == "boot"]
    assert len(boots) == 2
    assert boots[0]["inc"] != boots[1]["inc"]


def test_two_operators_never_share_a_name(node: Node) -> None:
    with pytest.raises(OperatorExists):
        node.staff.add(OPERATOR, OPERATOR, PASSWORD, Level.CLERK)
    assert node.staff.operators() == (Operator(OPERATOR, Level.SUPERVISOR),)
