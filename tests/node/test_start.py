"""What a restarted node knows before it serves its first page."""

from datetime import timedelta
from pathlib import Path

import pytest

from node_world import World, abandon
from yika_common.clock import to_timestamp
from yika_node.db.start import LastWord, Start, read_start
from yika_node.db.store import open_store


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


def test_a_new_folder_knows_nothing(tmp_path: Path) -> None:
    assert read_start(open_store(tmp_path).path) == Start()


def test_it_reads_what_the_tables_say(world: World) -> None:
    node = world.enrolled()
    world.pass_time(hours=1)
    node.courier.sync()
    start, membership = read_start(node.store.path), node.standing.membership
    tip = node.queries.tip(membership.epoch)
    assert tip is not None
    assert start.recorded_at == tip.at
    assert start.last_word == LastWord(to_timestamp(world.now), "OK")
    assert start.enrolled is not None
    assert start.enrolled.certificate == membership.certificate_file
    assert start.enrolled.root == membership.root.payload
    assert start.enrolled.headquarters == membership.headquarters
    node.close()


def test_the_newest_epoch_counts(world: World) -> None:
    node = world.enrolled()
    node.courier.sync()
    node.journal.note(
        "INSERT INTO identity SELECT epoch + 1, node, x'02', root, headquarters, founded_at"
        " FROM identity",
        (),
    )
    start = read_start(node.store.path)
    assert start.enrolled is not None
    assert start.enrolled.certificate == b"\x02"
    assert (start.recorded_at, start.last_word) == (0, None)
    abandon(node)


def test_a_clock_set_back_while_the_program_was_off_is_held_up_by_the_last_record(
    world: World,
) -> None:
    world.enrolled().close()
    last = world.now
    world.now -= timedelta(hours=3)
    node = world.build()
    assert node.clock() == last
    node.close()


def test_and_by_what_headquarters_said(world: World) -> None:
    node = world.enrolled()
    world.headquarters.now += 7200
    node.courier.sync()
    node.close()
    node = world.build()
    assert to_timestamp(node.clock()) == world.headquarters.now
    node.close()
