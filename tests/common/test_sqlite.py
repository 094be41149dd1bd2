import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session

from yika_common.infra import sqlite
from yika_common.infra.backup import BackupDamaged, backup
from yika_common.infra.engine import named_engine_failures, sqlalchemy_engine
from yika_common.infra.sqlite import APPLICATION_ID, open_for_money, transaction
from yika_common.infra.sqlite_errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseUnreachable,
    DiskFull,
    NotDurable,
    StrangersFile,
    named_failures,
)

MONEY_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "application_id": APPLICATION_ID,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    connection = open_for_money(tmp_path / "till.db")
    connection.execute("CREATE TABLE sale (seq INTEGER PRIMARY KEY, amount INTEGER) STRICT")
    connection.close()
    return tmp_path / "till.db"


def pragmas(connection: sqlite3.Connection) -> dict[str, object]:
    return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in MONEY_PRAGMAS}


def test_a_file_for_money_has_every_setting_in_force(path: Path) -> None:
    connection = open_for_money(path)
    assert pragmas(connection) == MONEY_PRAGMAS
    connection.close()


def test_a_plain_connection_lacks_them(path: Path) -> None:
    connection = sqlite3.connect(path)
    assert pragmas(connection) != MONEY_PRAGMAS
    connection.close()


def test_sessions_read_through_the_same_settings(path: Path) -> None:
    engine = sqlalchemy_engine(path)
    with Session(engine) as session:
        found = {
            n: session.connection().execute(text(f"PRAGMA {n}")).scalar() for n in MONEY_PRAGMAS
        }
    engine.dispose()
    assert found == MONEY_PRAGMAS


def test_a_session_sees_one_snapshot_while_a_sale_is_committed(path: Path) -> None:
    engine = sqlalchemy_engine(path)
    writer = open_for_money(path)
    count = text("SELECT count(*) FROM sale")
    with Session(engine) as session:
        before = session.connection().execute(count).scalar()
        with transaction(writer):
            writer.execute("INSERT INTO sale VALUES (1, 500)")
        during = session.connection().execute(count).scalar()
    with Session(engine) as session:
        after = session.connection().execute(count).scalar()
    engine.dispose()
    writer.close()
    assert (before, during, after) == (0, 0, 1)


def test_a_database_that_cannot_keep_a_log_is_refused() -> None:
    in_memory = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(NotDurable) as refusal:
        sqlite._harden(in_memory, Path("till.db"), read_only=False)
    in_memory.close()
    assert refusal.value.facts == {
        "path": "till.db",
        "setting": "journal_mode",
        "found": "memory",
    }


def test_another_programs_file_is_not_touched(tmp_path: Path) -> None:
    stranger = tmp_path / "mail.db"
    connection = sqlite3.connect(stranger)
    connection.execute("CREATE TABLE letter (body TEXT)")
    connection.close()
    before = stranger.read_bytes()
    with pytest.raises(StrangersFile):
        open_for_money(stranger)
    assert stranger.read_bytes() == before


def test_one_sides_file_is_not_the_others(path: Path) -> None:
    with pytest.raises(StrangersFile):
        open_for_money(path, application_id=APPLICATION_ID + 1)


def test_a_reader_cannot_write(path: Path) -> None:
    reader = open_for_money(path, read_only=True)
    with pytest.raises(DatabaseUnreachable), named_failures():
        reader.execute("INSERT INTO sale VALUES (1, 1)")
    reader.close()


def test_a_reader_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable):
        open_for_money(tmp_path / "none.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def sell_and_fail(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO sale VALUES (1, 500)")
        raise ZeroDivisionError


def test_what_is_raised_inside_undoes_the_whole_transaction(path: Path) -> None:
    connection = open_for_money(path)
    with pytest.raises(ZeroDivisionError):
        sell_and_fail(connection)
    assert connection.execute("SELECT count(*) FROM sale").fetchone() == (0,)
    assert not connection.in_transaction
    connection.close()


