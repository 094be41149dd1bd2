"""The two commits of a one-meter sale against bare sqlite3 doing the same two commits.

Value: a decided sale handed to the node's journal: minting the card's record (its MAC included),
the line, the chain's hash, the signature of the chain's end, every projection, the form's token;
two transactions, both on the disk.  Limit: the very same INSERT and UPDATE statements with the
same parameters in two transactions, through :mod:`sqlite3` alone, WAL and FULL, on a copy of the
same database beside it.

At the counter the card's time lies between the two commits, so neither finds the machine warm from
the other.  Here journal and limit therefore take turns commit by commit, and a sale is the sum of
its two.
"""

import gc
import itertools
import os
import random
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from time import perf_counter_ns

from bench.measure import Result, interleaved, progress, spread
from bench.recording import Note, Twin, recorded
from bench.stored_sales import (
    commit_intent,
    commit_written,
    reopen_journal,
    store_sales,
)
from bench.traffic import Sale, Town
from yika_node.db.journal import Journal
from yika_node.db.store import FILE_NAME

Act = Callable[[], object]

SIZES = (1_000, 1_000_000)
BOUND = 2.0
HOUSEHOLDS = 10_000
_ROUNDS = 800
_WARM_UP = 50


def sale_commits(folder: Path) -> Iterator[Result]:
    """One result for each number of stored sales."""
    for stored in SIZES:
        room = folder / str(stored)
        room.mkdir()
        yield measure_commits(room, stored, _ROUNDS)
        shutil.rmtree(room)


def measure_commits(folder: Path, stored: int, rounds: int) -> Result:
    """The commits at that many stored sales."""
    progress(f"sale_commits: storing {stored:,} sales")
    path = folder / FILE_NAME
    town = Town(min(HOUSEHOLDS, stored))
    store_sales(folder, town, stored)
    twin = Twin(path, folder / "twin.db")
    progress(f"sale_commits: selling {rounds:,} more")
    orders = _orders(town, rounds + _WARM_UP)
    notes = _notes(folder, orders)
    journal = reopen_journal(folder)
    os.sync()  # the disk shall not be busy with the past
    gc.collect()
    gc.freeze()  # the town is not the program's: it must not slow the collector down
    values, limits = interleaved(
        _timed(_commits(journal, orders)),
        _timed(partial(twin.repeat, part) for part in notes),
        2 * (rounds + _WARM_UP),
    )
    gc.unfreeze()
    twin.close()
    journal.close()
    return _result(stored, _summed(values), _summed(limits))


def _orders(town: Town, count: int) -> list[tuple[Sale, str]]:
    """Decided sales, each with its form's token."""
    tokens = random.Random(3)  # noqa: S311 - no secret, and the same every time
    sales = itertools.islice(town.sales(), count)
    return [(sale, tokens.randbytes(16).hex()) for sale in sales]


def _notes(folder: Path, orders: list[tuple[Sale, str]]) -> list[list[Note]]:
    """What each commit will write: made beforehand, in a copy of the journal."""
    with tempfile.TemporaryDirectory(dir=folder) as copy:
        shutil.copyfile(folder / FILE_NAME, Path(copy) / FILE_NAME)
        with recorded() as opened, closing(reopen_journal(Path(copy))) as journal:
            opened[-1].taken()
            notes = []
            for act in _commits(journal, orders):
                act()
                notes.append(opened[-1].taken())
    return notes


def _commits(journal: Journal, orders: list[tuple[Sale, str]]) -> Iterator[Act]:
    """The two commits of every sale, to be done one after the other."""
    for sale, token in orders:
        seqs: list[int] = []
        yield lambda: seqs.append(commit_intent(journal, sale, token))  # noqa: B023 - done at once
        yield lambda: commit_written(journal, sale, seqs[0])  # noqa: B023


def _timed(acts: Iterable[Act]) -> Callable[[], float]:
    """Do the next act at every call; gives its microseconds."""
    waiting = iter(acts)

    def do() -> float:
        act = next(waiting)
        begin = perf_counter_ns()
        act()
        return (perf_counter_ns() - begin) / 1000

    return do


def _summed(figures: list[float]) -> list[float]:
    """Two commits make a sale; the first sales are warming up."""
    pairs = zip(figures[::2], figures[1::2], strict=True)
    return [first + second for first, second in pairs][_WARM_UP:]


def _result(stored: int, values: list[float], limits: list[float]) -> Result:
    return Result(
        bench=f"sale_commits_{stored}",
        value=statistics.median(values),
        unit="us",
        limit=statistics.median(limits),
        bound=BOUND,
        note=(
            f"p50 of {len(values)} one-meter sales at {stored:,} stored ones; limit: bare "
            "sqlite3, the same statements in two WAL+FULL transactions; p10..p90 "
            f"{spread(values)}, limit {spread(limits)}; mean {statistics.mean(values):.0f}, limit "
            f"{statistics.mean(limits):.0f}"
        ),
    )
