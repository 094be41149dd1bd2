"""The journal's writer: one transaction a commit, a signed end, and no way back."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from shutil import copy2

import pytest

from node_world import OPERATOR, PASSWORD, World
from yika_common.infra.migrations import differences
from yika_common.infra.sqlite_errors import DiskFull
from yika_common.journal.bodies import Login
from yika_common.journal.body import Body
from yika_common.journal.record import chain, decode_line, genesis
from yika_node.bootstrap import Node
from yika_node.db import cash_tables, life_tables, seldom, staff_tables, tables, till_tables
from yika_node.db.journal import Position
from yika_node.db.row import Row
from yika_node.db.sentinel import CADENCE, Sentinel
from yika_node.errors import AlreadyRunning, JournalDamaged, NodeRestored, NotEnrolled, VaultLocked

NEWS: list[Body] = [Login(outcome="ok")]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


def record(node: Node, count: int = 1) -> None:
    for _ in range(count):
        node.journal.append(NEWS, at=node.clock(), operator=OPERATOR)


def change(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "node.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_the_migrations_make_the_tables(node: Node) -> None:
    assert issubclass(tables.Record, Row)
    assert issubclass(seldom.Identity, Row)
    assert issubclass(cash_tables.Shift, Row)
    assert issubclass(life_tables.AccountState, Row)
    assert issubclass(till_tables.Charge, Row)
    assert issubclass(staff_tables.StaffChange, Row)
    assert differences(node.store.engine, Row.metadata) == []


def test_every_record_is_chained_to_the_one_before(node: Node) -> None:
    record(node, 3)
    membership = node.standing.membership
    head = genesis(membership.certificate_payload)
    rows = node.queries.records(membership.epoch, 1, 1000)
    for seq, row in enumerate(rows, start=1):
        head = chain(head, row.line)
        assert (row.seq, row.head, decode_line(row.line).seq) == (seq, head, seq)
    tip = node.queries.tip(membership.epoch)
    assert tip is not None
    assert (tip.seq, tip.head) == (len(rows), head)


def test_records_of_one_commit_stand_or_fall_together(node: Node) -> None:
    before = node.courier.state().head

    def fails(*_: object) -> Body:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        node.journal.append([*NEWS, fails], at=node.clock(), operator=OPERATOR)
    assert node.courier.state().head == before
    record(node)
    assert node.courier.state().head == before + 1


def test_nothing_is_recorded_while_nobody_is_signed_in(node: Node) -> None:
    node.staff.sign_out(OPERATOR)
    before = node.courier.state().head
    with pytest.raises(VaultLocked):
        record(node)
    assert node.courier.state().head == before


def test_nothing_is_recorded_before_enrolment(world: World) -> None:
    node = world.build()
    with pytest.raises(NotEnrolled):
        record(node)
    node.close()


def test_a_full_disk_leaves_the_journal_as_it_was(node: Node) -> None:
    before = node.courier.state().head
    connection = node.journal._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskFull):
        record(node, 2000)
    stopped = node.courier.state().head
    connection.execute("PRAGMA max_page_count = 1000000")
    record(node)
    assert node.courier.state().head == stopped + 1 > before


def test_a_record_is_made_before_the_database_is_locked(world: World, node: Node) -> None:
    def made(position: Position) -> Body:
        other = sqlite3.connect(world.folder / "node.db", timeout=0, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()
        assert position.seq == node.courier.state().head + 1
        return Login(outcome="failed")

    (entry,) = node.journal.append([made], at=node.clock())
    assert entry.seq == node.courier.state().head


def test_a_record_that_could_not_be_made_leaves_the_journal_where_it_was(node: Node) -> None:
    def refuse(_: Position) -> Body:
        raise TooLittle

    class TooLittle(Exception):
        pass

    before = node.courier.state().head
    with pytest.raises(TooLittle):
        node.journal.append([*NEWS, refuse], at=node.clock())
    assert node.courier.state().head == before
    record(node)
    assert node.courier.state().head == before + 1


def test_one_process_holds_a_data_folder(world: World, node: Node) -> None:
    assert node.folder == world.folder
    with pytest.raises(AlreadyRunning):
        world.build()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tip SET signature = zeroblob(64)",
        "UPDATE tip SET seq = seq - 1",
        "DELETE FROM record WHERE seq = (SELECT max(seq) FROM record)",
        "UPDATE record SET head = zeroblob(32) WHERE seq = (SELECT max(seq) FROM record)",
        "DELETE FROM tip",
    ],
)
def test_a_changed_end_is_found_out_at_the_next_start(world: World, statement: str) -> None:
    node = world.enrolled()
    record(node)
    node.close()
    change(world.folder, statement)
    again = world.build()
    assert isinstance(again.journal.refusal, JournalDamaged)
    again.staff.sign_in(OPERATOR, PASSWORD)
    with pytest.raises(JournalDamaged):
        record(again)
    again.close()


def test_a_database_put_back_from_a_copy_is_refused(world: World) -> None:
    node = world.enrolled()
    node.close()
    copy2(world.folder / "node.db", world.folder / "old.db")
    node = world.restarted()
    record(node, CADENCE)
    node.close()
    for leftover in world.folder.glob("node.db*"):
        leftover.unlink()
    copy2(world.folder / "old.db", world.folder / "node.db")
    again = world.build()
    assert isinstance(again.journal.refusal, NodeRestored)
    again.staff.sign_in(OPERATOR, PASSWORD)
    with pytest.raises(NodeRestored):
        record(again)
    again.close()


def test_without_its_sentinel_the_copy_would_be_taken(world: World) -> None:
    node = world.enrolled()
    node.close()
    copy2(world.folder / "node.db", world.folder / "old.db")
    node = world.restarted()
    record(node, CADENCE)
    node.close()
    for leftover in world.folder.glob("node.db*"):
        leftover.unlink()
    copy2(world.folder / "old.db", world.folder / "node.db")
    (world.folder / "sentinel").unlink()
    again = world.build()
    assert again.journal.refusal is None
    again.close()


def test_the_sentinel_lags_behind_and_is_never_ahead(world: World, node: Node) -> None:
    for _ in range(2 * CADENCE):
        record(node)
        mark = Sentinel(world.folder).read()
        assert mark is not None
        assert 0 <= node.courier.state().head - mark.seq < CADENCE