def full(connection: sqlite3.Connection) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def sell_with_a_long_note(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO sale VALUES (1, 500)")
        connection.execute("CREATE TABLE note AS SELECT zeroblob(9000) AS b")


def test_a_full_disk_leaves_nothing_half_written(path: Path) -> None:
    connection = open_for_money(path)
    full(connection)
    with pytest.raises(DiskFull):
        sell_with_a_long_note(connection)
    assert connection.execute("SELECT count(*) FROM sale").fetchone() == (0,)
    assert not connection.in_transaction
    connection.close()


def test_without_names_a_full_disk_would_be_a_foreign_error(path: Path) -> None:
    connection = open_for_money(path)
    full(connection)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        connection.execute("CREATE TABLE more AS SELECT zeroblob(9000) AS b")
    connection.close()


def test_a_full_disk_met_through_a_session_has_the_same_name(path: Path) -> None:
    engine = sqlalchemy_engine(path)
    long_note = text("CREATE TABLE note AS SELECT zeroblob(9000) AS b")
    with engine.begin() as connection:
        (pages,) = connection.execute(text("PRAGMA page_count")).one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(DiskFull), named_engine_failures():
            connection.execute(long_note)
    engine.dispose()


def test_a_lock_held_too_long_is_named(path: Path) -> None:
    holder, waiter = open_for_money(path), open_for_money(path)
    waiter.execute("PRAGMA busy_timeout = 20")
    with transaction(holder), pytest.raises(DatabaseBusy), transaction(waiter):
        pass
    holder.close()
    waiter.close()


def test_a_broken_rule_keeps_its_own_error(path: Path) -> None:
    connection = open_for_money(path)
    with pytest.raises(sqlite3.IntegrityError), transaction(connection):
        connection.execute("INSERT INTO sale VALUES (1, 1), (1, 2)")
    connection.close()


def test_a_file_of_noise_is_called_damaged(tmp_path: Path) -> None:
    noise = tmp_path / "noise.db"
    noise.write_bytes(b"not a database at all " * 500)
    with pytest.raises(DatabaseDamaged):
        open_for_money(noise)


SELLER = """
import sys
from pathlib import Path
from yika_common.infra.sqlite import open_for_money, transaction
connection = open_for_money(Path(sys.argv[1]))
for seq in range(1, 100_000):
    with transaction(connection):
        connection.execute("INSERT INTO sale VALUES (?, 1)", (seq,))
    sys.stdout.write(f"{seq}\\n")
    sys.stdout.flush()
"""


def test_a_killed_program_keeps_every_sale_it_confirmed(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SELLER, str(path)], stdout=subprocess.PIPE, text=True
    ) as seller:
        assert seller.stdout is not None
        confirmed = [seller.stdout.readline() for _ in range(50)]
        os.kill(seller.pid, signal.SIGKILL)
    connection = open_for_money(path)
    kept = [seq for (seq,) in connection.execute("SELECT seq FROM sale ORDER BY seq")]
    connection.close()
    assert len(confirmed) == 50
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) >= 50


def test_a_backup_is_whole_while_sales_go_on(path: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    done = threading.Event()

    def sell() -> None:
        connection = open_for_money(path)
        seq = 0
        while not stop.is_set():
            seq += 1
            with transaction(connection):
                connection.execute("INSERT INTO sale VALUES (?, 1)", (seq,))
            done.set()
        connection.close()

    seller = threading.Thread(target=sell)
    seller.start()
    done.wait(5)
    target = tmp_path / "copy.db"
    backup(path, target)
    stop.set()
    seller.join()
    connection = open_for_money(target)
    kept = [seq for (seq,) in connection.execute("SELECT seq FROM sale ORDER BY seq")]
    connection.close()
    assert kept == list(range(1, len(kept) + 1))
    assert not list(tmp_path.glob("*.tmp"))


def test_a_backup_that_fails_leaves_the_older_one(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    backup(path, target)
    older = target.read_bytes()
    damaged = bytearray(path.read_bytes())
    damaged[4096 : 4096 + 8] = b"\xff" * 8
    path.write_bytes(damaged)
    with pytest.raises((DatabaseDamaged, BackupDamaged)):
        backup(path, target)
    assert target.read_bytes() == older
    assert not list(tmp_path.glob("*.tmp"))


def test_a_backup_into_a_missing_folder_says_so(path: Path, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable):
        backup(path, tmp_path / "nowhere" / "copy.db")
