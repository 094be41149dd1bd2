"""Safekeeping: backups that were tried, and the way back from one.

A backup is made beside the running program, in a process of its own::

    copy     VACUUM INTO: one snapshot; nobody who sells waits for it
    seal     :mod:`yika_node.services.backup_file`; on the disk
    try      opened again and restored: SQLite's check, the whole chain, the signature at its end
    name     only then has the file its name; a copy goes to the second medium, and is compared
    thin out the newest of each of the last hours, days and weeks stay

Whatever is put back is old: cards were sold to after it was made, and a number used twice would be
a fork.  So a restored node is marked as one that has already said more than it knows
(:mod:`yika_node.db.sentinel`), and refuses to record anything, the outcome of a pending sale
included; what headquarters lacks of its journal it still sends.  Its projections are made anew
from the journal, which alone is proved.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic_ns
from typing import Final

from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.files import PRIVATE, READABLE, flush_folder, replace_file
from yika_common.infra.sqlite import open_for_money, transaction
from yika_common.infra.sqlite_errors import named_failures
from yika_common.infra.system_errors import why_refused
from yika_common.values import dataclass
from yika_node import config, vault
from yika_node.db import projections, store
from yika_node.db.sentinel import Mark, Sentinel
from yika_node.errors import JournalDamaged
from yika_node.services import backup_file, backup_trial
from yika_node.services.backup_errors import (
    BackupFailed,
    BackupRunning,
    BackupUnreadable,
    FolderInUse,
    NoRoomForBackup,
    NothingToKeep,
)
from yika_node.services.backup_file import Header
from yika_node.services.backup_places import (
    backups_in,
    check_second,
    device_of,
    name_of,
    thin_out,
)
from yika_node.services.backup_state import FOLDER, BackupState, Kept, Said
from yika_node.services.enrolment import CERTIFICATE_FILE, ROOT_FILE
from yika_node.vault import Vault

FILES: Final = {
    vault.FILE_NAME: PRIVATE,
    ROOT_FILE: READABLE,
    CERTIFICATE_FILE: READABLE,
    config.FILE_NAME: READABLE,
}
"""What a backup holds beside the database."""

ROOM: Final = 2
"""A backup needs so many times the database's size while it is made."""

