"""A limit on memory that the kernel enforces, where this process may set one.

A control group, of version 2 or 1, counts all memory of its processes, cached pages included, and
ends a process that needs more.  Where none can be made, the peak of the resident memory must do,
which also counts pages of files that the kernel may drop.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep

_MIB = 1 << 20
_PLACES = (
    # (folder in which groups are made, file of the limit, file of the most ever used)
    (Path("/sys/fs/cgroup"), "memory.max", "memory.peak"),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.max_usage_in_bytes"),
)
_TRIES = 50


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """Where processes are put; ``folder`` is None when no limit could be set."""

    folder: Path | None
    peak_file: str
    limit_mb: int

    def command(self, command: Sequence[str]) -> list[str]:
        """The command, run inside the group."""
        if self.folder is None:
            return list(command)
        entering = 'echo $$ > "$0" && exec "$@"'
        return ["sh", "-c", entering, str(self.folder / "cgroup.procs"), *command]

    def peak_mb(self) -> float | None:
        """The most the group has used so far, cached pages included; None without a group."""
        if self.folder is None:
            return None
        return int((self.folder / self.peak_file).read_text(encoding="ascii")) / _MIB


@contextmanager
def memory_group(limit_mb: int) -> Iterator[MemoryGroup]:
    """A group of its own with that limit, removed afterwards."""
    for root, limit_name, peak_name in _PLACES:
        group = root / f"yika-bench-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            limit = group / limit_name
            if not limit.exists():
                continue
            limit.write_text(str(limit_mb * _MIB), encoding="ascii")
            yield MemoryGroup(group, peak_name, limit_mb)
            return
        finally:
            _remove(group)
    yield MemoryGroup(None, "", limit_mb)


def _remove(group: Path) -> None:
    """The kernel lets go of a group a moment after its last process ended."""
    for _ in range(_TRIES):
        try:
            group.rmdir()
        except OSError:
            sleep(0.1)
        else:
            return
