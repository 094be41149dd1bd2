"""Resident memory of a node's server: after its start, after ten thousand sales, and in 96 MB.

The server is the production program, driven over its pages by a clerk who signs in, reads the
card and sells, eight meters or one at a time.  For the sales, the card lies in a reader inside
the server's process.  Limit: a process that imports and serves the same libraries and nothing of
the product.
"""

import statistics
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bench.measure import BENCH, Result, interleaved, progress
from bench.memory_group import memory_group
from bench.processes import Server, served
from bench.vending_point import METERS, VendingPoint, vending_point
from yika_common.services import PROFILES, Service
from yika_common.tools.demo.clerk import Clerk

BOUND: Final = 1.2
SALES: Final = 10_000
LIMIT_MB: Final = 96
SALES_WITHIN: Final = 500
_STARTS = 3
_SUM: Final = "60"
_FIRST_HEAT: Final = {PROFILES[METERS].index(Service.HEAT): "2000"}
"""Yuan that also pay the basic fee of the heating year."""


def node_memory(folder: Path) -> Iterator[Result]:
    """Two results: after the start, and after the sales."""
    with vending_point(folder) as point:
        bare = [sys.executable, str(BENCH / "bare_server.py"), str(folder / "bare.db")]
        progress("node_memory: starting")
        values, limits = interleaved(lambda: _after_start(point), lambda: _bare(bare), _STARTS)
        limit = statistics.median(limits)
        yield Result(
            bench="node_memory_start",
            value=statistics.median(values),
            unit="MiB",
            limit=limit,
            bound=BOUND,
            note=(
                f"resident memory of yika-node serve: enrolled, one operator signed in, one page "
                f"served; median of {_STARTS}; limit: a bare process serving the same libraries"
            ),
        )
        progress(f"node_memory: {SALES:,} sales")
        with served(point.command_with_card) as server:
            clerk = _sold_first(server, point)
            before = server.resident_mb()
            sell_baskets(clerk, SALES - METERS)
            value, peak = server.resident_mb(), server.peak_mb()
        yield Result(
            bench="node_memory_sales",
            value=value,
            unit="MiB",
            limit=limit,
            bound=BOUND,
            note=(
                f"the same after {SALES:,} sales ({SALES // METERS:,} baskets of {METERS} meters "
                f"over the pages, synced meanwhile), the card in a reader inside the process; "
                f"{before:.1f} after the first basket, peak {peak:.1f}"
            ),
        )


def node_in_96mb(folder: Path) -> Iterator[Result]:
    """One operator's sign-in and the sales, with no more memory than that."""
    with vending_point(folder) as point, memory_group(LIMIT_MB) as group:
        progress(f"node_in_96mb: {SALES_WITHIN} sales")
        with served(group.command(point.command_with_card)) as server:
            clerk = _sold_first(server, point)
            for number in range(SALES_WITHIN - METERS):
                sell(clerk, {number % METERS: _SUM})
            resident, used = server.peak_mb(), group.peak_mb()
        yield Result(
            bench="node_in_96mb",
            value=resident if used is None else used,
            unit="MiB",
            limit=LIMIT_MB,
            bound=1.0,
            note=(
                f"one operator's sign-in (Argon2id, 19 MiB) and {SALES_WITHIN} sales over the "
                + (
                    "pages; no control group could be made: "
                    if used is None
                    else "pages, all "
                    f"of them done in a control group of {LIMIT_MB} MiB, page cache included; "
                )
                + f"peak resident memory {resident:.1f}"
            ),
        )


def sell_baskets(clerk: Clerk, sales: int) -> None:
    """So many sales, a basket of all meters each."""
    for _ in range(0, sales, METERS):
        sell(clerk, dict.fromkeys(range(METERS), _SUM))


def sell(clerk: Clerk, amounts: Mapping[int, str]) -> None:
    """One basket; every line must be on the card."""
    states = clerk.sell(amounts)
    if set(states) != {"written"}:
        raise RuntimeError(f"a sale in a benchmark came back as {states}")


def _sold_first(server: Server, point: VendingPoint) -> Clerk:
    clerk = Clerk(server.url, point.operator, point.password)
    sell(clerk, dict.fromkeys(range(METERS), _SUM) | _FIRST_HEAT)
    return clerk


def _after_start(point: VendingPoint) -> float:
    with served(point.command) as server:
        Clerk(server.url, point.operator, point.password)
        return server.resident_mb()


def _bare(command: list[str]) -> float:
    with served(command) as server:
        server.page("/")
        return server.resident_mb()
