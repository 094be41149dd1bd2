"""The sentinel lags behind the journal or agrees with it; what it proves outlives the process."""

import errno
import shutil
from pathlib import Path

import pytest

from node_world import OPERATOR, PASSWORD, World, a_chip, for_quantity, open_with_card
from yika_common.infra import files
from yika_common.simulated.icc import CardStore
from yika_node.bootstrap import Node
from yika_node.db.sentinel import CADENCE, FILE_NAME, Mark, Sentinel
from yika_node.errors import NodeRestored
from yika_node.services.views import Account

WATER = 4


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


def sell(node: Node, account: Account, times: int) -> None:
    assert account.card is not None
    for number in range(times):
        token = f"{node.courier.state().head}-{number}"
        sold = node.sales.sell(OPERATOR, account.card, [for_quantity(WATER, 1_000)], token)
        assert sold.complete


@pytest.fixture
def no_room_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk has room for the journal and none for the sentinel."""
    replace = files._replace

    def refuse(path: Path, data: bytes, mode: int) -> None:
        if path.name == FILE_NAME:
            raise OSError(errno.ENOSPC, "no room")
        replace(path, data, mode)

    monkeypatch.setattr(files, "_replace", refuse)


@pytest.mark.usefixtures("no_room_for_it")
def test_a_sale_that_is_committed_is_never_said_to_be_lost_for_the_sentinels_sake(
    world: World,
) -> None:
    node = world.enrolled()
    account, _ = open_with_card(world, node)
    sell(node, account, CADENCE)
    assert node.enquiries.pending() == ()
    assert node.courier.sync().acknowledged == node.courier.state().head
    node.close()


def restored_behind_the_card(world: World) -> tuple[Node, Account, CardStore]:
    """A node whose whole folder, sentinel included, is older than a card it sold to."""
    node = world.enrolled()
    account, chip = open_with_card(world, node)
    node.close()
    shutil.copytree(world.folder, world.folder.with_name("old"))
    node = world.restarted()
    world.hand.insert(chip)
    sell(node, account, 3)
    node.close()
    shutil.rmtree(world.folder)
    shutil.copytree(world.folder.with_name("old"), world.folder)
    world.hand.insert(chip)
    return world.restarted(), account, chip


def test_a_restore_that_a_card_has_proved_stays_proved_after_a_restart(world: World) -> None:
    node, _, _ = restored_behind_the_card(world)
    assert node.journal.refusal is None
    with pytest.raises(NodeRestored):
        node.cards.read(OPERATOR)
    node.close()
    node = world.restarted()
    assert isinstance(node.journal.refusal, NodeRestored)
    with pytest.raises(NodeRestored):
        open_with_card(world, node, a_chip(1), index=1)
    node.close()


def test_a_restore_that_headquarters_has_proved_stays_proved_after_a_restart(
    world: World,
) -> None:
    node = world.enrolled()
    account, chip = open_with_card(world, node)
    node.close()
    shutil.copytree(world.folder, world.folder.with_name("old"))
    node = world.restarted()
    world.hand.insert(chip)
    sell(node, account, 3)
    node.courier.sync()
    node.close()
    shutil.rmtree(world.folder)
    shutil.copytree(world.folder.with_name("old"), world.folder)
    node = world.restarted()
    with pytest.raises(NodeRestored):
        node.courier.sync()
    node.close()
    node = world.build()
    assert isinstance(node.journal.refusal, NodeRestored)
    node.close()


def test_a_journal_that_is_gone_is_not_begun_again_under_its_certificate(world: World) -> None:
    node = world.enrolled()
    account, _ = open_with_card(world, node)
    sell(node, account, 1)
    node.close()
    for file in world.folder.glob("node.db*"):
        file.unlink()
    node = world.build()
    with pytest.raises(NodeRestored):
        node.enrolment.enrol(world.headquarters.token, OPERATOR, PASSWORD)
    assert not node.enrolment.enrolled()
    node.close()


def test_a_refusal_does_not_remember_who_was_refused(world: World) -> None:
    node = world.enrolled()
    node.journal.outrun(1_000)
    for _ in range(3):
        with pytest.raises(NodeRestored) as refused:
            node.journal.append([], at=node.clock())
    frames = 0
    traceback = refused.value.__traceback__
    while traceback is not None:
        frames, traceback = frames + 1, traceback.tb_next
    assert frames == 2
    node.close()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "1", "[" * 100_000, '{"epoch": 1, "seq": 1e999, "head": ""}', '{"epoch": "x"}'],
)
def test_what_is_no_sentinel_is_no_witness(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    assert Sentinel(tmp_path).read() is None


def test_a_lost_place_is_no_place_of_any_journal(tmp_path: Path) -> None:
    sentinel = Sentinel(tmp_path)
    sentinel.write(Mark.lost(1, 7))
    assert Sentinel(tmp_path).read() == Mark(1, 7, bytes(32))
