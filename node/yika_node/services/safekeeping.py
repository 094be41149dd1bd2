"""Safekeeping: a vending point in one folder, from which another machine can show what was sold.

A backup may be made while the program runs.  Whatever is put back is old: cards were sold to after
it was made, and a number used twice would be a fork.  So a restored node is marked as one that
has already said more than it knows (:mod:`yika_node.db.sentinel`), and refuses to record anything.
"""

from pathlib import Path
from typing import Final

from yika_common.errors import N_, YikaError
from yika_common.infra.backup import backup
from yika_common.infra.files import PRIVATE, READABLE, replace_file
from yika_common.infra.sqlite import open_for_money
from yika_node import config, vault
from yika_node.db import store
from yika_node.db.sentinel import Mark, Sentinel
from yika_node.services.enrolment import CERTIFICATE_FILE, ROOT_FILE

FILES: Final = {
    vault.FILE_NAME: PRIVATE,
    ROOT_FILE: READABLE,
    CERTIFICATE_FILE: READABLE,
    config.FILE_NAME: READABLE,
}
"""What a backup holds beside the database."""


class NothingToKeep(YikaError):
    """The folder holds no vending point, or no backup of one."""

    code = "nothing_to_keep"
    sentence = N_(
        "There is no vending point in the folder %(folder)s. Nothing was copied. Name the right "
        "folder."
    )


class FolderInUse(YikaError):
    """A vending point is already there."""

    code = "folder_in_use"
    sentence = N_(
        "The folder %(folder)s already holds a vending point. Nothing was changed. Restore into "
        "an empty folder."
    )


def back_up(folder: Path, target: Path) -> None:
    """Write a backup of the data folder into ``target``, which is made if it is missing.

    Raises:
        NothingToKeep: there is nothing to back up.
        BackupDamaged, DiskFull, DatabaseUnreachable: the backup is not complete; the data are
            untouched.
    """
    if not (folder / store.FILE_NAME).exists():
        raise NothingToKeep(folder=str(folder))
    target.mkdir(parents=True, exist_ok=True)
    backup(folder / store.FILE_NAME, target / store.FILE_NAME)
    _copy(folder, target)


def put_back(source: Path, folder: Path) -> None:
    """Copy a backup into an empty data folder; the node there refuses to record or to sell.

    Raises:
        NothingToKeep: ``source`` holds no backup.
        FolderInUse: the folder holds a vending point; nothing was changed.
        BackupDamaged, DiskFull: what was copied so far does not open.
    """
    if not (source / store.FILE_NAME).exists():
        raise NothingToKeep(folder=str(source))
    if (folder / store.FILE_NAME).exists() or (folder / vault.FILE_NAME).exists():
        raise FolderInUse(folder=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    mark = _beyond(source / store.FILE_NAME)
    # The mark comes first: a restore that is cut leaves no folder that sells.
    if mark is not None:
        Sentinel(folder).write(mark)
    _copy(source, folder)
    backup(source / store.FILE_NAME, folder / store.FILE_NAME)


def _copy(source: Path, target: Path) -> None:
    for name, mode in FILES.items():
        if (source / name).exists():
            replace_file(target / name, (source / name).read_bytes(), mode=mode)


def _beyond(path: Path) -> Mark | None:
    """A place just after the end of the copy's journal; None where no journal has begun."""
    connection = open_for_money(path)
    try:
        tip = connection.execute("SELECT epoch, seq FROM tip ORDER BY epoch DESC").fetchone()
    finally:
        connection.close()
    return None if tip is None else Mark.lost(tip[0], tip[1] + 1)
