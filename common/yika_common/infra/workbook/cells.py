"""Cells: numbers are numbers, dates are dates, and text is never anything but text.

A cell is a pair of value and look.  Text from the field may begin with ``=`` or hold control
characters; it is written as a string in every case, so no spreadsheet program computes it (CSV
and formula injection, OWASP).  What a cell cannot hold is replaced by U+FFFD, visibly.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from yika_common.numbers import MONEY_PLACES, QUANTITY_PLACES

TEXT_MAX = 32_767
"""Characters in a cell; openpyxl would cut the rest off in silence."""

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "|", "%")
"""How text begins that a careless program might compute."""

MONEY = "#,##0.00;[Red]-#,##0.00"
QUANTITY = "#,##0.000;[Red]-#,##0.000;–"
COUNT = "#,##0"
TIME = "yyyy-mm-dd hh:mm:ss"
_AS_TEXT = "@"
_PLAIN = "General"

_FACE = "Calibri"
_INK, _SOFT, _BRAND, _PALE, _LINE = "16242B", "51626B", "2C3E66", "E8ECF6", "C9D1DF"
_INDENTED = ("text", "ident", "small", "time", "head", "total-text")
"""Text that would otherwise touch the number to its left."""


class Formula(str):
    """The text of a formula, with its equals sign; the only text that is computed."""

    __slots__ = ()


Value = str | int | Decimal | datetime | None
"""What a cell holds; None: nothing."""


class Cell(NamedTuple):
    """A value and the name of its look."""

    value: Value
    look: str


LOOKS: Final[dict[str, tuple[str, str]]] = {
    # look: (number format, alignment)
    "text": (_PLAIN, "left"),
    "ident": (_AS_TEXT, "left"),
    "small": (_AS_TEXT, "left"),
    "count": (COUNT, "right"),
    "money": (MONEY, "right"),
    "quantity": (QUANTITY, "right"),
    "price": ("#,##0.00####", "right"),
    "time": (TIME, "left"),
    "share": ("0.00%", "right"),
    "key": (COUNT, "right"),
    "title": (_PLAIN, "left"),
    "section": (_PLAIN, "left"),
    "subtitle": (_PLAIN, "left"),
    "head": (_AS_TEXT, "left"),
    "head-number": (_AS_TEXT, "right"),
    "total-text": (_PLAIN, "left"),
    "total-count": (COUNT, "right"),
    "total-money": (MONEY, "right"),
    "total-quantity": (QUANTITY, "right"),
    "status": (_PLAIN, "center"),
}


def add_looks(book: Workbook) -> None:
    """Give the workbook every look; each has a font of its own, or programs would switch faces."""
    for name, (number_format, horizontal) in LOOKS.items():
        kind = name.partition("-")[0]
        book.add_named_style(
            NamedStyle(
                name=f"yika {name}",
                number_format=number_format,
                font=_fonts().get(kind, Font(name=_FACE, size=10, color=_INK)),
                fill=_fills().get(kind, PatternFill()),
                border=_border(kind),
                alignment=Alignment(
                    horizontal=horizontal,
                    vertical="center",
                    wrap_text=kind == "head",
                    indent=1 if name in _INDENTED else 0,
                ),
            )
        )


def text(value: str) -> Cell:
    """Plain words."""
    return Cell(value, "text")


def ident(value: str) -> Cell:
    """A number that is a name: it keeps its zeros."""
    return Cell(value, "ident")


def count(value: int, look: str = "count") -> Cell:
    """A whole number."""
    return Cell(value, look)


def money(value: int | None) -> Cell:
    """Minor units, shown in the currency's unit; None leaves the cell empty."""
    return Cell(None if value is None else Decimal(value).scaleb(-MONEY_PLACES), "money")


def quantity(value: int | None) -> Cell:
    """Thousandths, shown in the service's unit; None leaves the cell empty."""
    return Cell(None if value is None else Decimal(value).scaleb(-QUANTITY_PLACES), "quantity")


def scaled(value: int, places: int) -> Cell:
    """A price or rate of ``10**-places``."""
    return Cell(Decimal(value).scaleb(-places), "price")


def time(value: datetime | None, zone: ZoneInfo) -> Cell:
    """A moment as the utility's clocks showed it; None leaves the cell empty."""
    return Cell(None if value is None else value.astimezone(zone).replace(tzinfo=None), "time")


def inert(value: str) -> str:
    """The text with everything replaced that a cell cannot hold or that hides what it says."""
    clean = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    return clean if len(clean) <= TEXT_MAX else clean[: TEXT_MAX - 1] + "…"


class Pen:
    """Draws one cell after the other on a streamed sheet.

    A cell is good until the next is drawn: the look of each is made once, not once a cell, which
    is most of what a cell costs.
    """

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self._drawn: dict[tuple[str, bool], SheetCell] = {}

    def draw(self, cell: Cell) -> SheetCell:
        """The cell as openpyxl writes it."""
        value = cell.value
        if isinstance(value, str) and not isinstance(value, Formula):
            drawn = self._blank(cell.look, quoted=value.startswith(LIKE_A_FORMULA))
            drawn.value = inert(value)
            drawn.data_type = "s"
            return drawn
        drawn = self._blank(cell.look, quoted=False)
        number_format = drawn.number_format
        drawn.value = value
        if isinstance(value, datetime):
            drawn.number_format = number_format  # openpyxl puts its own in the place of ours
        return drawn

    def _blank(self, look: str, *, quoted: bool) -> SheetCell:
        known = self._drawn.get((look, quoted))
        if known is None:
            known = self._drawn[look, quoted] = blank_cell(self._sheet, look, quoted=quoted)
        return known


def blank_cell(sheet: Worksheet, look: str, *, quoted: bool) -> SheetCell:
    """An empty cell of a look; ``quoted`` marks text that begins like a formula."""
    cell = WriteOnlyCell(sheet)
    cell.style = f"yika {look}"
    cell.quotePrefix = quoted
    return cell


def _fonts() -> dict[str, Font]:
    return {
        "title": Font(name=_FACE, size=16, bold=True, color=_BRAND),
        "section": Font(name=_FACE, size=12, bold=True, color=_BRAND),
        "subtitle": Font(name=_FACE, size=10, color=_SOFT),
        "head": Font(name=_FACE, size=10, bold=True, color="FFFFFF"),
        "total": Font(name=_FACE, size=10, bold=True, color=_INK),
        "status": Font(name=_FACE, size=10, bold=True, color=_INK),
        "key": Font(name=_FACE, size=8, color=_SOFT),
        "small": Font(name=_FACE, size=8, color=_SOFT),
    }


def _fills() -> dict[str, PatternFill]:
    return {
        "head": PatternFill("solid", start_color=_BRAND),
        "total": PatternFill("solid", start_color=_PALE),
    }


def _border(kind: str) -> Border:
    if kind in ("title", "subtitle", "section"):
        return Border()
    if kind == "total":
        return Border(top=Side("thin", color=_BRAND), bottom=Side("thin", color=_BRAND))
    return Border(bottom=Side("hair", color=_LINE))
