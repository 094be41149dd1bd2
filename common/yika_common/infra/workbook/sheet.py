"""A sheet that is written from top to bottom, ready to be read and printed.

A list sheet looks like this: row 1 its title, row 2 what it covers, row 3 totals of what the
filter shows, row 4 the headings (frozen, repeated on every printed page), from row 5 the rows,
inside a named table with filters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from yika_common.errors import N_, YikaError
from yika_common.infra.workbook.cells import Cell, Formula, Pen

Translate = Callable[[str], str]

HEAD_ROW = 4
FIRST_ROW = HEAD_ROW + 1
LAST_ROW = 1_048_576
"""The last row a sheet can have, in every program that reads the format."""
_A4 = 9
_HEIGHTS = {"title": 26, "head": 30, "section": 20}
"""Of rows, in points."""


class SheetFull(YikaError):
    """More rows than a sheet can hold."""

    code = "sheet_full"
    sentence = N_(
        "The report has more rows than a sheet can hold (%(most)s). No file was made. "
        "Choose fewer days, one area or one vending point."
    )


def check_fits(rows: int) -> None:
    """Refuse a list that no sheet can hold, before a row of it is read.

    Raises:
        SheetFull: names the most there can be.
    """
    if rows > LAST_ROW - HEAD_ROW:
        raise SheetFull(most=LAST_ROW - HEAD_ROW)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list: its heading, its width in characters, the look of its cells.

    ``total`` puts the sum of the rows shown above the heading; ``printed`` is False for what only
    the screen shows.
    """

    name: str
    heading: str
    width: int
    look: str = "text"
    total: bool = False
    printed: bool = True

    @property
    def numeric(self) -> bool:
        """Whether its heading stands to the right, above numbers."""
        return self.look in ("count", "money", "quantity", "price", "share", "key")


class Sheet:
    """A sheet under construction; rows are numbered from 1."""

    def __init__(self, book: Workbook, title: str, widths: Sequence[int]) -> None:
        # A streamed sheet has what a Worksheet has, except that its cells cannot be read again.
        self._stream = cast(WriteOnlyWorksheet, book.create_sheet(title))
        sheet = cast(Worksheet, self._stream)
        self.title = title
        self.paper = sheet
        self._pen = Pen(sheet)
        self.rows = 0
        for index, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(index)].width = width
        _set_up_print(sheet)

    def append(self, *cells: Cell | None) -> int:
        """Write a row and return its number; None leaves a cell out.

        A title and headings make their row higher.
        """
        for cell in cells[:2]:
            if cell is not None and cell.look in _HEIGHTS:
                self.paper.row_dimensions[self.rows + 1].height = _HEIGHTS[cell.look]
        # A generator: each cell is written before the next is asked for, and may be used again.
        row: Any = (None if c is None else self._pen.draw(c) for c in cells)
        self.paper.append(row)
        self.rows += 1
        return self.rows

    def skip(self) -> None:
        """Leave a row empty."""
        self.append()

    def discard(self) -> None:
        """Throw the rows away, and the temporary file they were streamed to."""
        if not self._stream.closed:
            self._stream.close()
            # openpyxl would keep the file until the process ends, and tells nobody its name.
            cast(Any, self._stream)._writer.cleanup()

    def freeze(self, cell: str) -> None:
        """Keep what is above and to the left of the cell in sight; only before the first row."""
        self.paper.freeze_panes = cell

    def reference(self, column: str, first: int, last: int) -> str:
        """Rows of a column, as a formula on another sheet names them."""
        return f"'{self.title}'!${column}${first}:${column}${last}"


class ListSheet(Sheet):
    """A list with a title, totals, filters and one heading row."""

    def __init__(
        self,
        book: Workbook,
        *,
        title: str,
        table: str,
        subtitle: str,
        columns: Sequence[Column],
        frozen: int,
        _: Translate,
    ) -> None:
        super().__init__(book, title, [column.width for column in columns])
        self.columns = columns
        self._letters = {
            column.name: get_column_letter(index) for index, column in enumerate(columns, start=1)
        }
        self._headings = [_(column.heading) for column in columns]
        self._table = table
        self.freeze(f"{get_column_letter(frozen + 1)}{FIRST_ROW}")
        self.paper.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
        self.append(Cell(title, "title"))
        self.append(Cell(subtitle, "subtitle"))
        self._append_totals(_("Total of the rows shown"))
        self.append(
            *(
                Cell(heading, "head-number" if column.numeric else "head")
                for heading, column in zip(self._headings, columns, strict=True)
            )
        )

    def letter(self, name: str) -> str:
        """The letter of a column."""
        return self._letters[name]

    def column(self, name: str) -> str:
        """All rows of a column, for formulas; a list without rows has one empty row."""
        return self.reference(self.letter(name), FIRST_ROW, max(self.rows, FIRST_ROW))

    def finish(self) -> None:
        """Turn the rows into a table with filters."""
        if self.rows < FIRST_ROW:
            self.skip()  # a table needs a row
        last = get_column_letter(len(self.columns))
        area = f"A{HEAD_ROW}:{last}{self.rows}"
        table = Table(displayName=self._table, name=self._table, ref=area)
        table.autoFilter = AutoFilter(ref=area)
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
        table.tableColumns = [
            TableColumn(id=number, name=heading)
            for number, heading in enumerate(self._headings, start=1)
        ]
        self.paper.tables.add(table)  # add_table would warn of columns that are there
        printed = get_column_letter(sum(column.printed for column in self.columns))
        self.paper.print_area = f"A1:{printed}{self.rows}"

    def _append_totals(self, label: str) -> None:
        cells: list[Cell] = []
        for column in self.columns:
            letter = self._letters[column.name]
            rows = f"${letter}${FIRST_ROW}:${letter}${LAST_ROW}"
            cells.append(
                Cell(Formula(f"=SUBTOTAL(109,{rows})"), f"total-{column.look}")
                if column.total
                else Cell(None, "total-text")
            )
        cells[0] = Cell(label, "total-text")
        self.append(*cells)


def _set_up_print(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.7, footer=0.3)
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(
        left=_HeaderFooterPart(text="&A"), right=_HeaderFooterPart(text="&P / &N")
    )
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 100
