"""From starting the process to the first page served, against a bare Flask page.

Value: ``yika-node serve`` on an enrolled data folder, until its sign-in page has arrived.  Limit:
a Flask page behind waitress, until it has arrived.  Byte code is there for both, the files are in
the page cache, and the two alternate.
"""

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.measure import BENCH, Result, interleaved, progress, spread
from bench.processes import served
from bench.vending_point import vending_point

BOUND = 4.0
_ROUNDS = 11


def cold_start(folder: Path) -> Iterator[Result]:
    """The one result."""
    progress(f"cold_start: {_ROUNDS} starts each")
    with vending_point(folder) as point:
        yield measure_cold_start(point.command, "/login", _ROUNDS)


def measure_cold_start(command: list[str], path: str, rounds: int) -> Result:
    """Start both that often, after once that does not count."""
    bare = [sys.executable, str(BENCH / "bare_page.py")]
    values, limits = interleaved(
        lambda: first_page(command, path), lambda: first_page(bare, "/"), rounds + 1
    )
    values, limits = values[1:], limits[1:]
    return Result(
        bench="cold_start",
        value=statistics.median(values),
        unit="ms",
        limit=statistics.median(limits),
        bound=BOUND,
        note=(
            f"median of {rounds} starts, from the process' start to the sign-in page; limit: a "
            f"bare Flask page behind waitress; p10..p90 {spread(values)}, limit {spread(limits)}"
        ),
    )


def first_page(command: list[str], path: str) -> float:
    """Milliseconds from starting the server to its page's arrival."""
    with served(command) as server:
        return server.page(path)
