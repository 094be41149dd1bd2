"""Tables as other programs write them: text, workbooks, and files that only look like one."""

import io
import zipfile
from collections.abc import Callable, Sequence

import pytest
from openpyxl import Workbook

from yika_node.services import table_file, table_workbook
from yika_node.services.table_file import TableUnreadable, read_table, written_table
from yika_node.services.table_workbook import Unusable, rows_of

HEAD = ["account", "phone"]


def any_columns(_names: set[str]) -> bool:
    return True


def workbook(*rows: Sequence[object], head: Sequence[str] = HEAD) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (head, *rows):
        sheet.append(list(row))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with a part that says something else."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", 8) as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
    return made.getvalue()


def test_a_workbook_and_text_with_commas_are_the_same_table() -> None:
    rows: list[list[object]] = [["N00011", 13912345678], ["N00012", None], [None, None]]
    text = b"account,phone\nN00011,13912345678\nN00012,\n,\n"
    assert read_table(workbook(*rows), any_columns) == read_table(text, any_columns)
    assert read_table(text, any_columns)[1] == (3, {"account": "N00012", "phone": ""})


def test_a_number_is_read_as_it_was_typed_and_full_width_digits_are_digits() -> None:
    book = workbook(["１２", 96.4], ["  x ", 3.0], ["0012", -2])
    assert [line.fields for line in read_table(book, any_columns)] == [
        {"account": "12", "phone": "96.4"},
        {"account": "x", "phone": "3"},
        {"account": "0012", "phone": "-2"},
    ]


def test_an_empty_line_counts_and_is_left_out() -> None:
    book = workbook(["a", "1"], [None, None], ["b", "2"])
    assert [line.number for line in read_table(book, any_columns)] == [2, 4]
    text = b"account,phone\na,1\n\nb,2\n"
    assert [line.number for line in read_table(text, any_columns)] == [2, 4]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("=1+1", "cell B2 holds a formula"),
        ("=WEBSERVICE(A1)", "cell B2 holds a formula"),
        (110101199001011234, "more than 15 digits"),
        (True, "neither a text nor a number"),
        ("#REF!", "neither a text nor a number"),
    ],
)
def test_a_cell_that_shows_what_was_not_typed_is_named(cell: object, why: str) -> None:
    with pytest.raises(TableUnreadable) as caught:
        read_table(workbook(["a", cell]), any_columns)
    assert why in str(caught.value.facts["why"])


def a_bomb() -> bytes:
    """A small file that unfolds to a gigabyte."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as parts,
        parts.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(60):
            part.write(bytes(1 << 20))
    return made.getvalue()


def laughing() -> bytes:
    """A sheet whose text is nested ten times ten times ten."""
    nested = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 12))
    sheet = (
        f'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY l0 "ha">{nested}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<sheetData><row r="1"><c r="A1" t="str"><v>&l11;</v></c></row></sheetData></worksheet>'
    )
    return with_part(workbook(), "xl/worksheets/sheet1.xml", sheet.encode())


def far_away() -> bytes:
    """A sheet whose second row is its last possible one."""
    sheet = (
        '<?xml version="1.0"?>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<sheetData><row r="1"><c r="A1" t="str"><v>account</v></c></row>'
        '<row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c></row></sheetData></worksheet>'
    )
    return with_part(workbook(), "xl/worksheets/sheet1.xml", sheet.encode())


@pytest.mark.parametrize(
    "hostile",
    [
        a_bomb,
        laughing,
        far_away,
        lambda: b"PK\x03\x04" + bytes(64),
        lambda: workbook()[:-40],
        lambda: with_part(workbook(), "xl/workbook.xml", b"<workbook/>"),
        lambda: workbook(head=[f"c{at}" for at in range(80)]),
    ],
    ids=["bomb", "entities", "far row", "no parts", "cut off", "no sheet", "wide"],
)
def test_a_workbook_that_means_harm_is_refused_in_a_sentence(
    hostile: Callable[[], bytes],
) -> None:
    data = hostile()
    assert len(data) < table_file.FILE_MAX
    with pytest.raises(TableUnreadable):
        read_table(data, any_columns)


def test_without_the_bound_the_bomb_unfolds(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unusable):
        rows_of(a_bomb())
    monkeypatch.setattr(table_workbook, "UNPACKED_MAX", 1 << 40)
    with pytest.raises(KeyError):  # the library begins to look for what is in it
        rows_of(a_bomb())


def test_a_process_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_file, "READ_WITHIN_S", 0.001)
    with pytest.raises(TableUnreadable):
        read_table(workbook(["a", "b"]), any_columns)


def test_too_many_lines_and_too_large_a_file_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = b"account\n" + b"x\n" * 5000
    assert len(read_table(many, any_columns)) == 5000
    for data in (
        many + b"y\n",
        bytes(table_file.FILE_MAX + 1),
        b"account," + b'"' + b"x" * 200000,
    ):
        with pytest.raises(TableUnreadable):
            read_table(data, any_columns)
    rows = [[str(at)] for at in range(5001)]
    with pytest.raises(TableUnreadable):
        read_table(workbook(*rows, head=["account"]), any_columns)


def test_a_sheet_that_says_it_is_smaller_is_read_whole() -> None:
    data = workbook(["a", "1"], ["b", "2"])
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml")
    assert b'ref="A1:B3"' in sheet
    small = with_part(data, "xl/worksheets/sheet1.xml", sheet.replace(b"A1:B3", b"A1:A1"))
    assert read_table(small, any_columns) == read_table(data, any_columns)


def test_empty_rows_below_are_no_lines() -> None:
    data = workbook(["a", "1"], *[[None]] * 6000, ["", " "])
    assert len(read_table(data, any_columns)) == 1


@pytest.mark.parametrize("text", ["=1+1", "+86 139", "-5", "@x", "'quoted", "''", "plain", ""])
def test_what_we_write_is_read_again_and_begins_no_formula(text: str) -> None:
    data = written_table(HEAD, [["a", text]])
    cell = data.decode("utf-8-sig").splitlines()[1].partition(",")[2]
    assert not cell.startswith(("=", "+", "-", "@"))
    assert read_table(data, any_columns)[0].fields["phone"] == text
