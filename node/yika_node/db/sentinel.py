"""The sentinel: how far the journal had come, in a small file outside the database.

A database put back from a backup does not know that it is old; the sentinel does.  It is replaced
and flushed when a journal is founded or closed, after every acknowledgement and every
:data:`CADENCE` records: often enough that a restored day is noticed, seldom enough that a sale
does not pay for it.  It is written after the commit it speaks of, so it may lag behind the
journal and is never ahead of it: a sentinel that can't be written undoes no commit and hides none.

Where a card, headquarters or a restore proves that the journal is not what it was, the sentinel
names a place that no journal holds, and the proof outlives the process that met it.
"""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from yika_common.errors import YikaError
from yika_common.infra.files import PRIVATE, replace_file

FILE_NAME: Final = "sentinel"
CADENCE: Final = 16

_NO_HASH: Final = bytes(32)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place the journal has reached: the hash after record ``seq`` of ``epoch``."""

    epoch: int
    seq: int
    head: bytes

    @classmethod
    def lost(cls, epoch: int, seq: int) -> Self:
        """A place that was reached and is not held: no record has this hash."""
        return cls(epoch, seq, _NO_HASH)


class Sentinel:
    """The file; one process writes it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._written: Mark | None = None

    def read(self) -> Mark | None:
        """The last mark, or None when there is none or its file is not readable as one.

        A damaged sentinel is no witness: the journal's own signature still guards the journal.
        """
        try:
            document = json.loads(self._path.read_bytes())
            return Mark(
                int(document["epoch"]), int(document["seq"]), bytes.fromhex(document["head"])
            )
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None

    def write(self, mark: Mark) -> None:
        """Remember the mark, on the disk when this returns.

        Raises:
            DiskFull, OSError: the mark before it is still there.
        """
        if mark == self._written:
            return
        document = {"epoch": mark.epoch, "seq": mark.seq, "head": mark.head.hex()}
        replace_file(self._path, json.dumps(document).encode() + b"\n", mode=PRIVATE)
        self._written = mark

    def follow(self, mark: Mark) -> None:
        """Come after a commit, if enough records have come since the last mark; see `reach`."""
        last = self._written
        if last is None or last.epoch != mark.epoch or mark.seq >= last.seq + CADENCE:
            self.reach(mark)

    def reach(self, mark: Mark) -> None:
        """Remember the mark if the disk lets us; what it speaks of is committed either way."""
        try:
            self.write(mark)
        except (YikaError, OSError) as failure:
            _log.warning("sentinel_behind", extra={"facts": {"why": type(failure).__name__}})
