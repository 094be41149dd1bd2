"""The first start: a token, own keys, and nothing trusted that the token does not name."""

import errno
from contextlib import suppress
from pathlib import Path

import pytest

from little_headquarters import LittleHeadquarters
from node_world import OPERATOR, PASSWORD, World, open_with_card
from yika_common.infra import files
from yika_common.infra.passwords import PasswordTooShort
from yika_common.infra.sessions import WrongPassword
from yika_common.infra.sqlite_errors import DiskFull
from yika_common.signing.errors import TooFewSignatures
from yika_common.sync.errors import RootUnknown, TokenMalformed
from yika_common.tariffs.shipped import shipped
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


@pytest.mark.parametrize("file", ["vault.json", "certificate.yika", "root.json", "sentinel"])
def test_a_disk_without_room_for_one_file_leaves_a_node_that_can_be_enrolled(
    world: World, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    replace = files._replace

    def refuse(path: Path, data: bytes, mode: int) -> None:
        if path.name == file:
            raise OSError(errno.ENOSPC, "no room")
        replace(path, data, mode)

    node = world.build()
    with monkeypatch.context() as patch, suppress(DiskFull):
        patch.setattr(files, "_replace", refuse)
        node.enrolment.enrol(world.headquarters.token, OPERATOR, PASSWORD)
    assert node.enrolment.enrolled() is (file == "sentinel")
    if not node.enrolment.enrolled():
        assert node.vault.locked
        node.enrolment.enrol(world.headquarters.token, OPERATOR, PASSWORD)
    assert {"certificate.yika", "root.json"} < {path.name for path in world.folder.iterdir()}
    open_with_card(world, node)
    node.close()


def test_the_keys_are_locked_when_what_headquarters_publishes_is_refused(world: World) -> None:
    publish = world.headquarters.publish_tariff
    node = world.build()
    post = world.headquarters.post

    def with_a_bad_tariff(path: str, body: bytes) -> bytes:
        post(path, body)
        publish(shipped()["example-hot-water-res.json"], signers=1)
        return post(path, body)

    world.headquarters.post = with_a_bad_tariff  # type: ignore[method-assign]
    with pytest.raises(TooFewSignatures):
        node.enrolment.enrol(world.headquarters.token, OPERATOR, PASSWORD)
    assert node.enrolment.enrolled()
    assert node.vault.locked
    node.staff.sign_in(OPERATOR, PASSWORD)
    node.close()
