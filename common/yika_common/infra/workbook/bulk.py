"""Long lists: rows written as the text that they are in the file, and put into it at the end.

openpyxl lays out the sheet: widths, headings, styles, table, print.  The rows are written beside
it as they come, in the markup of the format (ECMA-376, 18.3.1.73 ``row`` and 18.3.1.4 ``c``), and
go into the sheet, below its headings, when the workbook is saved.  That takes a fraction of the
time of a cell object each, and memory for one row.
"""

import shutil
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from yika_common.infra.workbook.cells import LIKE_A_FORMULA, Value, blank_cell, inert
from yika_common.infra.workbook.sheet import FIRST_ROW, ListSheet

_DAY_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's calendar has no zone
_DAY_S: Final = 86_400
_END: Final = b"</sheetData>"
_SPECIAL: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class BulkRows:
    """The rows of one list, which has its headings and gets no rows by other means."""

    def __init__(self, book: Workbook, sheet: ListSheet) -> None:
        self._sheet = sheet
        self._path = f"xl/worksheets/sheet{book.sheetnames.index(sheet.title) + 1}.xml"
        self._columns = [
            (
                get_column_letter(number),
                blank_cell(sheet.paper, column.look, quoted=False).style_id,
                blank_cell(sheet.paper, column.look, quoted=True).style_id,
            )
            for number, column in enumerate(sheet.columns, start=1)
        ]
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - until close

    def write(self, values: Sequence[Value]) -> None:
        """Write one row: a value for each column; None and an empty text are an empty cell."""
        self._sheet.rows += 1
        row = self._sheet.rows
        parts = [f'<row r="{row}">']
        for (letter, style, quoted), value in zip(self._columns, values, strict=True):
            if value is None or value == "":
                parts.append(f'<c r="{letter}{row}" s="{style}"/>')
            elif isinstance(value, str):
                look = quoted if value.startswith(LIKE_A_FORMULA) else style
                said = inert(value).translate(_SPECIAL)
                parts.append(
                    f'<c r="{letter}{row}" s="{look}" t="inlineStr">'
                    f'<is><t xml:space="preserve">{said}</t></is></c>'
                )
            else:
                number = _serial(value) if isinstance(value, datetime) else value
                parts.append(f'<c r="{letter}{row}" s="{style}"><v>{number}</v></c>')
        parts.append("</row>")
        self._file.write("".join(parts).encode())

    def finish(self) -> None:
        """End the list; one without rows has an empty one, as a table must."""
        if self._sheet.rows < FIRST_ROW:
            self.write([None] * len(self._columns))
        self._sheet.finish()

    def save(self, book: Workbook, target: Path) -> None:
        """Save the workbook, these rows in it, as ``target`` (replaced)."""
        frame = target.with_name(f".{target.name}.frame")
        try:
            book.save(frame)
            with (
                zipfile.ZipFile(frame) as old,
                zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
            ):
                for entry in old.infolist():
                    if entry.filename != self._path:
                        new.writestr(entry, old.read(entry), zipfile.ZIP_DEFLATED)
                        continue
                    head, end, tail = old.read(entry).partition(_END)
                    with new.open(entry.filename, "w", force_zip64=True) as sheet:
                        sheet.write(head)
                        self._file.seek(0)
                        shutil.copyfileobj(self._file, sheet)
                        sheet.write(end + tail)
        finally:
            frame.unlink(missing_ok=True)

    def close(self) -> None:
        """Let the written rows go."""
        self._file.close()


def _serial(moment: datetime) -> float:
    """A moment as spreadsheets count: days since the end of 1899, to the second."""
    span = moment - _DAY_ZERO
    return span.days + span.seconds / _DAY_S
