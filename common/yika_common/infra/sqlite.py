"""SQLite files that money is written to: opened one way, and only when the settings really hold.

Source: SQLite's own documentation of ``synchronous``: in WAL mode anything below FULL may lose the
last commits when power fails.  A setting that SQLite silently did not take (a file system without
shared memory, a build without the option) is therefore an error here, not a slower program.

====================  =======  ================================================================
pragma                value    why
====================  =======  ================================================================
journal_mode          wal      readers never wait for the writer
synchronous           2        FULL: a commit that returned survives a power failure
foreign_keys          1        a row never points at nothing
recursive_triggers    1        a replaced row fires the delete triggers too
trusted_schema        0        a planted view or trigger runs no function of ours
cell_size_check       1        a damaged page is found when it is read
busy_timeout          5000 ms  another process's backup delays a sale, it does not stop it
====================  =======  ================================================================
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from yika_common.infra.sqlite_errors import NotDurable, StrangersFile, named_failures

APPLICATION_ID: Final = 0x59494B41
"""``YIKA`` in the file's header: which program the file belongs to."""

BUSY_TIMEOUT_MS: Final = 5000

CACHE_KIB: Final = 2000
"""Pages that a connection keeps in memory, unless it is opened with less; SQLite's own measure."""

_PRAGMAS: Final[dict[str, str | int]] = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "busy_timeout": BUSY_TIMEOUT_MS,
}
_SCHEMA_IS_EMPTY: Final = "SELECT count(*) = 0 FROM sqlite_schema"


def open_for_money(
    path: Path,
    *,
    application_id: int = APPLICATION_ID,
    read_only: bool = False,
    cache_kib: int = CACHE_KIB,
) -> sqlite3.Connection:
    """Open or create the file, in autocommit mode, with every pragma above in force.

    The connection may cross threads; whoever holds it lets one thread in at a time.

    Raises:
        NotDurable: SQLite did not take a setting; nothing was written.
        StrangersFile: the file holds another program's tables; it was not touched.
        DatabaseUnreachable: the folder is missing or may not be read or written.
        DatabaseDamaged: the file is not a database.
    """
    with named_failures(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_TIMEOUT_MS // 1000,
        )
        try:
            _claim(connection, path, application_id, read_only=read_only)
            _harden(connection, path, read_only=read_only)
            connection.execute(f"PRAGMA cache_size = {-cache_kib:d}")
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Take the write lock, commit at the end, and undo everything when anything is raised.

    Raises:
        DiskFull, DatabaseBusy, DatabaseDamaged: nothing of this transaction was written.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            # SQLite itself has rolled back after some failures (a full disk among them).
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except (sqlite3.Error, OSError):
        with named_failures():
            raise


def _claim(
    connection: sqlite3.Connection, path: Path, application_id: int, *, read_only: bool
) -> None:
    """Mark an empty file as ours; refuse one that is marked otherwise."""
    (found,) = connection.execute("PRAGMA application_id").fetchone()
    if found == application_id:
        return
    (empty,) = connection.execute(_SCHEMA_IS_EMPTY).fetchone()
    if found or not empty or read_only:
        raise StrangersFile(path=path.name)
    connection.execute(f"PRAGMA application_id = {application_id:d}")


def _harden(connection: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    """Set every pragma, then read each one back."""
    for pragma, value in _PRAGMAS.items():
        if not (read_only and pragma == "journal_mode"):
            connection.execute(f"PRAGMA {pragma} = {value}")
    for pragma, value in _PRAGMAS.items():
        (found,) = connection.execute(f"PRAGMA {pragma}").fetchone()
        if found != value:
            raise NotDurable(path=path.name, setting=pragma, found=str(found))
    if read_only:
        connection.execute("PRAGMA query_only = 1")
