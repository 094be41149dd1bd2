"""What an inspection looks at outside the vending point: disk, memory, clock, program."""

import shutil
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Final

from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_node.db import store
from yika_node.services.findings import Finding, bad, good, reading, warn

CLOCK_SLACK_S: Final = 120
"""A clock may be this much behind the last record: another process may be recording now."""

DISK_LOW, DISK_OUT = 2_000, 300
"""Megabytes free: below the first somebody should see to it, below the second sales may stop."""

MEMORY_LOW: Final = 150
"""Megabytes that the machine has left for everything."""

_MB: Final = 1_000_000
_KIB: Final = 1024


class ClockBehind(YikaError):
    """The machine's clock was set back, or lost its battery."""

    code = "clock_behind"
    sentence = N_(
        "The clock reads %(now)s, earlier than the last record (%(last)s). Sales are stamped with "
        "the later time until it is right. Set the clock."
    )


def wall_clock(folder: Path, clock: Clock, ahead_s: int | None = None) -> Finding:
    """The clock against what is known to have passed: our records and headquarters' last word.

    ``ahead_s``: by how much it was ahead of headquarters' clock at the last exchange, if known.

    Raises:
        ClockBehind: it shows an earlier time.
    """
    with reading(folder) as connection:
        (last,) = connection.execute("SELECT max(at) FROM tip").fetchone()
        (told,) = connection.execute("SELECT max(headquarters_at) FROM acknowledgement").fetchone()
    now, known = clock(), max(last or 0, told or 0)
    if to_timestamp(now) < known - CLOCK_SLACK_S:
        raise ClockBehind(now=now.isoformat(), last=from_timestamp(known).isoformat())
    if told is None:
        return good(N_("Clock"), N_("The clock reads %(now)s."), now=now.isoformat())
    if ahead_s is not None and abs(ahead_s) > CLOCK_SLACK_S:
        return warn(
            N_("Clock"),
            N_("The clock reads %(now)s; headquarters' clock differs by %(minutes)s minutes."),
            N_("Set the clock."),
            now=now.isoformat(),
            minutes=abs(ahead_s) // 60,
        )
    return good(
        N_("Clock"),
        N_("The clock reads %(now)s, not earlier than headquarters' last word."),
        now=now.isoformat(),
    )


def disk(folder: Path) -> Finding:
    """Room on the data's disk."""
    free = shutil.disk_usage(folder).free // _MB
    path = folder / store.FILE_NAME
    size = path.stat().st_size // _MB if path.exists() else 0
    text = N_("%(free)s MB are free on the disk; the database takes %(size)s MB.")
    advice = N_("Remove files that are not needed; never those in the data folder.")
    if free < DISK_OUT:
        return bad(N_("Disk"), text, advice, free=free, size=size)
    if free < max(DISK_LOW, 3 * size):
        return warn(N_("Disk"), text, advice, free=free, size=size)
    return good(N_("Disk"), text, free=free, size=size)


def memory(*, running: bool) -> Finding:
    """The memory that the machine has left, and, from inside, what this program takes."""
    left = _kib("/proc/meminfo", "MemAvailable") // _KIB
    if running:
        text = N_("The program takes %(taken)s MB of memory; the machine has %(left)s MB left.")
        facts = {"left": left, "taken": _kib("/proc/self/status", "VmRSS") // _KIB}
    else:
        text, facts = N_("The machine has %(left)s MB of memory left."), {"left": left}
    if left < MEMORY_LOW:
        advice = N_("Close other programs, such as further windows of the browser.")
        return warn(N_("Memory"), text, advice, **facts)
    return good(N_("Memory"), text, **facts)


def software(folder: Path) -> Finding:
    """Which program this is, and whether the tables are its own."""
    if store.needs_update(folder):
        return warn(
            N_("Program"),
            N_("This is Yika %(version)s; the tables are an earlier version's."),
            N_("Start the program once: it makes a backup and brings them up to date."),
            version=version("yika"),
        )
    return good(
        N_("Program"),
        N_("This is Yika %(version)s on Python %(python)s."),
        version=version("yika"),
        python=python_version(),
    )


def _kib(file: str, name: str) -> int:
    """A figure of the kernel's, in KiB; 0 where this system tells none."""
    try:
        lines = Path(file).read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    found = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(next(found, "0"))
