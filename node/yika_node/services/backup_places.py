"""Where backups lie, what they are called, and which of them are kept.

Backups lie in the folder ``backups`` beside the database and, where one is configured, on a second
medium.  That is believed to be there only where it is another file system than the data's: the
empty folder under which a stick is usually found is on the same disk as the data.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from yika_node.services.backup_errors import SecondMediumAbsent

SUFFIX: Final = ".yikabackup"
HOURLY: Final = 24
DAILY: Final = 14
WEEKLY: Final = 8

_STAMP: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(r"[0-9A-Z-]{1,8}-(\d{8}T\d{6}Z)" + re.escape(SUFFIX))


def name_of(node: str, at: datetime) -> str:
    """The name of a backup made at that moment."""
    return f"{node}-{at.astimezone(UTC):{_STAMP}}{SUFFIX}"


def made_at(path: Path) -> datetime | None:
    """When a backup was made, by its name; None: it is no backup's name."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def backups_in(folder: Path) -> list[Path]:
    """Every backup in the folder, newest first; other files are passed over."""
    dated = ((made_at(path), path) for path in folder.glob(f"*{SUFFIX}"))
    found = [(at, path) for at, path in dated if at is not None]
    return [path for _, path in sorted(found, reverse=True)]


def kept(times: Iterable[datetime]) -> set[datetime]:
    """Which are kept: the newest of the last 24 hours, 14 days and 8 weeks that have any."""
    newest_first = sorted(times, reverse=True)
    chosen: set[datetime] = set()
    for many, span in ((HOURLY, _hour), (DAILY, _day), (WEEKLY, _week)):
        firsts: dict[object, datetime] = {}
        for at in newest_first:
            firsts.setdefault(span(at), at)
        chosen.update(list(firsts.values())[:many])
    return chosen


def thin_out(folder: Path) -> None:
    """Remove the backups that are no longer kept; other files are left alone.

    Raises:
        OSError: one can't be removed.
    """
    times = {path: made_at(path) for path in backups_in(folder)}
    staying = kept(at for at in times.values() if at is not None)
    for path, at in times.items():
        if at is not None and at not in staying:
            path.unlink(missing_ok=True)


def device_of(folder: Path) -> int:
    """The number of the file system that the folder lies on.

    Raises:
        OSError: there is no such folder.
    """
    return folder.stat().st_dev


def check_second(second: Path, data: Path, device: Callable[[Path], int] = device_of) -> None:
    """Believe that the second medium is there.

    Raises:
        SecondMediumAbsent: it is missing, or what is there is the data's own disk.
    """
    try:
        there = second.is_dir() and device(second) != device(data)
    except OSError:
        there = False
    if not there:
        raise SecondMediumAbsent(place=str(second))


def _hour(at: datetime) -> object:
    return at.astimezone(UTC).strftime("%Y%m%d%H")


def _day(at: datetime) -> object:
    return at.astimezone(UTC).date()


def _week(at: datetime) -> object:
    return at.astimezone(UTC).isocalendar()[:2]
