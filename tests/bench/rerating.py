"""Pricing every stored purchase again: the program's way against SQL written for these rows.

Value: queueing every account and service and draining the queue, in batches with a transaction
each, every shape of tariff allowed for.  Limit: :mod:`bench.hand_written`, which must leave the
very same ratings, causes and postings.  Each run is a process of its own on a copy of the same
database.  A second line compares the drain's peak memory with that for a tenth of the purchases.
"""

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.hand_written import same_results
from bench.measure import BENCH, Result, interleaved, progress, spread
from bench.stored_purchases import store_purchases

SALES: Final = 1_000_000
BOUND: Final = 2.5
MEMORY_BOUND: Final = 1.15
_ROUNDS: Final = 3
_TIMEOUT_S: Final = 900


def rerating(folder: Path) -> Iterator[Result]:
    """The time for a million, and the memory."""
    yield from measure_rerating(folder, SALES, _ROUNDS)


def measure_rerating(folder: Path, sales: int, rounds: int) -> Iterator[Result]:
    """Two results for so many sales.

    Raises:
        RuntimeError: both ways do not leave the same results.
    """
    progress(f"rerating: storing {sales} sales")
    many, few = folder / "many", folder / "few"
    for where, number in ((many, sales), (few, sales // 10)):
        where.mkdir()
        store_purchases(where, number)
    peaks: list[float] = []

    def value() -> float:
        progress("rerating: draining")
        told = _run("drain", many, folder / "drained")
        peaks.append(told["peak_mb"])
        return told["seconds"]

    def limit() -> float:
        progress("rerating: by hand")
        return _run("hand", many, folder / "by_hand")["seconds"]

    values, limits = interleaved(value, limit, rounds)
    if not same_results(folder / "drained" / "central.db", folder / "by_hand" / "central.db"):
        raise RuntimeError("what was drained is not what was computed by hand")
    yield Result(
        bench=f"rerating_{sales}",
        value=statistics.median(values),
        unit="s",
        limit=statistics.median(limits),
        note=f"{sales} sales priced again and stored; {spread(values)} against {spread(limits)}",
        bound=BOUND,
    )
    small = _run("drain", few, folder / "drained")["peak_mb"]
    yield Result(
        bench="rerating_memory",
        value=statistics.median(peaks),
        unit="MiB",
        limit=small,
        note=f"peak for {sales} sales against {sales // 10}",
        bound=MEMORY_BOUND,
    )


def _run(way: str, source: Path, target: Path) -> dict[str, float]:
    """Run one way on a fresh copy of a database."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    done = subprocess.run(
        [sys.executable, str(BENCH / "rerating_process.py"), way, str(target)],
        check=True,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told
