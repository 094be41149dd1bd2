"""How the backups stand: what the program that makes them left written for the pages.

``backups/state.json`` is replaced whole after every attempt.  The pages read it again only when it
was replaced.
"""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from yika_common.clock import from_timestamp
from yika_common.errors import Phrase, YikaError
from yika_common.infra.files import replace_file

FOLDER: Final = "backups"
FILE: Final = "state.json"
OLD: Final = timedelta(days=1)
TOO_OLD: Final = timedelta(days=4)
_NOT_A_STATE = (OSError, ValueError, KeyError, TypeError)


class Said(NamedTuple):
    """A failure as it was written down: its code, its sentence and what fills it."""

    code: str
    sentence: str
    facts: Mapping[str, str | int]

    @classmethod
    def of(cls, failure: YikaError) -> Self:
        """The failure, to be written down."""
        facts = {
            name: str(fact) if isinstance(fact, Phrase) else fact
            for name, fact in failure.facts.items()
        }
        return cls(failure.code, failure.sentence, facts)


class Kept(NamedTuple):
    """One backup that passed its trial: where, how far it reaches, and what it took.

    ``at`` is in seconds since 1970 UTC; ``size`` in bytes, ``took_ms`` in milliseconds.
    """

    file: str
    at: int
    epoch: int
    seq: int
    size: int
    took_ms: int


class BackupState(NamedTuple):
    """The last attempt and the last good backup, in either place; 0: there was none.

    ``second_place`` is empty where no second medium is configured.
    """

    tried_at: int = 0
    problem: Said | None = None
    good: Kept | None = None
    second_place: str = ""
    second_at: int = 0
    second_problem: Said | None = None

    def save(self, folder: Path) -> None:
        """Write it into the folder of backups.

        Raises:
            DiskFull, OSError: what stood there before still stands.
        """
        held = self._asdict() | {
            name: None if (part := getattr(self, name)) is None else part._asdict()
            for name in _PARTS
        }
        replace_file(folder / FILE, json.dumps(held, ensure_ascii=True).encode())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What stands there; nothing yet where nothing readable does."""
        try:
            held: dict[str, Any] = json.loads((folder / FILE).read_bytes())
            for name, shape in _PARTS.items():
                if held[name] is not None:
                    held[name] = shape(**held[name])
            return cls(**held)
        except _NOT_A_STATE:
            return cls()


_PARTS: Final[dict[str, type[Said] | type[Kept]]] = {
    "problem": Said,
    "second_problem": Said,
    "good": Kept,
}


class Safekeeping:
    """What pages and background work know of the backups of one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER
        self._wanted = threading.Event()
        self._read: tuple[object, BackupState] = (None, BackupState())

    def state(self) -> BackupState:
        """How the backups stand now."""
        try:
            found = (self.folder / FILE).stat()
        except OSError:
            return BackupState()
        stamp = (found.st_mtime_ns, found.st_ino)
        if self._read[0] != stamp:
            self._read = (stamp, BackupState.load(self.folder))
        return self._read[1]

    def ask(self) -> None:
        """Let a backup be made soon: a shift was closed."""
        self._wanted.set()

    def take_order(self) -> bool:
        """Whether one was asked for since this was last asked."""
        wanted = self._wanted.is_set()
        self._wanted.clear()
        return wanted


def age_of(state: BackupState, now: datetime, since: Callable[[], datetime]) -> timedelta:
    """How long ago the last good backup was made, or how long there has been none ``since``."""
    good = state.good
    return now - (since() if good is None else from_timestamp(good.at))
