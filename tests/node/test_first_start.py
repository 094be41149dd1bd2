"""The first start: a token, own keys, and nothing trusted that the token does not name."""

from pathlib import Path

import pytest

from little_headquarters import LittleHeadquarters
from node_world import OPERATOR, PASSWORD, World
from yika_common.infra.passwords import PasswordTooShort
from yika_common.infra.sessions import WrongPassword
from yika_common.sync.errors import RootUnknown, TokenMalformed
from yika_node.errors import AlreadyEnrolled, NotEnrolled
from yika_node.services.errors import OperatorNameUnusable
from yika_node.services.views import Level
from yika_node.uplink import LinkDown


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


def test_the_first_operator_is_a_supervisor_and_signed_in(world: World) -> None:
    node = world.build()
    operator = node.enrolment.enrol(world.headquarters.token, f" {OPERATOR} ", PASSWORD)
    assert (operator.name, operator.level) == (OPERATOR, Level.SUPERVISOR)
    state = node.state()
    assert (state.enrolled, state.node, state.areas) == (True, "N0001", ("A01",))
    assert (state.locked, state.refusal, state.pending) == (False, None, 0)
    assert len(node.tariffs.shelf()) == 7
    node.close()


def test_a_lost_answer_is_asked_for_again_with_the_same_keys(world: World) -> None:
    world.headquarters.lose_answer = 1
    node = world.build()
    with pytest.raises(LinkDown):
        node.enrolment.enrol(world.headquarters.token, OPERATOR, PASSWORD)
    assert not node.enrolment.enrolled()
    node.close()
    again = world.build()
    with pytest.raises(WrongPassword):
        again.enrolment.enrol(world.headquarters.token, OPERATOR, "another password")
    again.enrolment.enrol(world.headquarters.token, OPERATOR, PASSWORD)
    assert again.enrolment.enrolled()
    again.close()


def test_items_that_do_not_come_now_come_with_the_next_exchange(world: World) -> None:
    node = world.build()

    def down(_path: str) -> bytes:
        raise LinkDown

    setattr(world.headquarters, "get", down)  # noqa: B010
    node.enrolment.enrol(world.headquarters.token, OPERATOR, PASSWORD)
    assert node.tariffs.shelf() == ()
    delattr(world.headquarters, "get")
    node.courier.sync()
    assert len(node.tariffs.shelf()) == 7
    node.close()


def test_a_token_for_another_root_is_refused(world: World) -> None:
    stranger = LittleHeadquarters(now=0)
    stranger.keys["root"] = stranger.keys["ack"]
    node = world.build()
    with pytest.raises(RootUnknown):
        node.enrolment.enrol(stranger.token, OPERATOR, PASSWORD)
    assert not node.enrolment.enrolled()
    node.close()


@pytest.mark.parametrize(
    ("token", "name", "password", "error"),
    [
        ("YIKA1.nonsense", OPERATOR, PASSWORD, TokenMalformed),
        ("", OPERATOR, PASSWORD, TokenMalformed),
        (None, "", PASSWORD, OperatorNameUnusable),
        (None, "x" * 33, PASSWORD, OperatorNameUnusable),
        (None, OPERATOR, "short", PasswordTooShort),
    ],
)
def test_what_is_mistyped_makes_no_keys(
    world: World, token: str | None, name: str, password: str, error: type[Exception]
) -> None:
    node = world.build()
    with pytest.raises(error):
        node.enrolment.enrol(world.headquarters.token if token is None else token, name, password)
    assert not node.vault.exists()
    node.close()


def test_a_node_is_enrolled_once(world: World) -> None:
    node = world.enrolled()
    with pytest.raises(AlreadyEnrolled):
        node.enrolment.enrol(world.headquarters.token, OPERATOR, PASSWORD)
    node.close()


def test_before_that_nobody_signs_in_and_nothing_is_sent(world: World) -> None:
    node = world.build()
    with pytest.raises(NotEnrolled):
        node.staff.sign_in(OPERATOR, PASSWORD)
    with pytest.raises(NotEnrolled):
        node.courier.sync()
    assert not node.state().enrolled
    node.close()
