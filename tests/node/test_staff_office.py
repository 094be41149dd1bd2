"""Operators are added, moved, disabled and given passwords; nobody alone makes a second chief."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from node_world import OPERATOR, PASSWORD, World, abandon, contents
from sale_checker import journal_lines
from staff_builders import approved, office_of
from yika_common.errors import YikaError
from yika_common.infra.passwords import PasswordTooLong, PasswordTooShort
from yika_common.infra.sessions import WrongPassword
from yika_common.infra.weak_passwords import PasswordTooCommon
from yika_common.journal.acts import approval_of, digest_of
from yika_common.journal.card_bodies import Approved
from yika_common.journal.record import decode_line
from yika_common.journal.staff_bodies import StaffChanged
from yika_node.bootstrap import Node
from yika_node.services.approvals import ApprovalByOperator, ApprovalForAnother, ApprovalMissing
from yika_node.services.errors import OperatorExists, OperatorNameUnusable
from yika_node.services.staff_office import (
    LastSupervisor,
    OperatorIsDisabled,
    OperatorIsYou,
    OperatorUnknown,
    PasswordUnchanged,
    ReasonMissing,
    StaffOffice,
    level_digest,
    needs_approval,
)
from yika_node.services.views import Level, Operator

OTHER = "another four words"
WHY = "she leads the counter now"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    office_of(node).add(OPERATOR, "wei", PASSWORD, Level.CLERK)
    yield node
    node.close()


@pytest.fixture
def office(node: Node) -> StaffOffice:
    return office_of(node)


def lines(world: World, kind: str) -> list[dict[str, object]]:
    return [line for line in journal_lines(world.folder / "node.db") if line["t"] == kind]


def make_supervisor(node: Node, name: str = "wei") -> None:
    token = approved(node, OPERATOR, level_digest(name, Level.SUPERVISOR, WHY))
    office_of(node).change_level(OPERATOR, name, Level.SUPERVISOR, WHY, token)


def test_two_operators_never_share_a_name(node: Node, office: StaffOffice) -> None:
    with pytest.raises(OperatorExists):
        office.add(OPERATOR, "wei", OTHER, Level.CLERK)
    assert node.staff.operator("wei") == Operator("wei", Level.CLERK)
    node.staff.sign_in("wei", PASSWORD)


@pytest.mark.parametrize("name", ["", "   ", "x" * 33, "a\nb", "a\u202eb"])
def test_a_name_can_be_printed(office: StaffOffice, name: str) -> None:
    with pytest.raises(OperatorNameUnusable):
        office.add(OPERATOR, name, PASSWORD, Level.CLERK)


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("fourteen chars", PasswordTooShort),
        ("x" * 129, PasswordTooLong),
        ("passwordpassword", PasswordTooCommon),
        ("lan lan lan lan lan", PasswordTooCommon),
        ("1qaz2wsx3edc4rfv", PasswordTooCommon),
    ],
)
def test_a_password_that_anybody_would_try_is_no_password(
    node: Node, office: StaffOffice, password: str, refusal: type[YikaError]
) -> None:
    with pytest.raises(refusal):
        office.add(OPERATOR, "lan", password, Level.CLERK)
    assert node.staff.operator("lan") is None
    assert "lan" not in node.vault.operators()


@pytest.mark.parametrize("level", [level for level in Level if not needs_approval(level)])
def test_those_who_manage_nobody_are_added_alone(
    node: Node, office: StaffOffice, level: Level
) -> None:
    office.add(OPERATOR, "lan", OTHER, level)
    assert node.staff.sign_in("lan", OTHER) == Operator("lan", level)


@pytest.mark.parametrize("level", [level for level in Level if needs_approval(level)])
def test_whoever_manages_others_is_added_by_two_persons(
    node: Node, office: StaffOffice, level: Level
) -> None:
    with pytest.raises(ApprovalMissing):
        office.add(OPERATOR, "lan", OTHER, level)
    token = approved(node, OPERATOR, level_digest("lan", level, ""))
    office.add(OPERATOR, "lan", OTHER, level, approval=token)
    said, act = (decode_line(row.line) for row in node.queries.records(1, 1, 100)[-2:])
    assert isinstance(said.body, Approved)
    assert isinstance(act.body, StaffChanged)
    assert approval_of(act.body) == said.seq
    digest = digest_of(act.body, "", 1)
    assert digest is not None
    assert said.body.act == digest.hex()
    assert node.staff.sign_in("lan", OTHER) == Operator("lan", level)


def test_an_approval_is_for_this_person_and_this_level(node: Node, office: StaffOffice) -> None:
    wrong = [("lan", Level.SUPERVISOR, WHY), ("wei", Level.MANAGER, WHY), ("wei", *other_reason())]
    for name, level, why in wrong:
        token = approved(node, OPERATOR, level_digest(name, level, why))
        with pytest.raises(ApprovalForAnother):
            office.change_level(OPERATOR, "wei", Level.SUPERVISOR, WHY, token)
    own = approved(node, OPERATOR, level_digest("wei", Level.SUPERVISOR, WHY), holder="M EI")
    with pytest.raises(ApprovalByOperator):
        office.change_level(OPERATOR, "wei", Level.SUPERVISOR, WHY, own)
    assert node.staff.operator("wei") == Operator("wei", Level.CLERK)


def other_reason() -> tuple[Level, str]:
    return Level.SUPERVISOR, "another reason"


def test_another_level_ends_what_one_was_doing(node: Node, world: World) -> None:
    ended: list[str] = []
    node.staff.sign_in("wei", PASSWORD)
    make_supervisor(node)
    assert node.staff.operator("wei") == Operator("wei", Level.SUPERVISOR)
    node.staff.sign_in("wei", PASSWORD)
    office = replace(office_of(node), end=ended.append)
    office.change_level(OPERATOR, "wei", Level.AUDITOR, "audits now")
    assert ended == ["wei"]
    node.staff.sign_out(OPERATOR)
    assert node.vault.locked


def test_a_fired_clerk_is_out_at_once_and_for_good(world: World, node: Node) -> None:
    office = office_of(node)
    node.staff.sign_in("wei", PASSWORD)
    office.disable(OPERATOR, "wei", "left the firm")
    assert "wei" not in node.vault.operators()
    with pytest.raises(WrongPassword):
        node.staff.sign_in("wei", PASSWORD)
    with pytest.raises(OperatorIsDisabled):
        office.reset(OPERATOR, "wei", OTHER, "no")
    office.enable(OPERATOR, "wei", OTHER, "came back")
    assert node.staff.sign_in("wei", OTHER) == Operator("wei", Level.CLERK, temporary=True)
    told = [(line["name"], line["w"], line.get("why", "")) for line in lines(world, "staff")]
    assert told == [
        ("wei", "disabled", "left the firm"),
        ("wei", "enabled", "came back"),
        ("wei", "reset", ""),
    ]


def test_a_machine_that_stops_before_the_slot_is_gone_lets_nobody_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = world.enrolled()
    office_of(node).add(OPERATOR, "wei", PASSWORD, Level.CLERK)

    class Stopped(BaseException):
        pass

    def stop(_name: str) -> None:
        raise Stopped

    monkeypatch.setattr(node.vault, "remove", stop)
    with pytest.raises(Stopped):
        office_of(node).disable(OPERATOR, "wei", "left the firm")
    abandon(node)
    again = world.build()
    assert "wei" in again.vault.operators()
    with pytest.raises(WrongPassword):
        again.staff.sign_in("wei", PASSWORD)
    assert "wei" not in again.vault.operators()
    assert again.vault.locked
    assert again.staff.sign_in(OPERATOR, PASSWORD).name == OPERATOR
    again.close()


Act = Callable[[StaffOffice], object]


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda office: office.disable("wei", OPERATOR, WHY), id="disable"),
        pytest.param(
            lambda office: office.change_level("wei", OPERATOR, Level.CLERK, WHY), id="level"
        ),
    ],
)
def test_the_last_one_who_manages_operators_stays(
    node: Node, office: StaffOffice, act: Act
) -> None:
    with pytest.raises(LastSupervisor):
        act(office)
    make_supervisor(node)
    node.staff.sign_in("wei", PASSWORD)
    act(office)
    with pytest.raises(LastSupervisor):
        office.disable(OPERATOR, "wei", WHY)


@pytest.mark.parametrize(
    "act",
    [
        lambda office: office.disable(OPERATOR, OPERATOR, WHY),
        lambda office: office.change_level(OPERATOR, OPERATOR, Level.CLERK, WHY),
        lambda office: office.reset(OPERATOR, OPERATOR, OTHER, WHY),
        lambda office: office.release(OPERATOR, OPERATOR, WHY),
    ],
)
def test_nobody_changes_his_own_rights(world: World, office: StaffOffice, act: Act) -> None:
    with pytest.raises(OperatorIsYou):
        act(office)
    assert lines(world, "staff") == []


@pytest.mark.parametrize(
    "act",
    [
        lambda office: office.disable(OPERATOR, "wei", "  "),
        lambda office: office.change_level(OPERATOR, "wei", Level.AUDITOR, ""),
        lambda office: office.reset(OPERATOR, "wei", OTHER, ""),
        lambda office: office.release(OPERATOR, "wei", ""),
        lambda office: office.enable(OPERATOR, "wei", OTHER, ""),
    ],
)
def test_what_is_done_to_others_needs_a_reason(
    world: World, office: StaffOffice, act: Act
) -> None:
    with pytest.raises(ReasonMissing):
        act(office)
    assert lines(world, "staff") == []


def test_who_is_unknown_is_said(office: StaffOffice) -> None:
    with pytest.raises(OperatorUnknown):
        office.disable(OPERATOR, "nobody", WHY)
    with pytest.raises(OperatorUnknown):
        office.enable(OPERATOR, "nobody", OTHER, WHY)


def test_a_password_given_by_another_holds_once(node: Node, office: StaffOffice) -> None:
    office.reset(OPERATOR, "wei", OTHER, "forgot it")
    with pytest.raises(WrongPassword):
        node.staff.sign_in("wei", PASSWORD)
    assert node.staff.sign_in("wei", OTHER).temporary
    with pytest.raises(PasswordUnchanged):
        office.choose_password("wei", OTHER, OTHER)
    office.choose_password("wei", OTHER, PASSWORD)
    assert not node.staff.sign_in("wei", PASSWORD).temporary
    with pytest.raises(WrongPassword):
        node.staff.sign_in("wei", OTHER)


def test_whoever_does_not_know_the_old_password_sets_no_new_one(
    world: World, node: Node, office: StaffOffice
) -> None:
    with pytest.raises(WrongPassword):
        office.choose_password("wei", OTHER, OTHER + " more")
    assert lines(world, "staff") == []
    node.staff.sign_in("wei", PASSWORD)


def test_what_the_tables_say_of_operators_comes_from_the_journal(world: World, node: Node) -> None:
    office = office_of(node)
    make_supervisor(node)
    office.add(OPERATOR, "lan", OTHER, Level.AUDITOR, temporary=True)
    office.disable(OPERATOR, "lan", "left the firm")
    node.staff.sign_in("wei", PASSWORD)
    before = contents(world.folder / "node.db")
    assert len(before["staff_change"]) == 6
    node.journal.rebuild()
    assert contents(world.folder / "node.db") == before
