"""The sentinel lags behind the journal or agrees with it; what it proves outlives the process."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node_world import OPERATOR, PASSWORD, World, a_chip, for_quantity, open_with_card
from yika_common.infra import files
from yika_common.simulated.icc import CardStore
from yika_node.bootstrap import Node
from yika_node.db import sentinel as sentinels
from yika_node.db.sentinel import CADENCE, FILE_NAME, SLOT_SIZE, SLOTS, Mark, Sentinel
from yika_node.errors import NodeRestored
from yika_node.services.views import Account

WATER = 4

Writer = Callable[[int, bytes, int], int]


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
    monkeypatch.setattr(os, "pwrite", no_room)


def no_room(*_: object) -> int:
    raise OSError(errno.ENOSPC, "no room")


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


def marks(count: int) -> list[Mark]:
    return [Mark(1, 16 * number, bytes((number,)) * 32) for number in range(1, count + 1)]


def images(folder: Path, before: list[Mark], after: Mark) -> tuple[bytes, bytes]:
    """The file before and after one more mark."""
    sentinel = Sentinel(folder)
    for mark in before:
        sentinel.write(mark)
    old = (folder / FILE_NAME).read_bytes()
    sentinel.write(after)
    return old, (folder / FILE_NAME).read_bytes()


def torn(old: bytes, new: bytes) -> Iterator[bytes]:
    """What a cut may leave of one slot: only its begin, only its end, either beside rubbish."""
    changed = [at for at in range(len(old)) if old[at] != new[at]]
    begin = changed[0] // SLOT_SIZE * SLOT_SIZE
    end = changed[-1] + 1
    for cut in range(begin, end + 1):
        yield old[:begin] + new[begin:cut] + old[cut:]
        yield old[:cut] + new[cut:]
        for rubbish in (b"\0", b"\xff"):
            yield new[:cut] + rubbish * (end - cut) + old[end:]


def left_by_cuts(folder: Path, before: list[Mark], after: Mark) -> set[Mark | None]:
    """Every mark that is read after a cut at any byte."""
    found = set()
    for image in torn(*images(folder, before, after)):
        (folder / FILE_NAME).write_bytes(image)
        found.add(Sentinel(folder).read())
    return found


@pytest.mark.parametrize("written", [1, 2, 3, 4])
def test_a_mark_that_is_cut_at_any_byte_leaves_the_mark_before_it(
    tmp_path: Path, written: int
) -> None:
    *before, after = marks(written + 1)
    assert left_by_cuts(tmp_path, before, after) == {before[-1], after}


def test_with_a_single_slot_the_same_cuts_leave_no_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentinels, "SLOTS", 1)
    *before, after = marks(4)
    assert None in left_by_cuts(tmp_path, before, after)


def test_without_its_hash_the_same_cuts_leave_marks_that_never_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentinels, "_hash", lambda _: bytes(32))
    *before, after = marks(4)
    assert left_by_cuts(tmp_path, before, after) - {before[-1], after, None}


@pytest.mark.parametrize("slot", range(SLOTS))
def test_whichever_slot_is_lost_the_next_mark_is_kept(tmp_path: Path, slot: int) -> None:
    first, second, third = marks(3)
    sentinel = Sentinel(tmp_path)
    sentinel.write(first)
    sentinel.write(second)
    with (tmp_path / FILE_NAME).open("r+b") as file:
        file.seek(slot * SLOT_SIZE)
        file.write(b"\xff" * SLOT_SIZE)
    again = Sentinel(tmp_path)
    assert again.read() in (first, second)
    again.write(third)
    assert Sentinel(tmp_path).read() == third


def half_of_it(descriptor: int, data: bytes, at: int, write: Writer = os.pwrite) -> int:
    """A disk that takes the fields of a slot and not their hash."""
    return write(descriptor, data[:64], at)


@pytest.mark.parametrize("disk", [no_room, half_of_it])
def test_a_mark_that_could_not_be_written_spoils_none_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: Callable[..., int]
) -> None:
    first, second, third, fourth = marks(4)
    sentinel = Sentinel(tmp_path)
    sentinel.write(first)
    sentinel.write(second)
    with monkeypatch.context() as failing:
        failing.setattr(os, "pwrite", disk)
        for _ in range(SLOTS + 1):
            with pytest.raises(OSError, match=r"room|part"):
                sentinel.write(third)
            assert Sentinel(tmp_path).read() == second
    sentinel.write(fourth)
    assert Sentinel(tmp_path).read() == fourth


def test_a_mark_is_written_in_place_and_needs_no_room(tmp_path: Path) -> None:
    first, *others = marks(5)
    sentinel = Sentinel(tmp_path)
    sentinel.write(first)
    made = (tmp_path / FILE_NAME).stat()
    for mark in others:
        sentinel.write(mark)
    now = (tmp_path / FILE_NAME).stat()
    assert (now.st_ino, now.st_size) == (made.st_ino, SLOTS * SLOT_SIZE)
    assert now.st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / FILE_NAME]


def test_a_file_that_was_taken_away_is_made_again(tmp_path: Path) -> None:
    first, second = marks(2)
    sentinel = Sentinel(tmp_path)
    sentinel.write(first)
    (tmp_path / FILE_NAME).unlink()
    sentinel.write(second)
    assert Sentinel(tmp_path).read() == second
