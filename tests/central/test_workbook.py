"""The consolidated workbook, computed by LibreOffice and compared with the ledger."""

import hashlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from workbook_builders import (
    NODES,
    SHANGHAI,
    a_content,
    a_sale,
    ledger_of,
    printed,
    recalculated,
)
from yika_central.domain.ratings import Cause
from yika_central.reports.rows import Content, PeriodBackwards, SaleRow
from yika_central.reports.workbook import write_workbook
from yika_common.infra.workbook import sheet
from yika_common.infra.workbook.cells import inert
from yika_common.infra.workbook.sheet import FIRST_ROW, HEAD_ROW, SheetFull

SALES = [a_sale(number) for number in range(211)]
SUMMARY, LIST, LINES, RERATING, CONTROL = 0, 1, 2, 3, 8


def english(sentence: str) -> str:
    return sentence


def computed(content: Content, folder: Path) -> Workbook:
    """The workbook as a spreadsheet program shows it."""
    written = folder / "report.xlsx"
    write_workbook(written, content, english)
    (folder / "computed").mkdir()
    return load_workbook(recalculated(written, folder / "computed"), data_only=True)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    return computed(a_content(SALES), tmp_path_factory.mktemp("workbook"))


@pytest.fixture
def written(tmp_path: Path) -> Workbook:
    write_workbook(tmp_path / "report.xlsx", a_content(SALES), english)
    return load_workbook(tmp_path / "report.xlsx")


def values(shown_sheet: Worksheet) -> Iterator[tuple[Any, ...]]:
    return shown_sheet.iter_rows(values_only=True)


def statuses(book: Workbook) -> dict[str, str]:
    rows = values(book.worksheets[CONTROL])
    return {str(row[0]): str(row[4]) for row in rows if row[4] in ("OK", "CHECK", "MISSING")}


def section(book: Workbook, heading: str) -> list[tuple[Any, ...]]:
    """The rows of a section of the summary, its total last."""
    rows = list(values(book.worksheets[SUMMARY]))
    start = next(i for i, row in enumerate(rows) if row[0] == heading) + 2
    end = next(i for i, row in enumerate(rows[start:], start) if row[1] == "Total")
    return rows[start : end + 1]


def minor(amount: Any) -> int:
    hundredths: int = round(amount * 100)
    return hundredths


def test_every_figure_ties_to_the_ledger(shown: Workbook) -> None:
    found = statuses(shown)
    assert found.pop("STRANGER v9") == "CHECK"
    assert found.pop("N0003  营业厅") == "MISSING"
    assert set(found.values()) == {"OK"}
    assert found["All of them"] == "OK"
    assert len(found) > 20


def test_no_cell_shows_an_error(shown: Workbook) -> None:
    texts = [
        cell
        for page in shown.worksheets
        for row in values(page)
        for cell in row
        if isinstance(cell, str)
    ]
    assert [text for text in texts if text.startswith("#") or "Err:" in text] == []


@pytest.mark.parametrize(
    ("heading", "group"),
    [
        ("By service", lambda s: s.service),
        ("By vending point", lambda s: s.node),
        ("By area", lambda s: s.area),
        ("By operator", lambda s: (s.node, s.operator)),
    ],
    ids=["service", "node", "areas 0012 and 12 stay two", "operators *, >0, Li and li stay four"],
)
def test_the_summary_adds_up_each_group(
    shown: Workbook, heading: str, group: Callable[[SaleRow], Any]
) -> None:
    expected: dict[Any, list[int]] = {}
    for sale in SALES:
        sums = expected.setdefault(group(sale), [0, 0, 0, 0])
        for place, part in enumerate((1, sale.amount, sale.right or 0, sale.difference)):
            sums[place] += part
    rows = section(shown, heading)[:-1]
    found = [[row[2], *(minor(figure) for figure in row[3:6])] for row in rows]
    assert sorted(found) == sorted(expected.values())


def test_a_summarys_total_is_the_ledgers(shown: Workbook) -> None:
    ledger = ledger_of(SALES)
    for heading in ("By service", "By vending point", "By area", "By operator", "By outcome"):
        total = section(shown, heading)[-1]
        assert (total[2], minor(total[3]), minor(total[4]), minor(total[5])) == (
            ledger.sales,
            ledger.amount,
            ledger.right,
            ledger.difference,
        )


def test_the_differences_add_up_by_cause(shown: Workbook) -> None:
    total = section(shown, "Differences by cause")[-1]
    assert minor(total[3]) == ledger_of(SALES).difference


@pytest.mark.parametrize(
    ("figure", "status"),
    [
        ("amount", "Sales, charged"),
        ("lines", "Price lines, rows"),
        ("posted", "Differences posted to accounts"),
    ],
)
def test_a_ledger_that_says_otherwise_is_seen(tmp_path: Path, figure: str, status: str) -> None:
    ledger = ledger_of(SALES[:12])
    off_by_one = replace(ledger, **{figure: getattr(ledger, figure) + 1})
    found = statuses(computed(a_content(SALES[:12], off_by_one), tmp_path))
    assert found[status] == "CHECK"
    assert found["All of them"] == "CHECK"


def test_a_period_without_sales_still_makes_a_workbook(tmp_path: Path) -> None:
    found = statuses(computed(a_content([]), tmp_path))
    assert found["All of them"] == "OK"


