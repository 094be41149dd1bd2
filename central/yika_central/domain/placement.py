"""Where the records of a segment belong: a pure decision on hashes.

Source: the ingest rules of the journal.  A record is known when its hash is known at its position.
Known records are passed over; the others continue the branch whose last record is the one before
them.  If that branch already has another record there, the journal has forked: the new records
begin a branch of their own and nothing is given up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Position = tuple[int, bytes]
"""A seq and the hash of the record there."""


@dataclass(frozen=True, slots=True)
class BranchEnd:
    """A branch of one journal: where it left its parent, and its last record."""

    branch: int
    parent: int
    base: int
    upto: int
    head: bytes
    floor_at: int


@dataclass(frozen=True, slots=True)
class Placed:
    """The records from index ``start`` on are new and go onto ``branch``.

    ``begins`` is set when the branch is a new one, leaving ``parent`` after record ``base``.
    Nothing is new when ``start`` is the number of records.
    """

    branch: int
    start: int
    begins: bool = False
    parent: int = 0
    base: int = 0


@dataclass(frozen=True, slots=True)
class Missing:
    """The record before the segment is not here; ``contradicts``: another one is."""

    contradicts: bool


def place(
    first: int,
    previous: bytes,
    hashes: Sequence[bytes],
    branches: Sequence[BranchEnd],
    known: Mapping[Position, int],
) -> Placed | Missing:
    """Decide where records ``first``, ``first`` + 1, ... with these hashes belong.

    ``known`` maps each position from ``first`` - 1 to the segment's end that is here to its
    branch; the genesis hash stands at position 0.
    """
    before = (first - 1, previous)
    if before not in known:
        main = min(branches, key=lambda end: end.branch)
        return Missing(contradicts=main.upto >= first - 1)
    start = 0
    while start < len(hashes) and (first + start, hashes[start]) in known:
        before = (first + start, hashes[start])
        start += 1
    branch = known[before]
    seq = before[0]
    end = next(end for end in branches if end.branch == branch)
    if start == len(hashes) or end.upto == seq:
        return Placed(branch, start)
    newest = max(end.branch for end in branches)
    return Placed(newest + 1, start, begins=True, parent=branch, base=seq)


def holder(branches: Mapping[int, BranchEnd], branch: int, seq: int) -> int:
    """The branch under which the record at ``seq`` of ``branch`` is stored."""
    while branch in branches and seq <= branches[branch].base and branch != 0:
        branch = branches[branch].parent
    return branch
