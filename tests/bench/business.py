"""The pages of business data on a large database, and how fast a workbook is written.

``business_page``: the sales of the last day, with their totals, as a browser gets them, where a
million sales are stored; limit: the same page where a thousand are, so that both show as many.
``node_workbook``: sixty thousand sales as a workbook, in the process that writes it, reading
included; limit: openpyxl's own write-only mode with the same values.  Both in processor time.
"""

import gc
import shutil
import sqlite3
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import process_time_ns
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from openpyxl import Workbook, load_workbook

from bench.measure import Result, interleaved, progress, spread
from bench.stored_sales import store_sales
from bench.traffic import NODE, Town
from node_pages import Clerk, Pages, pages_in
from yika_common.clock import from_timestamp
from yika_node.db.store import FILE_NAME, Store
from yika_node.services.reports.book import Asked, Writer
from yika_node.services.reports.catalogue import REPORTS
from yika_node.services.reports.model import Scope, Source, nobody
from yika_node.web.business_pages import _EXTENSION, desk

STORED, FEW = 1_000_000, 1_000
HOUSEHOLDS = 10_000
ROWS = 60_000
BOUND = 1.2
PAGE_MS = 50
_ROUNDS = 200
_BOOKS = 3
_DAY_S = 86_400
SHANGHAI = ZoneInfo("Asia/Shanghai")


def business_page(folder: Path) -> Iterator[Result]:
    """The page at a million sales against the same at a thousand; and its time itself."""
    yield from measure_pages(folder, STORED, FEW, _ROUNDS)


def measure_pages(folder: Path, many: int, few: int, rounds: int) -> Iterator[Result]:
    """Two results: the page against the same with few sales, and its slowest against the bound."""
    for name, count in (("many", many), ("few", few)):
        progress(f"business_page: storing {count:,} sales")
        (folder / name).mkdir()
        store_sales(folder / name, Town(min(HOUSEHOLDS, count)), count)
    with pages_in(folder / "many-pages") as large, pages_in(folder / "few-pages") as small:
        value = _page(large, folder / "many")
        limit = _page(small, folder / "few")
        value(), limit()
        gc.collect()
        gc.freeze()  # what the filling left is not the program's
        values, limits = interleaved(value, limit, rounds)
        gc.unfreeze()
    slowest = statistics.quantiles(values, n=100)[-1]
    note = f"the sales of a day with totals, {many:,} stored; middle of {rounds} pages"
    yield Result(
        bench="business_page",
        value=statistics.median(values),
        unit="ms",
        limit=statistics.median(limits),
        bound=BOUND,
        note=f"{note}, {spread(values)}; limit: {few:,} stored, {spread(limits)}",
    )
    yield Result(
        bench="business_page_p99",
        value=slowest,
        unit="ms",
        limit=PAGE_MS,
        bound=1.0,
        note=f"the same page, the slowest of a hundred; limit: {PAGE_MS} ms",
    )


def _page(pages: Pages, folder: Path) -> Callable[[], float]:
    """Get the page whose tables are the folder's; gives its milliseconds."""
    ((newest,),) = _rows(folder, "SELECT MAX(at) FROM intent")
    day = {"since": _typed(newest - _DAY_S), "until": _typed(newest)}
    path = f"/business?{urlencode(day)}"
    clerk: Clerk = pages.clerk()
    pages.app.extensions[_EXTENSION] = replace(desk_of(pages), store=Store(folder / FILE_NAME))

    def get() -> float:
        begin = process_time_ns()
        answer = clerk.get(path)
        taken = (process_time_ns() - begin) / 1e6
        if answer.status_code != 200 or answer.text.count("<tr>") < 50:
            raise RuntimeError("a page in a benchmark shows no sales")
        return taken

    return get


def _typed(moment: int) -> str:
    return f"{from_timestamp(moment).astimezone(SHANGHAI):%Y-%m-%dT%H:%M:%S}"


def desk_of(pages: Pages) -> Any:
    """The desk behind the pages, as it is made for the first of them."""
    with pages.app.test_request_context():
        return desk()


def _rows(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        return list(connection.execute(statement))


def node_workbook(folder: Path) -> Iterator[Result]:
    """The workbook of sixty thousand sales against openpyxl alone."""
    yield measure_workbook(folder, ROWS, _BOOKS)


def measure_workbook(folder: Path, rows: int, rounds: int) -> Result:
    """The workbook of all sales stored; the bare one holds the same values."""
    progress(f"node_workbook: storing {rows:,} sales")
    store_sales(folder, Town(min(HOUSEHOLDS, rows)), rows)
    cells = _cells(folder)
    values, limits = interleaved(
        partial(_timed, lambda: _written(folder)),
        partial(_timed, lambda: _bare(folder, cells)),
        rounds,
    )
    shutil.rmtree(folder / "books", ignore_errors=True)
    return Result(
        bench="node_workbook",
        value=statistics.median(values),
        unit="s",
        limit=statistics.median(limits),
        bound=BOUND,
        note=(
            f"{rows:,} sales, {len(cells[0])} columns, read, summed, hashed, styled; processor "
            f"time, middle of {rounds}; limit: openpyxl write-only with the same values, unstyled"
        ),
    )


def _timed(act: Callable[[], object]) -> float:
    begin = process_time_ns()
    act()
    return (process_time_ns() - begin) / 1e9


def _written(folder: Path) -> Path:
    target = folder / "written.xlsx"
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:

        def ask(statement: str, values: Sequence[object]) -> Any:
            return connection.execute(statement, tuple(values))

        source = Source(ask, nobody, SHANGHAI, NODE, 2_000_000_000)
        asked = Asked(filters=(), made_by="bench", made_at=0, software="bench")
        writer = Writer(REPORTS["sales"], source, asked, str)
        writer.write(target, Scope(since=0, until=2_000_000_000), lambda _rows: None)
    return target


def _cells(folder: Path) -> list[tuple[Any, ...]]:
    """The values of the workbook's list, as a reader gives them."""
    book = load_workbook(_written(folder), read_only=True)
    found = list(book.worksheets[0].iter_rows(min_row=5, values_only=True))
    book.close()
    return found


def _bare(folder: Path, rows: list[tuple[Any, ...]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(folder / "bare.xlsx")