def test_text_from_the_field_is_never_computed(written: Workbook, shown: Workbook) -> None:
    operators = [row[4] for row in written.worksheets[LIST].iter_rows(min_row=FIRST_ROW)]
    hostile = [cell for cell in operators if str(cell.value).startswith("=")]
    assert hostile
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in hostile)
    assert "=HYPERLINK(1)" in [row[4] for row in values(shown.worksheets[LIST])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bell\a and escape\x1b[2J", "bell\ufffd and escape\ufffd[2J"),
        ("half a pair \ud800", "half a pair \ufffd"),
        ("reversed \u202egnp.exe", "reversed \ufffdgnp.exe"),
        ("王芳\n二行", "王芳\n二行"),
        ("x" * 40_000, "x" * 32_766 + "…"),
    ],
    ids=["control characters", "lone surrogate", "direction override", "plain", "too long"],
)
def test_what_a_cell_cannot_hold_is_replaced_visibly(text: str, expected: str) -> None:
    assert inert(text) == expected


def test_control_characters_in_a_name_do_not_stop_the_report(tmp_path: Path) -> None:
    nasty = replace(a_sale(1), operator="\x00\ud800\x1f", account="\uffff")
    write_workbook(tmp_path / "report.xlsx", a_content([nasty]), english)
    row = next(
        load_workbook(tmp_path / "report.xlsx").worksheets[LIST].iter_rows(min_row=FIRST_ROW)
    )
    assert (row[4].value, row[5].value) == ("\ufffd\ufffd\ufffd", "\ufffd")


def test_numbers_are_numbers_dates_are_dates_and_identifiers_keep_their_zeros(
    written: Workbook,
) -> None:
    first = next(written.worksheets[LIST].iter_rows(min_row=FIRST_ROW))
    sale = SALES[0]
    assert first[0].value == sale.at.astimezone(SHANGHAI).replace(tzinfo=None)
    assert isinstance(first[0].value, datetime)
    assert (first[5].value, first[5].number_format) == ("00000000", "@")
    assert minor(first[11].value) == sale.amount
    assert first[11].number_format.startswith("#,##0.00")


def test_lists_are_tables_with_frozen_headings_that_print_on_every_page(written: Workbook) -> None:
    for page in written.worksheets[LIST:CONTROL]:
        assert page.freeze_panes is not None
        assert page.freeze_panes.endswith(str(FIRST_ROW))
        assert page.print_title_rows == f"${HEAD_ROW}:${HEAD_ROW}"
        (table,) = page.tables.values()
        headings = [cell.value for cell in page[HEAD_ROW]]
        assert [column.name for column in table.tableColumns] == headings
        assert len(set(headings)) == len(headings)
        assert (page.page_setup.orientation, page.page_setup.fitToWidth) == ("landscape", 1)


def test_totals_are_formulas(written: Workbook) -> None:
    summary = written.worksheets[SUMMARY]
    totals = [row for row in summary.iter_rows() if row[1].value == "Total"]
    assert all(cell.data_type == "f" for row in totals for cell in row[3:4])
    assert len(totals) == 6


def test_the_hash_over_the_rows_can_be_computed_from_the_sheet(tmp_path: Path) -> None:
    digest = write_workbook(tmp_path / "report.xlsx", a_content(SALES[:9]), english)
    book = load_workbook(tmp_path / "report.xlsx")
    lines = [
        f"{row[1]} {row[20]} {round(row[9] * 1000)} {minor(row[11])} {minor(row[13])}\n"
        for row in book.worksheets[LIST].iter_rows(min_row=FIRST_ROW, values_only=True)
        if isinstance(row[9], int | float)
    ]
    assert hashlib.sha256("".join(lines).encode()).hexdigest() == digest
    assert digest in [row[1] for row in values(book.worksheets[CONTROL])]


def test_the_re_rating_sheet_names_each_cause(shown: Workbook) -> None:
    rows = list(values(shown.worksheets[RERATING]))[HEAD_ROW:]
    listed = [s for s in SALES if s.causes or s.straddles]
    assert len(rows) == len(listed)
    first_cause = list(shown.worksheets[RERATING][HEAD_ROW])[14].value
    assert first_cause == "Wrong price"
    for row, sale in zip(rows, listed, strict=True):
        parts = {
            cause.value: minor(cell) for cause, cell in zip(Cause, row[14:], strict=False) if cell
        }
        assert parts == dict(sale.causes)


def test_it_prints_with_headings_and_page_numbers(tmp_path: Path) -> None:
    write_workbook(tmp_path / "report.xlsx", a_content(SALES), english)
    paper = printed(tmp_path / "report.xlsx", tmp_path)
    text = subprocess.run(
        ["pdftotext", "-layout", str(paper), "-"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    pages = text.split("\f")[:-1]
    sales_pages = [
        page for page in pages if page.rstrip().split("\n")[-1].strip().startswith("Sales")
    ]
    assert len(sales_pages) > 1
    assert all("Journal position" in page for page in sales_pages)
    assert f"/ {len(pages)}" in pages[-1]


def test_a_list_longer_than_a_sheet_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "LAST_ROW", 8)
    with pytest.raises(SheetFull):
        write_workbook(tmp_path / "report.xlsx", a_content(SALES), english)
    assert not (tmp_path / "report.xlsx").exists()


def test_a_ledger_lost_halfway_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off() -> Iterator[SaleRow]:
        yield a_sale(1)
        raise ConnectionResetError

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    content = replace(a_content([a_sale(1)]), sales=breaks_off())
    with pytest.raises(ConnectionResetError):
        write_workbook(tmp_path / "report.xlsx", content, english)
    assert list(tmp_path.iterdir()) == []


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    scope = a_content([]).scope
    with pytest.raises(PeriodBackwards):
        replace(scope, first_day=scope.last_day, last_day=scope.first_day)


def test_every_journal_says_what_is_missing(shown: Workbook) -> None:
    rows = [row for row in values(shown.worksheets[CONTROL]) if str(row[0]).startswith(NODES)]
    assert [row[6] for row in rows] == ["–", "–", "701–800, 901–950"]
