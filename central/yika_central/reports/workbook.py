"""The consolidated workbook: sales, prices, re-rating, settlement, debts, cards, control.

It is streamed: rows are read once, in order, and none is held.  Numbers are numbers, times are
dates in the utility's time zone, identifiers are text, and every total is a formula; the control
sheet compares them with what the database added up.
"""

import hashlib
from pathlib import Path

from openpyxl.workbook import Workbook

from yika_central.reports.card_sheet import CardsSheet
from yika_central.reports.control_sheet import ControlSheet, Lists
from yika_central.reports.list_sheets import LinesSheet, ReratingSheet, SalesSheet
from yika_central.reports.rows import Content
from yika_central.reports.settlement_sheets import (
    AdjustmentsSheet,
    DebtsSheet,
    SettlementSheet,
)
from yika_central.reports.summary_sheet import SummarySheet
from yika_common.errors import N_
from yika_common.infra.workbook.cells import add_looks
from yika_common.infra.workbook.sheet import ListSheet, Sheet, Translate, check_fits

TITLE = N_("Consolidated sales report")


def write_workbook(target: Path, content: Content, translate: Translate) -> str:
    """Write the workbook to ``target`` (replaced) and return the SHA-256 of its rows, as hex.

    Raises:
        SheetFull: a list is longer than a sheet; no file was written.
    """
    check_fits(content.ledger.sales)
    check_fits(content.ledger.lines)
    book = Workbook(write_only=True)
    add_looks(book)
    sheets = _Sheets(book, content, translate)
    try:
        digest = sheets.write(content)
        _set_properties(book, content, translate)
        book.save(target)
    except BaseException:
        sheets.discard()
        raise
    return digest


class _Sheets:
    """The sheets of one workbook, in their order."""

    def __init__(self, book: Workbook, content: Content, _: Translate) -> None:
        self._translate = _
        self._subtitle = _subtitle(content, _)
        self._summary = SummarySheet(book, content.groups, _)
        self._sales = SalesSheet(book, content.scope, self._subtitle, content.groups, _)
        self._lines = LinesSheet(book, content.scope, self._subtitle, _)
        self._rerating = ReratingSheet(book, content.scope, self._subtitle, _)
        self._settlement = SettlementSheet(book, content.scope, self._subtitle, _)
        self._adjustments = AdjustmentsSheet(book, content.scope, self._subtitle, _)
        self._debts = DebtsSheet(book, content.scope, self._subtitle, _)
        self._cards = CardsSheet(book, content.scope, self._subtitle, _)
        self._control = ControlSheet(book, content, _)

    def write(self, content: Content) -> str:
        """Fill every sheet and return the hash over the sales."""
        digest = hashlib.sha256()
        for sale in content.sales:
            self._sales.add(sale)
            self._rerating.add(sale)
            digest.update(sale.fingerprint.encode())
        for line in content.lines:
            self._lines.add(line)
        for settled in content.settlements:
            self._settlement.add(settled)
        for part in content.adjustments:
            self._adjustments.add(part)
        for debt in content.debts:
            self._debts.add(debt)
        for card in content.cards:
            self._cards.add(card)
        for finished in self._lists:
            finished.finish()
        self._summary.write(
            self._sales,
            self._rerating,
            title=self._translate(TITLE),
            subtitle=self._subtitle,
            node_names=content.node_names,
        )
        self._control.write(
            Lists(
                self._sales,
                self._lines,
                self._rerating,
                self._settlement,
                self._adjustments,
                self._debts,
                self._cards,
            ),
            self._summary,
            subtitle=self._subtitle,
            rows_hash=digest.hexdigest(),
        )
        return digest.hexdigest()

    @property
    def _lists(self) -> tuple[ListSheet, ...]:
        return (
            self._sales,
            self._lines,
            self._rerating,
            self._settlement,
            self._adjustments,
            self._debts,
            self._cards,
        )

    def discard(self) -> None:
        """Leave nothing behind."""
        sheets: tuple[Sheet, ...] = (self._summary, *self._lists, self._control)
        for sheet in sheets:
            sheet.discard()


def _subtitle(content: Content, _: Translate) -> str:
    scope = content.scope
    parts = [
        _("%(first)s to %(last)s, %(zone)s")
        % {"first": scope.first_day, "last": scope.last_day, "zone": scope.zone.key}
    ]
    if scope.node:
        parts.append(_("vending point %(node)s") % {"node": scope.node})
    if scope.area:
        parts.append(_("area %(area)s") % {"area": scope.area})
    made = content.made_at.astimezone(scope.zone).strftime("%Y-%m-%d %H:%M:%S")
    parts.append(_("made %(at)s by %(by)s") % {"at": made, "by": content.made_by})
    return " · ".join(parts)


def _set_properties(book: Workbook, content: Content, _: Translate) -> None:
    made = content.made_at.replace(tzinfo=None)
    book.properties.title = _(TITLE)
    book.properties.creator = content.software
    book.properties.created = book.properties.modified = made
