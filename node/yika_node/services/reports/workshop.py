"""Workbooks in the making: each in a process of its own, few at once, kept for a day.

A workbook belongs to whoever asked for it; nobody else is told of it.  It may name customers, so
it and what is written on the way lie where nothing outlives the power, readable by the program's
user alone: a disk that is taken away tells nobody who they are.  A machine without such a place
has them in its data folder.
"""

import json
import os
import shutil
import stat
import sys
import threading
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired
from typing import Any, Final

from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.values import dataclass
from yika_node.services.reports.making import BOOK_FILE, DONE, FAILED, RUNNING, STATE_FILE

FOLDER_NAME: Final = "workbooks"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - checked before it is used
"""Files here are gone with the power."""

AT_ONCE: Final = 2
KEPT_S: Final = 24 * 3600
KEPT_MOST: Final = 20
_ABOUT_FILE: Final = "about.json"
_GRACE_S: Final = 5
_ID_SIZE: Final = 8


class WorkbooksBusy(YikaError):
    """As many workbooks as may be are being made."""

    code = "workbooks_busy"
    sentence = N_(
        "%(most)s workbooks are being made already. No other one was begun. "
        "Wait for one of them, or cancel it."
    )


class WorkbookUnknown(YikaError):
    """No such workbook, or it is somebody else's, or it is not finished."""

    code = "workbook_unknown"
    sentence = N_(
        "There is no such workbook any more. Workbooks are kept for a day. Make it again."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """A workbook as it stands; ``size`` 0: nobody knows how many rows there will be."""

    id: str
    owner: str
    report: str
    asked_at: int
    rows: int = 0
    size: int = 0
    status: str = RUNNING
    sentence: str = ""

    @property
    def percent(self) -> int | None:
        """How far it has come, as far as that is known."""
        if self.status == DONE:
            return 100
        return min(100 * self.rows // self.size, 100) if self.size else None


class Workshop:
    """Starts, watches and ends the processes, and keeps what they made."""

    def __init__(self, folder: Path, clock: Clock, random: RandomSource) -> None:
        self._folder = fleeting(folder)
        self._clock = clock
        self._random = random
        self._lock = threading.Lock()
        self._running: dict[str, Popen[bytes]] = {}

    def start(self, owner: str, report: str, order: Mapping[str, Any]) -> str:
        """Begin a workbook and give its id; ``order`` lacks the folder alone.

        Raises:
            WorkbooksBusy: nothing was begun.
        """
        with self._lock:
            self._reap()
            if len(self._running) >= AT_ONCE:
                raise WorkbooksBusy(most=AT_ONCE)
            self._clean()
            name = self._random(_ID_SIZE).hex()
            room = self._folder / name
            room.mkdir(mode=0o700)
            about = {"owner": owner, "report": report, "asked_at": to_timestamp(self._clock())}
            replace_file(room / _ABOUT_FILE, json.dumps(about).encode(), mode=PRIVATE)
            command = [sys.executable, "-m", "yika_node.services.reports.making"]
            process = Popen(command, stdin=PIPE, env={**os.environ, "TMPDIR": str(room)})
            self._running[name] = process
            assert process.stdin is not None, "asked for"
            process.stdin.write(json.dumps({**order, "folder": str(room)}).encode() + b"\n")
            process.stdin.flush()
        return name

    def state(self, owner: str, name: str) -> Workbook:
        """How a workbook stands.

        Raises:
            WorkbookUnknown: there is none of that id that the owner asked for.
        """
        with self._lock:
            self._reap()
            found = self._read(name)
        if found is None or found.owner != owner:
            raise WorkbookUnknown
        return found

    def mine(self, owner: str) -> list[Workbook]:
        """The owner's workbooks, the newest first."""
        with self._lock:
            self._reap()
            found = [self._read(room.name) for room in self._rooms()]
        return [book for book in found if book is not None and book.owner == owner]

    def file(self, owner: str, name: str) -> Path:
        """The finished workbook.

        Raises:
            WorkbookUnknown: see :meth:`state`, or it is not finished.
        """
        if self.state(owner, name).status != DONE:
            raise WorkbookUnknown
        return self._folder / name / BOOK_FILE

    def drop(self, owner: str, name: str) -> None:
        """End a workbook in the making, or throw a finished one away.

        Raises:
            WorkbookUnknown: see :meth:`state`.
        """
        self.state(owner, name)
        with self._lock:
            process = self._running.pop(name, None)
            if process is not None:
                _end(process)
            shutil.rmtree(self._folder / name, ignore_errors=True)

    def _reap(self) -> None:
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                _end(process)
                del self._running[name]

    def _read(self, name: str) -> Workbook | None:
        room = self._folder / name
        try:
            about = json.loads((room / _ABOUT_FILE).read_bytes())
        except FileNotFoundError:
            return None
        try:
            state = json.loads((room / STATE_FILE).read_bytes())
        except FileNotFoundError:
            state = {}
        state.pop("digest", None)
        found = Workbook(id=name, **about, **state)
        if found.status == RUNNING and name not in self._running:
            # Its process is gone and said nothing.
            return Workbook(id=name, **about, status=FAILED)
        return found

    def _rooms(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        rooms = [room for room in self._folder.iterdir() if (room / _ABOUT_FILE).exists()]
        return sorted(
            rooms, key=lambda room: (room / _ABOUT_FILE).stat().st_mtime_ns, reverse=True
        )

    def _clean(self) -> None:
        """Throw away what is a day old, what failed, and the oldest beyond the most kept."""
        now = to_timestamp(self._clock())
        for place, room in enumerate(self._rooms()):
            found = self._read(room.name)
            if found is not None and found.status == RUNNING:
                continue
            old = found is None or now - found.asked_at > KEPT_S or found.status == FAILED
            if old or place >= KEPT_MOST:
                shutil.rmtree(room, ignore_errors=True)


def fleeting(folder: Path) -> Path:
    """Where the workbooks of a data folder lie; it is there, and the program's user's alone."""
    if MEMORY.is_dir():
        mark = sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
        place = MEMORY / f"yika-{FOLDER_NAME}-{mark}"
        try:
            place.mkdir(mode=0o700, exist_ok=True)
            found = place.lstat()
        except OSError:
            return _in(folder)
        # The folder is everybody's: somebody else may have taken the name.
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and _shut(found.st_mode):
            return place
    return _in(folder)


def _in(folder: Path) -> Path:
    place = folder / FOLDER_NAME
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def _shut(mode: int) -> bool:
    return not stat.S_IMODE(mode) & 0o077


def _end(process: "Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_GRACE_S)
    except TimeoutExpired:
        process.kill()
        process.wait()
