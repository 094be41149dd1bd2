"""A report as a workbook: its list, what it adds up to, and whether it may be believed.

The list is a named table under frozen headings, its totals are formulas over what the filter
shows.  The control sheet compares its rows and sums with what was added up while they were read,
says what was asked and by whom, and holds the SHA-256 of the rows.
"""

import hashlib
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from openpyxl.workbook import Workbook

from yika_common.clock import from_timestamp
from yika_common.errors import N_
from yika_common.infra.workbook.bulk import BulkRows
from yika_common.infra.workbook.cells import (
    Cell,
    Value,
    add_looks,
    count,
    ident,
    inert,
    money,
    quantity,
    text,
    time,
)
from yika_common.infra.workbook.sheet import Column as SheetColumn
from yika_common.infra.workbook.sheet import ListSheet, check_fits
from yika_common.infra.workbook.ties import TiesSheet
from yika_common.numbers import MONEY_PLACES, QUANTITY_PLACES
from yika_common.values import dataclass
from yika_node.services.reports.model import Cells, Kind, Report, Scope, Source
from yika_node.services.reports.words import Translate, shown

TELL_EVERY: Final = 500
"""Rows between two words on how far it has come."""

LOOKS: Final[dict[Kind, str]] = {
    Kind.TEXT: "text",
    Kind.IDENT: "ident",
    Kind.WORD: "text",
    Kind.ACCOUNT: "ident",
    Kind.RECEIPT: "ident",
    Kind.TIME: "time",
    Kind.COUNT: "count",
    Kind.QUANTITY: "quantity",
    Kind.MONEY: "money",
    Kind.SHARE: "share",
}
_PLACES: Final = {Kind.MONEY: MONEY_PLACES, Kind.QUANTITY: QUANTITY_PLACES, Kind.SHARE: 4}
_HASHED: Final = (
    N_(
        "The hash is over one line for each row: its values as the tables hold them, "
        "set apart by |:"
    ),
    N_(
        "times in seconds since 1970, money and quantities in their smallest parts, "
        "words in English."
    ),
)
_WIDTHS: Final = [46, 24, 24, 16, 13]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the workbook says of itself: who asked for what, when, with which program."""

    filters: tuple[tuple[str, str], ...]
    made_by: str
    made_at: int
    software: str


@dataclass(frozen=True, slots=True)
class Made:
    """What was written: rows, and their hash as hex."""

    rows: int
    digest: str


class Tally:
    """What the rows add up to, counted as they are read."""

    def __init__(self, report: Report) -> None:
        names = [column.name for column in report.columns]
        self.rows = 0
        self.named = 0
        """Rows with something in their first column."""
        self.sums = {
            place: 0
            for place, column in enumerate(report.columns)
            if column.total and (column.kind is not Kind.QUANTITY or "service" not in names)
        }
        self._service = names.index("service") if "service" in names else None
        self._quantity = names.index("quantity") if "quantity" in names else None
        self.quantities: dict[object, int] = {}
        """By service, as it is called in English."""
        self.digest = hashlib.sha256()

    def take(self, cells: Cells) -> None:
        """Count one row."""
        self.rows += 1
        self.named += cells[0] not in (None, "", 0)
        for place in self.sums:
            value: Any = cells[place]
            self.sums[place] += value or 0
        if self._service is not None and self._quantity is not None:
            service, figure = cells[self._service], cells[self._quantity]
            if service and isinstance(figure, int):
                self.quantities[service] = self.quantities.get(service, 0) + figure
        said = "|".join("" if value is None else str(value) for value in cells)
        self.digest.update(f"{said}\n".encode())


class Writer:
    """Writes one report's workbook, in one language."""

    def __init__(self, report: Report, source: Source, asked: Asked, translate: Translate) -> None:
        self._report = report
        self._source = source
        self._asked = asked
        self._translate = translate
        self._kinds = [column.kind for column in report.columns]

    def write(self, target: Path, scope: Scope, tell: Callable[[int], None]) -> Made:
        """Write the workbook to ``target``; ``tell`` hears how many rows are done.

        Raises:
            SheetFull: more rows than a sheet can hold; no file was written.
        """
        _ = self._translate
        book, tally = Workbook(write_only=True), Tally(self._report)
        add_looks(book)
        sheet = self._sheet(book, tally)
        control = ControlSheet(book, _("Control"), _WIDTHS, _)
        rows = BulkRows(book, sheet)
        try:
            for line in self._report.rows(self._source, scope, "", 0):
                check_fits(tally.rows + 1)
                rows.write(
                    [self._value(*pair) for pair in zip(self._kinds, line.cells, strict=True)]
                )
                tally.take(line.cells)
                if tally.rows % TELL_EVERY == 0:
                    tell(tally.rows)
            tell(tally.rows)
            rows.finish()
            control.write(sheet, tally, self._subtitle(), self._told(tally))
            book.properties.title = _(self._report.title)
            book.properties.creator = self._asked.software
            made_at = from_timestamp(self._asked.made_at).replace(tzinfo=None)
            book.properties.created = book.properties.modified = made_at
            rows.save(book, target)
        finally:
            rows.close()
            sheet.discard()
            control.discard()
        return Made(tally.rows, tally.digest.hexdigest())

    def _sheet(self, book: Workbook, tally: Tally) -> ListSheet:
        report = self._report
        return ListSheet(
            book,
            title=self._translate(report.title),
            table="ReportTable",
            subtitle=self._subtitle(),
            columns=[
                SheetColumn(
                    column.name,
                    column.heading,
                    column.wide,
                    LOOKS[column.kind],
                    total=place in tally.sums,
                )
                for place, column in enumerate(report.columns)
            ],
            frozen=1,
            _=self._translate,
        )

    def _value(self, kind: Kind, value: Any) -> Value:
        """A row's value as a cell holds it."""
        if value is None:
            return None
        if kind in _PLACES:
            return Decimal(value).scaleb(-_PLACES[kind])
        if kind is Kind.TIME:
            return time(from_timestamp(value), self._source.zone).value if value else None
        if kind is Kind.COUNT:
            return int(value)
        if kind is Kind.WORD:
            return shown(value, self._translate)
        return f"{self._source.node}-{value}" if kind is Kind.RECEIPT else str(value)

    def _subtitle(self) -> str:
        made = from_timestamp(self._asked.made_at).astimezone(self._source.zone)
        parts = [f"{name}: {value}" for name, value in self._asked.filters]
        about = {"at": made.strftime("%Y-%m-%d %H:%M:%S"), "by": self._asked.made_by}
        parts.append(self._translate(N_("made %(at)s by %(by)s")) % about)
        return inert(" · ".join(parts))

    def _told(self, tally: Tally) -> list[tuple[str, Cell]]:
        """How the workbook came to be."""
        _, asked, source = self._translate, self._asked, self._source
        return [
            *((name, ident(value)) for name, value in asked.filters),
            (_("Time zone"), ident(source.zone.key)),
            (_("Vending point"), ident(source.node)),
            (_("Made at"), time(from_timestamp(asked.made_at), source.zone)),
            (_("Made by"), ident(asked.made_by)),
            (_("Software"), ident(asked.software)),
            (_("Rows"), count(tally.rows)),
            (_("SHA-256 of the rows"), Cell(tally.digest.hexdigest(), "ident")),
        ]


