"""The two commits of a one-meter sale against bare sqlite3 doing the same two commits.

Value: a decided sale handed to the node's journal: minting the card's record (its MAC included),
the line, the chain's hash, the signature of the chain's end, every projection, the form's token;
two transactions, both on the disk.  Limit: the very same INSERT and UPDATE statements with the
same parameters in two transactions, through :mod:`sqlite3` alone, WAL and FULL, on a copy of the
same database beside it.  Card time is in neither.
"""

import gc
import itertools
import os
import random
import shutil
import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter_ns
from typing import TypeVar

from bench.measure import Result, interleaved, progress, spread
from bench.recording import Note, Twin, recorded
from bench.stored_sales import (
    commit_sale,
    move_tip,
    open_journal,
    reopen_journal,
    store_sales,
)
from bench.traffic import Sale, Town
from yika_node.db.store import FILE_NAME

Task = TypeVar("Task")

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
    os.sync()  # the disk shall not be busy with the past
    progress(f"sale_commits: selling {rounds:,} more")
    orders = _orders(town, rounds + _WARM_UP)
    notes = _notes(folder / "recorded", path, orders)
    journal = reopen_journal(folder)
    gc.collect()
    gc.freeze()  # the town is not the program's: it must not slow the collector down
    values, limits = interleaved(
        _each(orders, lambda order: commit_sale(journal, *order)),
        _each(notes, twin.repeat),
        rounds + _WARM_UP,
    )
    gc.unfreeze()
    twin.close()
    journal.close()
    return _result(stored, values[_WARM_UP:], limits[_WARM_UP:])


def _orders(town: Town, count: int) -> list[tuple[Sale, str]]:
    """Decided sales, each with its form's token."""
    tokens = random.Random(3)  # noqa: S311 - no secret, and the same every time
    sales = itertools.islice(town.sales(), count)
    return [(sale, tokens.randbytes(16).hex()) for sale in sales]


def _notes(folder: Path, path: Path, orders: list[tuple[Sale, str]]) -> list[list[Note]]:
    """What each sale will write: made beforehand in a journal that stands at the same place."""
    folder.mkdir()
    with recorded() as opened, closing(open_journal(folder)) as journal:
        recorder = opened[-1]
        move_tip(path, recorder)
        recorder.taken()
        notes = []
        for order in orders:
            commit_sale(journal, *order)
            notes.append(recorder.taken())
    return notes


def _each(tasks: Iterable[Task], act: Callable[[Task], None]) -> Callable[[], float]:
    """Do the next task at every call; gives its microseconds."""
    waiting = iter(tasks)

    def timed() -> float:
        task = next(waiting)
        begin = perf_counter_ns()
        act(task)
        return (perf_counter_ns() - begin) / 1000

    return timed


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
