"""All benchmarks by name, and running them."""

import tempfile
from pathlib import Path

from bench.business import business_page, node_workbook
from bench.card_time import card_time
from bench.cold_start import cold_start
from bench.commits import sale_commits
from bench.measure import Bench, progress
from bench.memory import node_in_96mb, node_memory
from bench.page_render import page_render, start_with_history
from bench.quote import quote
from bench.rerating import rerating
from bench.search import search
from bench.sync_size import sync_bytes

BENCHES: dict[str, Bench] = {
    "sale_commits": sale_commits,
    "quote": quote,
    "card_time": card_time,
    "sync_bytes": sync_bytes,
    "rerating": rerating,
    "node_memory": node_memory,
    "node_in_96mb": node_in_96mb,
    "cold_start": cold_start,
    "search": search,
    "page_render": page_render,
    "start_with_history": start_with_history,
    "business_page": business_page,
    "node_workbook": node_workbook,
}


def main(names: list[str]) -> int:
    """Run those named, or all, in order; 0 if every bound holds."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        progress(f"no benchmark is called {unknown[0]}; there are {', '.join(BENCHES)}")
        return 2
    failed = False
    for name in names or list(BENCHES):
        with tempfile.TemporaryDirectory(prefix=f"yika-bench-{name}-") as folder:
            for result in BENCHES[name](Path(folder)):
                print(result.line(), flush=True)
                failed = failed or not result.holds
    return 1 if failed else 0
