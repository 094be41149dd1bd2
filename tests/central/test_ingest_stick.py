"""The stick is the wire, slower: the same files, the same state, the same answers."""

from pathlib import Path

import pytest

from central_builders import HandClock, Pen, enrol, publish_water
from yika_central.bootstrap import Headquarters
from yika_central.services.stick import StickUnreadable
from yika_common.journal.segment import header_of, segment_name
from yika_common.services import PROFILES
from yika_common.sync.messages import Status


@pytest.fixture
def pen(headquarters: Headquarters, clock: HandClock) -> Pen:
    """A node with ten sales that nobody has sent."""
    publish_water(headquarters)
    headquarters.stock.take_in_new("A01", PROFILES[4], 1)
    node = enrol(headquarters, clock)
    for _ in range(10):
        node.sell("N0001-000017", "000000000004", card="860000000001")
    return node


def put(pen: Pen, stick: Path, *edges: int) -> None:
    """Export the journal in segments that begin at these records."""
    folder = stick / "YIKA" / "up" / pen.node
    folder.mkdir(parents=True)
    for first, after in zip(edges, (*edges[1:], pen.seq + 1), strict=True):
        file = pen.cut(first, after - 1)
        data = file.to_bytes()
        (folder / segment_name(header_of(file), data)).write_bytes(data)


def test_a_stick_brings_the_journal_in_and_takes_everything_home(pen: Pen, tmp_path: Path) -> None:
    put(pen, tmp_path, 1, 7, 15)
    delivered = pen.hq.stick.exchange(tmp_path, pen.clock())
    assert [entry.ack.upto for entry in delivered if entry.ack] == [6, 14, 20]
    home = tmp_path / "YIKA" / "down" / "N0001"
    answer = pen.open((home / "ack.yika").read_bytes() + (home / "manifest.yika").read_bytes())
    assert (answer.ack.status, answer.ack.upto) == (Status.OK, pen.seq)
    assert answer.manifest is not None
    for item in answer.manifest.items:
        assert len((home / "items" / item.sha256).read_bytes()) == item.length


def test_the_same_stick_twice_changes_nothing(pen: Pen, tmp_path: Path) -> None:
    put(pen, tmp_path, 1, 11)
    pen.hq.stick.exchange(tmp_path, pen.clock())
    again = pen.hq.stick.exchange(tmp_path, pen.clock())
    assert [entry.ack.upto for entry in again if entry.ack] == [20, 20]


def test_a_damaged_file_stops_none_of_the_others(pen: Pen, tmp_path: Path) -> None:
    put(pen, tmp_path, 1, 11)
    torn = next((tmp_path / "YIKA" / "up" / "N0001").glob("*q000001-*"))
    torn.write_bytes(torn.read_bytes()[:-100])
    first, second = pen.hq.stick.exchange(tmp_path, pen.clock())
    assert first.refusal is not None
    assert second.ack is not None
    assert second.ack.status == Status.GAP


def test_a_link_on_the_stick_is_not_followed(pen: Pen, tmp_path: Path) -> None:
    put(pen, tmp_path / "real", 1)
    folder = tmp_path / "stick" / "YIKA" / "up" / "N0001"
    folder.mkdir(parents=True)
    real = next((tmp_path / "real").rglob("*.seg"))
    (folder / real.name).symlink_to(real)
    assert pen.hq.stick.exchange(tmp_path / "stick", pen.clock()) == ()


def test_a_folder_that_is_no_stick_is_named(headquarters: Headquarters, tmp_path: Path) -> None:
    with pytest.raises(StickUnreadable):
        headquarters.stick.exchange(tmp_path, headquarters.clock())
