"""A copy of a database that is whole, checked and on the disk before its name appears.

``VACUUM INTO`` takes one snapshot and never has to start again while sales go on (the page-wise
backup interface does); the copy is checked, flushed, and only then renamed.
"""

import os
import sqlite3
from pathlib import Path

from yika_common.errors import N_, YikaError
from yika_common.infra.sqlite import open_for_money
from yika_common.infra.sqlite_errors import named_failures


class BackupDamaged(YikaError):
    """The copy does not pass SQLite's own check."""

    code = "backup_damaged"
    sentence = N_(
        "The backup did not pass its check and was thrown away. The database itself was not "
        "changed. Try again, onto another disk if it happens twice."
    )


def backup(path: Path, target: Path) -> None:
    """Write a checked copy of the database at ``path`` to ``target``, replacing an older one.

    Raises:
        BackupDamaged, DiskFull, DatabaseUnreachable: ``target`` is what it was before.
    """
    unfinished = target.with_name(f"{target.name}.tmp")
    try:
        with named_failures(target):
            unfinished.unlink(missing_ok=True)
            source = open_for_money(path)
            try:
                source.execute("VACUUM INTO ?", (str(unfinished),))
            finally:
                source.close()
            _check(unfinished)
            _flush(unfinished)
            unfinished.replace(target)
            _flush(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _check(path: Path) -> None:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        findings = connection.execute("PRAGMA quick_check").fetchall()
    finally:
        connection.close()
    if findings != [("ok",)]:
        raise BackupDamaged


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
