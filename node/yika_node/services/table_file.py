"""Reading a table that somebody's other program wrote: a workbook, or text with commas.

Its first line names the columns.  Text may have tabs or semicolons in place of the commas, in
UTF-8 or GB 18030.  A workbook (XLSX) is read in a process of its own
(:mod:`yika_node.services.table_workbook`), which may break on it; its first sheet counts.
"""

import csv
import io
import json
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from yika_common.errors import N_, Phrase, YikaError
from yika_node.services.table_workbook import ROWS_MAX

FILE_MAX: Final = 4 << 20
READ_WITHIN_S: Final = 30
_BEGINS: Final = ("=", "+", "-", "@", "'")
"""What a spreadsheet takes for the beginning of a formula, and what it marks a text with."""

_WORKBOOK: Final = b"PK\x03\x04"
_ENCODINGS: Final = ("utf-8-sig", "gb18030")
_UNREADABLE: Final = "unreadable"
_WHY: Final = {
    _UNREADABLE: N_("it is no workbook that can be read"),
    "large": N_("it holds more than a table of accounts can"),
    "lines": N_("it has too many lines"),
    "formula": N_("cell %(cell)s holds a formula; save its value instead"),
    "number": N_("cell %(cell)s holds a number of more than 15 digits; write it as text"),
    "value": N_("cell %(cell)s holds neither a text nor a number; write it as text"),
}


class TableUnreadable(YikaError):
    """The file is no table of accounts."""

    code = "import_unreadable"
    sentence = N_(
        "The file is no table of accounts: %(why)s. Nothing was done. Save it as a workbook "
        "(XLSX) or as text with commas, with the columns that the manual names."
    )


class TableLine(NamedTuple):
    """A line below the head, by its number in the file; what is empty is an empty text."""

    number: int
    fields: dict[str, str]


def read_table(data: bytes, fits: Callable[[set[str]], bool]) -> tuple[TableLine, ...]:
    """The lines of a table, those left out that are empty.

    Args:
        data: the file.
        fits: whether a table with columns of these names is one.

    Raises:
        TableUnreadable: it is no table, or too large a one, or has other columns.
    """
    if len(data) > FILE_MAX:
        raise _unreadable("large")
    rows = _of_workbook(data) if data.startswith(_WORKBOOK) else _of_text(data)
    head = [name.strip() for name in next(iter(rows), (0, ()))[1]]
    if len({*head}) != len(head) or not fits({*head}):
        raise TableUnreadable(why=Phrase("its head names other columns"))
    lines = []
    for number, cells in rows[1:]:
        if len(cells) > len(head):
            raise TableUnreadable(why=Phrase("a line has more fields than the head"))
        texts = [*map(_plain, cells), *[""] * (len(head) - len(cells))]
        if any(texts):
            lines.append(TableLine(number, dict(zip(head, texts, strict=True))))
    if len(lines) > ROWS_MAX:
        raise _unreadable("lines")
    return tuple(lines)


def written_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table as text with commas, which :func:`read_table` reads and a spreadsheet shows."""
    text = io.StringIO(newline="")
    sheltered = ([_sheltered(cell) for cell in row] for row in rows)
    csv.writer(text).writerows([head, *sheltered])
    return text.getvalue().encode("utf-8-sig")


def _sheltered(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_BEGINS) else cell


def _plain(cell: str) -> str:
    """A cell in plain characters, as a form's field."""
    text = unicodedata.normalize("NFKC", cell).strip()
    return text[1:] if text[:1] == "'" and text[1:].startswith(_BEGINS) else text


def _of_text(data: bytes) -> list[tuple[int, Sequence[str]]]:
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise TableUnreadable(why=Phrase("its characters can't be read"))
    head = text.partition("\n")[0]
    mark = max(",\t;", key=head.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    rows: list[tuple[int, Sequence[str]]] = []
    try:
        for row in lines:
            rows.append((lines.line_num, row))
            if len(rows) > ROWS_MAX + 2:
                raise _unreadable("lines")
    except csv.Error as cause:
        raise TableUnreadable(why=Phrase("its characters can't be read")) from cause
    return rows


def _of_workbook(data: bytes) -> list[tuple[int, Sequence[str]]]:
    command = [sys.executable, "-m", "yika_node.services.table_workbook"]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=READ_WITHIN_S, check=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        # Whatever the library said of it, and whether it came to an end, is the same to the user.
        raise _unreadable(_UNREADABLE) from None
    said = json.loads(done.stdout)
    if "why" in said:
        raise _unreadable(said["why"], said["cell"])
    return list(enumerate(said["rows"], start=1))


def _unreadable(why: str, cell: str = "") -> TableUnreadable:
    return TableUnreadable(why=Phrase(_WHY[why], cell=cell))
