"""The sentinel: how far the journal had come, in a small file outside the database.

A database put back from a backup does not know that it is old; the sentinel does.  It is written
and flushed when a journal is founded or closed, after every acknowledgement and every
:data:`CADENCE` records: often enough that a restored day is noticed, seldom enough that a sale
does not pay for it.  It is written after the commit it speaks of, so it may lag behind the
journal and is never ahead of it: a sentinel that can't be written undoes no commit and hides none.

Where a card, headquarters or a restore proves that the journal is not what it was, the sentinel
names a place that no journal holds, and the proof outlives the process that met it.

The file is made once and then written in place, which waits for the disk once and needs no room.
It has two slots, each on a page of its own (4096 bytes); the newer mark is in the slot whose turn
is higher, and the next goes to the other one.  Whatever a cut leaves of the slot being written,
the slot before it is whole:

======  ====  ===================================================
offset  size  field of a slot (integers big-endian)
======  ====  ===================================================
0       8     ``YIKASEN1``
8       8     turn: how many marks were written to the file
16      8     epoch
24      8     seq
32      32    hash after record ``seq``
64      32    SHA-256 of the 64 bytes before
96      4000  zeros
======  ====  ===================================================
"""

import errno
import hashlib
import logging
import os
import struct
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple, Self

from yika_common.errors import YikaError
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.values import dataclass

FILE_NAME: Final = "sentinel"
CADENCE: Final = 16

SLOT_SIZE: Final = 4096
SLOTS: Final = 2

_MAGIC: Final = b"YIKASEN1"
_FIELDS: Final = struct.Struct(">8sQQQ32s")
_HASH_SIZE: Final = 32
_NO_HASH: Final = bytes(_HASH_SIZE)
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


class _Written(NamedTuple):
    """A mark in the file, and its turn; the higher turn is the newer."""

    turn: int
    mark: Mark


class Sentinel:
    """The file; one process writes it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._written: _Written | None = None

    def read(self) -> Mark | None:
        """The last mark, or None when there is none or its file is not readable as one.

        A damaged sentinel is no witness: the journal's own signature still guards the journal.
        """
        newest = self._newest()
        return None if newest is None else newest.mark

    def write(self, mark: Mark) -> None:
        """Remember the mark, on the disk when this returns.

        Raises:
            DiskFull, OSError: the mark before it is still there.
        """
        last = self._written or self._newest()
        if self._written is not None and mark == self._written.mark:
            return
        written = _Written(1 if last is None else last.turn + 1, mark)
        if last is None or not self._overwrite(written):
            self._make(written)
        self._written = written

    def follow(self, mark: Mark) -> None:
        """Come after a commit, if enough records have come since the last mark; see `reach`."""
        last = None if self._written is None else self._written.mark
        if last is None or last.epoch != mark.epoch or mark.seq >= last.seq + CADENCE:
            self.reach(mark)

    def reach(self, mark: Mark) -> None:
        """Remember the mark if the disk lets us; what it speaks of is committed either way."""
        try:
            self.write(mark)
        except (YikaError, OSError) as failure:
            _log.warning("sentinel_behind", extra={"facts": {"why": type(failure).__name__}})

    def _newest(self) -> _Written | None:
        try:
            with self._path.open("rb") as file:
                slots = [_unpacked(file.read(SLOT_SIZE)) for _ in range(SLOTS)]
        except OSError:
            return None
        return max(
            (slot for slot in slots if slot is not None), key=attrgetter("turn"), default=None
        )

    def _overwrite(self, written: _Written) -> bool:
        """Write the slot whose turn it is; False when there is no such file any more."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            size = os.pwrite(descriptor, _packed(written), written.turn % SLOTS * SLOT_SIZE)
            if size != SLOT_SIZE:
                raise OSError(errno.EIO, "a slot was written in part", str(self._path))
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        return True

    def _make(self, written: _Written) -> None:
        """A file of full size, so that nothing after it needs room."""
        slots = [bytes(SLOT_SIZE)] * SLOTS
        slots[written.turn % SLOTS] = _packed(written)
        replace_file(self._path, b"".join(slots), mode=PRIVATE)


def _packed(written: _Written) -> bytes:
    mark = written.mark
    fields = _FIELDS.pack(_MAGIC, written.turn, mark.epoch, mark.seq, mark.head)
    return (fields + _hash(fields)).ljust(SLOT_SIZE, b"\0")


def _unpacked(slot: bytes) -> _Written | None:
    """What a slot says, or None when it is empty or was cut while it was written."""
    fields, check = slot[: _FIELDS.size], slot[_FIELDS.size : _FIELDS.size + _HASH_SIZE]
    if not fields.startswith(_MAGIC) or _hash(fields) != check:
        return None
    _, turn, epoch, seq, head = _FIELDS.unpack(fields)
    return _Written(turn, Mark(epoch, seq, head))


def _hash(fields: bytes) -> bytes:
    return hashlib.sha256(fields).digest()
