"""The process that reads a workbook: ``python -m yika_node.services.table_workbook``.

A workbook comes from somebody's machine, and its library was not made for what means harm.  So it
is read where nothing can suffer: in a process that may take so much memory and time and no more,
writes no file, and is thrown away.  It is given the workbook's bytes on its standard input and
says in one line of JSON what stands in the first sheet, every cell as text::

    {"rows": [["name", "phone"], ["王小明", "13912345678"]]}
    {"why": "formula", "cell": "B5"}

What a cell shows is taken only where it is what was typed: a formula's result is as old as the
program that wrote it, a day depends on a format, and of long numbers the last digits are lost.
"""

import io
import json
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import Any, Final

ROWS_MAX: Final = 5000
"""Rows below the head."""

COLUMNS_MAX: Final = 64
TEXT_MAX: Final = 4 << 20
"""Characters of all cells."""

PARTS_MAX: Final = 256
UNPACKED_MAX: Final = 48 << 20
MEMORY_MAX: Final = 512 << 20
CPU_MAX_S: Final = 20
_DIGITS: Final = 10**15
"""Numbers from here on were rounded by the program that wrote them."""


class Unusable(Exception):
    """The workbook is not read; ``why`` is a word of :mod:`yika_node.services.table_file`."""

    def __init__(self, why: str, cell: str = "") -> None:
        super().__init__(why, cell)
        self.why = why
        self.cell = cell


def rows_of(data: bytes) -> list[list[str]]:
    """The cells of the first sheet as texts, row by row; empty cells at a row's end are left out.

    Raises:
        Unusable: it is too large, or a cell holds what is no plain value.
        Exception: it is no workbook; what the library finds then is not named anywhere.
    """
    _check_parts(data)
    from openpyxl import load_workbook  # noqa: PLC0415 - after the limits, and the parts' sizes

    book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    if not book.worksheets:
        raise Unusable("unreadable")
    sheet = book.worksheets[0]
    # How large it says it is may be wrong; what lies beyond that would be left out unseen.
    sheet.reset_dimensions()
    rows, size = list[list[str]](), 0
    for row in sheet.iter_rows():
        texts = list(_texts(row))
        while texts and not texts[-1]:
            texts.pop()
        if len(rows) <= ROWS_MAX:
            rows.append(texts)
        elif texts:
            raise Unusable("lines")
        size += sum(map(len, texts))
        if len(texts) > COLUMNS_MAX or size > TEXT_MAX:
            raise Unusable("large")
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _check_parts(data: bytes) -> None:
    """Let no workbook unfold to more than a table of households can be."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        infos = parts.infolist()
    # No part gives more than it says here: the library stops there.
    if len(infos) > PARTS_MAX or sum(info.file_size for info in infos) > UNPACKED_MAX:
        raise Unusable("large")


def _texts(row: tuple[Any, ...]) -> Iterator[str]:
    for cell in row:
        value = cell.value
        if value is None:
            yield ""
        elif cell.data_type == "f":
            raise Unusable("formula", cell.coordinate)
        elif isinstance(value, str) and cell.data_type != "e":
            yield value.strip()
        elif cell.data_type == "n":
            if abs(value) >= _DIGITS:
                raise Unusable("number", cell.coordinate)
            yield str(int(value)) if value == int(value) else str(value)
        else:
            raise Unusable("value", cell.coordinate)


def main() -> None:
    """Read the workbook, and say what is in it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_MAX_S, CPU_MAX_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    data = sys.stdin.buffer.read()
    said: dict[str, object]
    try:
        said = {"rows": rows_of(data)}
    except Unusable as problem:
        said = {"why": problem.why, "cell": problem.cell}
    sys.stdout.buffer.write(json.dumps(said).encode())


if __name__ == "__main__":
    main()
