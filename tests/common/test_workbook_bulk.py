"""Long lists: what is written is what a reader finds, and nothing of it is ever computed."""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from yika_common.infra.workbook.bulk import BulkRows
from yika_common.infra.workbook.cells import Value, add_looks, inert
from yika_common.infra.workbook.sheet import FIRST_ROW, Column, ListSheet

COLUMNS = (
    Column("name", "Name", 20),
    Column("code", "Code", 20, "ident"),
    Column("at", "Time", 20, "time"),
    Column("count", "Count", 20, "count", total=True),
    Column("money", "Money", 20, "money", total=True),
)
EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - a spreadsheet's calendar has no zone
TIMES = st.integers(0, 3_000_000_000).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
MONEY = st.integers(-(10**12), 10**12).map(lambda minor: Decimal(minor).scaleb(-2))
ROWS = st.tuples(
    st.none() | st.text(max_size=40),
    st.none() | st.text("0123456789=+-@", max_size=20),
    st.none() | TIMES,
    st.none() | st.integers(0, 10**9),
    st.none() | MONEY,
)


def written(rows: Sequence[Sequence[Value]]) -> Any:
    """The list as openpyxl reads it."""
    book = Workbook(write_only=True)
    add_looks(book)
    sheet = ListSheet(
        book, title="List", table="Rows", subtitle="all", columns=COLUMNS, frozen=1, _=str
    )
    with tempfile.TemporaryDirectory() as folder, closing(BulkRows(book, sheet)) as bulk:
        for row in rows:
            bulk.write(row)
        bulk.finish()
        bulk.save(book, Path(folder) / "list.xlsx")
        assert [path.name for path in Path(folder).iterdir()] == ["list.xlsx"]
        return load_workbook(Path(folder) / "list.xlsx").worksheets[0]


def as_read(value: Value) -> Any:
    if isinstance(value, str):
        # A line's end is one character in XML, however it was written.
        return inert(value).replace("\r\n", "\n").replace("\r", "\n") or None
    return value


@settings(max_examples=25, deadline=None)
@given(st.lists(ROWS, max_size=8))
def test_a_reader_finds_the_values_that_were_written(rows: list[tuple[Value, ...]]) -> None:
    sheet = written(rows)
    found = list(sheet.iter_rows(min_row=FIRST_ROW, values_only=True))
    expected = [tuple(as_read(value) for value in row) for row in rows] or [(None,) * 5]
    for read, meant in zip(found, expected, strict=True):
        assert read[:4] == meant[:4]
        assert read[4] is None if meant[4] is None else read[4] == pytest.approx(float(meant[4]))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(1)", "<b>&amp;"])
def test_text_from_the_field_is_text(text: str) -> None:
    sheet = written([(text, text, None, None, None)])
    cell, code = sheet.cell(FIRST_ROW, 1), sheet.cell(FIRST_ROW, 2)
    assert (cell.value, cell.data_type, code.data_type) == (text, "s", "s")
    assert cell.quotePrefix == (text[0] in "=+-@")
    assert code.number_format == "@"


def test_a_formula_written_as_one_would_be_seen() -> None:
    """The control: the totals above the list are formulas, and are read as such."""
    assert written([("a", "0012", EPOCH, 1, Decimal("2.50"))]).cell(3, 4).data_type == "f"


def test_a_list_is_a_table_whatever_its_length() -> None:
    for rows in ([], [("a", "0012", EPOCH, 1, Decimal("2.50"))] * 3):
        table = written(rows).tables["Rows"]
        assert table.ref == f"A4:E{4 + max(len(rows), 1)}"