class ControlSheet(TiesSheet):
    """Ties of the list, and how the workbook came to be."""

    def write(
        self, sheet: ListSheet, tally: Tally, subtitle: str, told: Iterable[tuple[str, Cell]]
    ) -> None:
        """Write every section; the list must be complete."""
        _ = self._translate
        self.begin(subtitle)
        first = self.begin_ties(_("The workbook ties to the tables"), N_("Vending point"))
        column = sheet.columns[0]
        formula = f"=COUNTA({sheet.column(column.name)})"
        self.tie(_("Rows"), count(tally.named), formula)
        for place, total in tally.sums.items():
            column = sheet.columns[place]
            cell = {"money": money, "quantity": quantity}.get(column.look, count)(total)
            self.tie(_(column.heading), cell, f"=SUM({sheet.column(column.name)})")
        for service, total in tally.quantities.items():
            name = _(str(service))
            named = name.replace('"', '""')
            added = f'=SUMIFS({sheet.column("quantity")},{sheet.column("service")},"{named}")'
            self.tie(name, quantity(total), added)
        self.end_ties(first)
        self.append(Cell(_("How this workbook came to be"), "section"))
        for name, cell in told:
            self.append(text(name), cell)
        for said in _HASHED:
            self.append(Cell(_(said), "subtitle"))
        self.end("E")
