"""Backups by themselves: when one is made, which are kept, and how old the newest is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup_builders import keeper
from node_world import World, open_with_card
from yika_node import bootstrap
from yika_node.bootstrap import Node
from yika_node.jobs import Jobs
from yika_node.services import safekeeping
from yika_node.services.backup_places import (
    DAILY,
    HOURLY,
    SUFFIX,
    WEEKLY,
    backups_in,
    kept,
    made_at,
    name_of,
    thin_out,
)
from yika_node.services.backup_state import BackupState, Safekeeping, age_of

START = datetime(2026, 4, 1, 8, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


def test_a_running_node_has_its_backups_made_in_a_process_of_their_own(
    world: World, node: Node
) -> None:
    jobs = Jobs(node, sweep=lambda: None)
    jobs._backup_or_tell()
    good = node.safekeeping.state().good
    assert good is not None
    assert good.seq == node.courier.state().head
    jobs._backup_or_tell()
    assert node.safekeeping.state().good == good, "an hour has not passed"


def test_the_close_of_a_shift_asks_for_one_at_once(world: World, node: Node) -> None:
    keeper(world).keep()
    world.pass_time(minutes=5)
    open_with_card(world, node)
    node.safekeeping.ask()
    before = node.safekeeping.state().good
    Jobs(node, sweep=lambda: None)._backup_or_tell()
    after = node.safekeeping.state().good
    assert before is not None
    assert after is not None
    assert after.seq > before.seq


def test_nothing_new_is_no_reason_for_another_backup(world: World, node: Node) -> None:
    keeper(world).keep()
    world.pass_time(hours=3)
    assert not Jobs(node, sweep=lambda: None)._due()
    open_with_card(world, node)
    assert Jobs(node, sweep=lambda: None)._due()


def test_an_update_of_the_tables_begins_with_a_backup(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.enrolled().close()
    monkeypatch.setattr(bootstrap, "needs_update", lambda _folder: True)
    world.build().close()
    assert len(backups_in(world.folder / "backups")) == 1


def test_a_node_whose_backup_fails_before_an_update_still_opens(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.enrolled().close()
    monkeypatch.setattr(bootstrap, "needs_update", lambda _folder: True)
    monkeypatch.setattr(safekeeping, "ROOM", 10**12)
    world.build().close()
    assert backups_in(world.folder / "backups") == []


hours = st.lists(
    st.integers(0, 24 * 400).map(lambda hour: START + timedelta(hours=hour)), unique=True
)


@given(hours)
def test_the_newest_is_always_kept_and_the_number_is_bounded(times: list[datetime]) -> None:
    chosen = kept(times)
    assert chosen <= set(times)
    assert len(chosen) <= HOURLY + DAILY + WEEKLY
    assert not times or max(times) in chosen


@given(hours)
def test_thinning_out_again_removes_nothing_more(times: list[datetime]) -> None:
    assert kept(kept(times)) == kept(times)


def test_a_year_of_hours_leaves_hours_days_and_weeks() -> None:
    times = [START + timedelta(hours=hour) for hour in range(24 * 365)]
    chosen = sorted(kept(times), reverse=True)
    assert chosen[:HOURLY] == times[: -HOURLY - 1 : -1]
    assert timedelta(weeks=WEEKLY - 2) < chosen[0] - chosen[-1] < timedelta(weeks=WEEKLY)


def test_only_backups_are_thinned_out(tmp_path: Path) -> None:
    names = [name_of("N0001", START + timedelta(minutes=minute)) for minute in range(50)]
    for name in (*names, "letter.txt", f"mine{SUFFIX}"):
        (tmp_path / name).touch()
    thin_out(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {names[-1], "letter.txt", f"mine{SUFFIX}"}


def test_a_name_tells_when() -> None:
    assert made_at(Path(name_of("N0001", START))) == START
    for name in ("N0001-20261301T080000Z", "n-20260401T080000Z", "N0001-20260401T080000"):
        assert made_at(Path(name + SUFFIX)) is None


def test_the_age_counts_from_the_beginning_until_there_is_a_backup(
    world: World, node: Node
) -> None:
    later = START + timedelta(days=2)
    assert age_of(BackupState(), later, lambda: START) == timedelta(days=2)
    state = keeper(world).keep()
    assert age_of(state, later, lambda: START - timedelta(days=9)) == timedelta(days=2)


def test_a_state_that_cannot_be_read_is_no_state(tmp_path: Path) -> None:
    for content in ("", "[]", '{"good": 1}', '{"tried_at": 1}'):
        (tmp_path / "state.json").write_text(content)
        assert BackupState.load(tmp_path) == BackupState()


def test_a_backup_that_is_asked_for_is_asked_for_once(tmp_path: Path) -> None:
    keeping = Safekeeping(tmp_path)
    assert not keeping.take_order()
    keeping.ask()
    keeping.ask()
    assert (keeping.take_order(), keeping.take_order()) == (True, False)
