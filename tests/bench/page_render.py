"""Every page a clerk works with, and the program's start, where a town's history lies behind them.

``page_render``: all pages of the counter in turn, with a card in the reader, on a point with
50,000 accounts and 1,000,000 sales; limit: the same pages on a point with one account.  The second
line is the slowest of a hundred against 50 ms; both in processor time.

``start_with_history``: from the process' start to the sign-in page on that point; limit: the same
on the point with one account.
"""

import statistics
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import process_time_ns
from typing import Final

from bench.cold_start import first_page
from bench.measure import Result, interleaved, progress, spread
from bench.processes import BIN
from bench.search import _Counter, _homes
from node_world import OPERATOR, PASSWORD, open_with_card

ACCOUNTS: Final = 50_000
SALES: Final = 1_000_000
PAGE_MS: Final = 50.0
BOUND: Final = 1.2
START_BOUND: Final = 2.0
PLACES: Final = (
    "/",
    "/sell",
    "/card",
    "/accounts",
    "/accounts/{number}",
    "/accounts/{number}/card",
    "/sales",
    "/receipts/{epoch}/{basket}",
    "/pending",
    "/cards",
    "/cards/stock",
    "/readings",
    "/tariffs",
    "/sync",
    "/operators",
    "/shift",
    "/business",
    "/manual",
)
_ROUNDS, _STARTS = 25, 7


def page_render(folder: Path) -> Iterator[Result]:
    """The pages, against few of everything and against the clock."""
    yield from measure_pages(folder, ACCOUNTS, SALES, _ROUNDS)


def start_with_history(folder: Path) -> Iterator[Result]:
    """The start, against that of a point with one account."""
    yield measure_start(folder, ACCOUNTS, SALES, _STARTS)


def measure_pages(folder: Path, accounts: int, sales: int, rounds: int) -> Iterator[Result]:
    """The same with other numbers of accounts, sales and rounds."""
    many, few = _points(folder, accounts, sales)
    there, here = _places(many), _places(few)
    values: list[float] = []
    limits: list[float] = []
    slowest: dict[str, float] = {}
    progress(f"page_render: {len(there)} pages, {rounds} rounds")
    for path, same in zip(there, here, strict=True):
        value, limit = interleaved(
            partial(_timed, many, path), partial(_timed, few, same), rounds + 2
        )
        values += value[2:]
        limits += limit[2:]
        slowest[path] = max(value[2:])
    worst = max(slowest, key=lambda path: slowest[path])
    note = f"{len(there)} pages; {accounts:,} accounts, {sales:,} sales; {spread(values)}"
    yield Result(
        bench="page_render",
        value=statistics.median(values),
        unit="ms",
        limit=statistics.median(limits),
        bound=BOUND,
        note=f"{note}; limit: one account, {spread(limits)}",
    )
    yield Result(
        bench="page_render_p99",
        value=sorted(values)[len(values) * 99 // 100],
        unit="ms",
        limit=PAGE_MS,
        bound=1.0,
        note=f"the slowest of a hundred; the slowest page is {worst} with {slowest[worst]:.1f} ms",
    )
    for counter in (many, few):
        counter.node.close()


def measure_start(folder: Path, accounts: int, sales: int, rounds: int) -> Result:
    """The same with other numbers of accounts, sales and starts."""
    commands = []
    for counter in _points(folder, accounts, sales):
        counter.node.close()
        data = str(counter.clerk.pages.world.folder)
        commands.append([str(BIN / "yika-node"), "--data", data, "serve", "--port", "0"])
    many, few = commands
    progress(f"start_with_history: {rounds} starts each")
    values, limits = interleaved(
        lambda: first_page(many, "/login"), lambda: first_page(few, "/login"), rounds + 1
    )
    values, limits = values[1:], limits[1:]
    return Result(
        bench="start_with_history",
        value=statistics.median(values),
        unit="ms",
        limit=statistics.median(limits),
        bound=START_BOUND,
        note=f"{accounts:,} accounts, {sales:,} sales; {spread(values)}; limit {spread(limits)}",
    )


def _points(folder: Path, accounts: int, sales: int) -> tuple[_Counter, _Counter]:
    return (
        _Counter.opened(folder / "many", _homes(accounts), sales),
        _Counter.opened(folder / "few", [], 0),
    )


def _places(counter: _Counter) -> list[str]:
    """The pages' addresses, once a customer was served whose card stays in the reader."""
    counter.node.staff.sign_in(OPERATOR, PASSWORD)
    account, _ = open_with_card(counter.clerk.pages.world, counter.node)
    counter.clerk.sell({"amount-0": "100", "amount-4": "50"})
    sale = counter.node.enquiries.sales().rows[0]
    known = {"number": account.number, "epoch": sale.epoch, "basket": sale.basket}
    return [place.format(**known) for place in PLACES]


def _timed(counter: _Counter, path: str) -> float:
    """Milliseconds of processor time until that page has come."""
    begin = process_time_ns()
    page = counter.clerk.get(path)
    taken = (process_time_ns() - begin) / 1_000_000
    assert page.status_code == 200, page.text
    return taken