_COPY_FILE, _SEALED_FILE, _TRIAL_FILE, _LOCK_FILE = (
    "copy.tmp",
    "sealed.tmp",
    "trial.tmp",
    "backup.lock",
)
_PIECE: Final = 1 << 20
_NS_A_MS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Keeper:
    """Makes the backups of one data folder; needs no key of the vault.

    Attributes:
        folder: the data folder.
        second: the second medium's folder; None: there is none.
        device: tells file systems apart.
    """

    folder: Path
    clock: Clock
    random: RandomSource
    second: Path | None = None
    device: Callable[[Path], int] = device_of

    def keep(self) -> BackupState:
        """Make a backup, try it, and take a copy to the second medium.

        What came of it, good or not, is written down for the pages.

        Raises:
            NothingToKeep, BackupRunning: nothing was done.
            NoRoomForBackup, BackupFailed, DiskFull, DatabaseDamaged, JournalDamaged,
            BackupUnreadable: there is no new backup; the older ones and the data are untouched.
        """
        if not (self.folder / store.FILE_NAME).exists():
            raise NothingToKeep(folder=str(self.folder))
        place = self.folder / FOLDER
        place.mkdir(mode=0o700, exist_ok=True)
        with _alone(place):
            before = BackupState.load(place)._replace(
                tried_at=to_timestamp(self.clock()),
                second_place="" if self.second is None else str(self.second),
            )
            try:
                with _refusals():
                    good = self._made(place)
                    thin_out(place)
            except YikaError as failure:
                before._replace(problem=Said.of(failure)).save(place)
                raise
            state = self._doubled(before._replace(problem=None, good=good), place)
            state.save(place)
        return state

    def copy_to(self, target: Path) -> Path:
        """Take the newest backup to a folder, which is made if it is missing; its place there.

        Raises:
            NothingToKeep: there is no backup yet.
            BackupFailed, DiskFull, BackupUnreadable: the copy is not there.
        """
        with _refusals():
            newest = backups_in(self.folder / FOLDER)[:1]
            if not newest:
                raise NothingToKeep(folder=str(self.folder))
            target.mkdir(parents=True, exist_ok=True)
            _copied_and_compared(newest[0], target / newest[0].name)
        return target / newest[0].name

    def _made(self, place: Path) -> Kept:
        began = monotonic_ns()
        for name in (_COPY_FILE, _SEALED_FILE, _TRIAL_FILE):
            (place / name).unlink(missing_ok=True)
        try:
            self._check_room()
            header, key = self._copied(place / _COPY_FILE)
            _sealed(place / _COPY_FILE, place / _SEALED_FILE, header, key)
            (place / _COPY_FILE).unlink()
            _tried(place / _SEALED_FILE, place / _TRIAL_FILE, header, key)
            target = place / name_of(header.node, from_timestamp(header.at))
            (place / _SEALED_FILE).replace(target)
            flush_folder(place)
        finally:
            for name in (_COPY_FILE, _SEALED_FILE, _TRIAL_FILE):
                (place / name).unlink(missing_ok=True)
        return Kept(
            file=target.name,
            at=header.at,
            epoch=header.epoch,
            seq=header.seq,
            size=target.stat().st_size,
            took_ms=(monotonic_ns() - began) // _NS_A_MS,
        )

    def _check_room(self) -> None:
        size = (self.folder / store.FILE_NAME).stat().st_size * ROOM
        free = shutil.disk_usage(self.folder).free
        if free < size:
            raise NoRoomForBackup(needed=-(-size // 1_000_000), free=free // 1_000_000)

    def _copied(self, copy: Path) -> tuple[Header, bytes]:
        """A snapshot of the database, and what a file with it says of itself."""
        at = to_timestamp(self.clock())
        with (
            named_failures(copy),
            closing(open_for_money(self.folder / store.FILE_NAME)) as source,
        ):
            source.execute("VACUUM INTO ?", (str(copy),))
        copy.chmod(PRIVATE)
        held = backup_trial.glance(copy)
        certificate = held.membership.certificate
        key, sealed_key = backup_file.new_key(self.random, certificate.node, certificate.seal_key)
        files = {
            name: (self.folder / name).read_bytes()
            for name in FILES
            if (self.folder / name).exists()
        }
        header = Header(
            node=certificate.node,
            epoch=held.epoch,
            seq=held.seq,
            head=held.head.hex(),
            at=at,
            counts=held.counts,
            software=version("yika"),
            key=sealed_key,
            files=files,
        )
        return header, key

    def _doubled(self, state: BackupState, place: Path) -> BackupState:
        """Take the newest to the second medium, too; that it is absent is said, and no more."""
        if self.second is None:
            return state._replace(second_problem=None)
        try:
            with _refusals():
                check_second(self.second, self.folder, self.device)
                for backup in backups_in(place)[:1]:
                    _copied_and_compared(backup, self.second / backup.name)
                thin_out(self.second)
        except YikaError as failure:
            return state._replace(second_problem=Said.of(failure))
        assert state.good is not None, "it was made just now"
        return state._replace(second_at=state.good.at, second_problem=None)


def put_back(
    source: Path, folder: Path, operator: str, password: str, random: RandomSource
) -> Header:
    """Restore a backup into an empty data folder; the node there refuses to record or to sell.

    Raises:
        NoBackup, FolderInUse: nothing was changed.
        WrongPassword, VaultDamaged: the keys in the backup do not open; nothing was changed.
        BackupUnreadable, DatabaseDamaged, JournalDamaged, DiskFull: what was restored so far was
            removed.
    """
    header = backup_file.read_header(source)
    if any((folder / name).exists() for name in (store.FILE_NAME, vault.FILE_NAME)):
        raise FolderInUse(folder=str(folder))
    key = _opened(header, source, operator, password, random)
    folder.mkdir(parents=True, exist_ok=True)
    trial = folder / _TRIAL_FILE
    try:
        _tried(source, trial, header, key, keep=True)
        # The mark comes first: a restore that is cut leaves no folder that sells.
        Sentinel(folder).write(Mark.lost(header.epoch, header.seq + 1))
        for name, mode in FILES.items():
            if name in header.files:
                replace_file(folder / name, header.files[name], mode=mode)
        trial.replace(folder / store.FILE_NAME)
        flush_folder(folder)
    finally:
        trial.unlink(missing_ok=True)
    _project(folder)
    return header


def _opened(
    header: Header, source: Path, operator: str, password: str, random: RandomSource
) -> bytes:
    """The file's key, by the vault that travels in it."""
    if vault.FILE_NAME not in header.files:
        raise BackupUnreadable(file=source.name)
    with TemporaryDirectory() as aside:
        (Path(aside) / vault.FILE_NAME).write_bytes(header.files[vault.FILE_NAME])
        held = Vault(Path(aside), random)
        held.unlock(operator, password)
        own = held.seal_key()
        held.lock()
    return backup_file.opened_key(header, own)


def _sealed(copy: Path, target: Path, header: Header, key: bytes) -> None:
    with copy.open("rb") as source, target.open("wb") as file:
        target.chmod(PRIVATE)
        backup_file.write(source, file, header, key)
        file.flush()
        os.fsync(file.fileno())


def _tried(sealed: Path, trial: Path, header: Header, key: bytes, *, keep: bool = False) -> None:
    """Restore it, and demand of what comes out that it is what its header says."""
    try:
        with trial.open("wb") as file:
            trial.chmod(PRIVATE)
            backup_file.read(sealed, key, file)
            file.flush()
            if keep:
                os.fsync(file.fileno())
        held = backup_trial.check(trial)
        named = (header.node, header.epoch, header.seq, header.head, dict(header.counts))
        if named != (
            held.membership.node,
            held.epoch,
            held.seq,
            held.head.hex(),
            held.counts,
        ):
            raise JournalDamaged
    except BaseException:
        trial.unlink(missing_ok=True)
        raise
    if not keep:
        trial.unlink()


def _project(folder: Path) -> None:
    """Bring the tables up to this program, and make every projection anew from the journal."""
    store.open_store(folder).close()
    with closing(open_for_money(folder / store.FILE_NAME)) as connection, transaction(connection):
        projections.rebuild(connection)


def _copied_and_compared(source: Path, target: Path) -> None:
    """The same file on another disk: there when this returns, and read back."""
    if target.exists():
        return
    unfinished = target.with_name(f".{target.name}.new")
    try:
        with source.open("rb") as read, unfinished.open("wb") as written:
            shutil.copyfileobj(read, written, _PIECE)
            written.flush()
            os.fsync(written.fileno())
        if _digest(unfinished) != _digest(source):
            raise BackupUnreadable(file=target.name)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    flush_folder(target.parent)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@contextmanager
def _refusals() -> Iterator[None]:
    """What the operating system refuses, and SQLite with it, as a failure that can be said."""
    try:
        with named_failures():
            yield
    except OSError as failure:
        raise BackupFailed(why=why_refused(failure)) from failure
    except sqlite3.Error as failure:
        raise JournalDamaged from failure


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Hold the folder of backups; one process makes one at a time."""
    descriptor = os.open(place / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as cause:
        raise BackupRunning from cause
    finally:
        os.close(descriptor)
