"""What can go wrong with the database file, named; everything else stays what it is.

Only operational failures are renamed: a full disk, a lock held too long, a damaged or unreachable
file.  A broken constraint is a rule of the caller's or a bug, and passes through unchanged.

==============================  =====================
SQLite's primary result code    becomes
==============================  =====================
FULL                            DiskFull
BUSY, LOCKED                    DatabaseBusy
CORRUPT, NOTADB                 DatabaseDamaged
CANTOPEN, READONLY, PERM, AUTH  DatabaseUnreachable
IOERR                           DiskFailing
==============================  =====================

``OSError`` with ENOSPC or EDQUOT, met while copying a file, is DiskFull too.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yika_common.errors import N_, YikaError


class NotDurable(YikaError):
    """SQLite did not take a setting without which a sale could be lost."""

    code = "not_durable"
    sentence = N_(
        "The database %(path)s does not keep what is written to it safe (%(setting)s is "
        "%(found)s). Nothing was written and nothing can be sold. Put the data folder on a local "
        "disk."
    )


class StrangersFile(YikaError):
    """The file is a database, but not one of ours."""

    code = "strangers_file"
    sentence = N_(
        "%(path)s belongs to another program or is not finished. It was not touched. Name the "
        "right data folder."
    )


class DiskFull(YikaError):
    """There is no room for what should be written."""

    code = "disk_full"
    sentence = N_(
        "The disk is full. The last step was not saved and nothing else has changed. Free some "
        "space, then repeat the step."
    )


class DatabaseBusy(YikaError):
    """Another program holds the file's lock for too long."""

    code = "database_busy"
    sentence = N_(
        "Another program is using the database. The last step was not saved. Wait a moment, then "
        "repeat the step."
    )


class DatabaseDamaged(YikaError):
    """The file's content cannot be read as a database any more."""

    code = "database_damaged"
    sentence = N_(
        "The database file is damaged. The last step was not saved. Stop working and restore the "
        "last backup."
    )


class DatabaseUnreachable(YikaError):
    """The file cannot be opened or may not be written."""

    code = "database_unreachable"
    sentence = N_(
        "The database file cannot be opened or may not be written. The last step was not saved. "
        "Check the data folder and its permissions."
    )


class DiskFailing(YikaError):
    """The operating system could not read or write the disk."""

    code = "disk_failing"
    sentence = N_(
        "The disk did not do what it was asked. The last step was not saved. Stop working, make a "
        "backup and have the disk checked."
    )


_PRIMARY_CODE = 0xFF
_NAMES: dict[int, type[YikaError]] = {
    sqlite3.SQLITE_FULL: DiskFull,
    sqlite3.SQLITE_BUSY: DatabaseBusy,
    sqlite3.SQLITE_LOCKED: DatabaseBusy,
    sqlite3.SQLITE_CORRUPT: DatabaseDamaged,
    sqlite3.SQLITE_NOTADB: DatabaseDamaged,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnreachable,
    sqlite3.SQLITE_READONLY: DatabaseUnreachable,
    sqlite3.SQLITE_PERM: DatabaseUnreachable,
    sqlite3.SQLITE_AUTH: DatabaseUnreachable,
    sqlite3.SQLITE_IOERR: DiskFailing,
}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def named_failures(path: Path | None = None) -> Iterator[None]:
    """Let operational failures of the database and the disk leave as errors of ours.

    ``path`` is named to whoever reads the log, never shown.
    """
    try:
        yield
    except sqlite3.Error as failure:
        error = named(failure, path)
        if error is None:
            raise
        raise error from failure
    except OSError as failure:
        if failure.errno in _NO_ROOM:
            raise DiskFull from failure
        raise


def named(failure: BaseException | None, path: Path | None = None) -> YikaError | None:
    """The error of ours that a failure of SQLite's is, or None for every other failure."""
    code: int | None = getattr(failure, "sqlite_errorcode", None)
    name = _NAMES.get(code & _PRIMARY_CODE) if code is not None else None
    if name is None:
        return None
    error = name()
    error.add_note(f"{failure} ({path})" if path else str(failure))
    return error
