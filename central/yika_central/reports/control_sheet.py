"""The last sheet: does the workbook tie to the ledger, what went in, and what is missing.

Each tie compares a figure that the database added up with a formula over the sheets, and says OK
or CHECK by a formula of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from openpyxl.workbook import Workbook

from yika_central.reports.card_sheet import CardsSheet
from yika_central.reports.labels import SERVICES, unit_of
from yika_central.reports.list_sheets import LinesSheet, ReratingSheet, SalesSheet
from yika_central.reports.rows import Content, JournalRow, TariffRow
from yika_central.reports.settlement_sheets import (
    AdjustmentsSheet,
    DebtsSheet,
    SettlementSheet,
)
from yika_central.reports.summary_sheet import SummarySheet
from yika_common.errors import N_
from yika_common.infra.workbook.cells import (
    Cell,
    count,
    ident,
    money,
    quantity,
    text,
    time,
)
from yika_common.infra.workbook.sheet import Translate
from yika_common.infra.workbook.ties import CHECK, MISSING, OK, TiesSheet

_NOTHING = ""
_WIDTHS = [46, 22, 22, 16, 13, 13, 30, 26]


@dataclass(frozen=True, slots=True)
class Lists:
    """The complete lists of the workbook, which the ties add up."""

    sales: SalesSheet
    lines: LinesSheet
    rerating: ReratingSheet
    settlement: SettlementSheet
    adjustments: AdjustmentsSheet
    debts: DebtsSheet
    cards: CardsSheet


class ControlSheet(TiesSheet):
    """Ties, journals, tariffs, and how the workbook came to be."""

    def __init__(self, book: Workbook, content: Content, _: Translate) -> None:
        super().__init__(book, _("Control"), _WIDTHS, _)
        self._content = content

    def write(
        self,
        lists: Lists,
        summary: SummarySheet,
        *,
        subtitle: str,
        rows_hash: str,
    ) -> None:
        """Write every section; all other sheets must be complete."""
        self.begin(subtitle)
        self._ties(lists, summary)
        self._journals(self._content.journals)
        self._tariffs(self._content.tariffs)
        self._provenance(rows_hash)
        self.end("H")

    def _ties(self, lists: Lists, summary: SummarySheet) -> None:
        _, ledger = self._translate, self._content.ledger
        sales, lines, rerating = lists.sales, lists.lines, lists.rerating
        first = self.begin_ties(_("The workbook ties to the ledger"), N_("Ledger"))
        self.tie(_("Sales, rows"), count(ledger.sales), f"=COUNT({sales.column('time')})")
        for name, figure, column in (
            (N_("Sales, charged"), ledger.amount, "amount"),
            (N_("Sales, right amount"), ledger.right, "right"),
            (N_("Sales, difference"), ledger.difference, "difference"),
            (N_("Differences posted to accounts"), ledger.posted, "difference"),
        ):
            self.tie(_(name), money(figure), f"=SUM({sales.column(column)})")
        for service, key in sales.service_keys.items():
            name = f"{_(SERVICES.get(service, service))} ({unit_of(service)})"
            added = f"=SUMIFS({sales.column('quantity')},{sales.column('service-key')},{key})"
            self.tie(name, quantity(ledger.quantities.get(service, 0)), added)
        self.tie(_("Price lines, rows"), count(ledger.lines), f"=COUNT({lines.column('time')})")
        added = f"=SUM({lines.column('amount')})"
        self.tie(_("Price lines, amount"), money(ledger.line_amount), added)
        self.tie(_("Price lines add up to the sales"), money(ledger.amount), added)
        added = f"=SUM({rerating.column('difference')})"
        self.tie(_("Re-rating, difference"), money(ledger.difference), added)
        self._money_ties(lists)
        for total in summary.totals:
            cell = f"='{summary.title}'!$D${total.row}"
            self.tie(f"{summary.title}: {total.section}", money(ledger.amount), cell)
        self.end_ties(first)

    def _money_ties(self, lists: Lists) -> None:
        """From charged to paid; from posted to absorbed and adjusted; adjustments; debts."""
        _, ledger = self._translate, self._content.ledger
        sales, settled = lists.sales, lists.settlement
        for name, figure, formula in (
            (N_("Sales, paid"), ledger.paid, f"=SUM({sales.column('paid')})"),
            (
                N_("Charged = paid + adjustments - debts - kept - rounding"),
                ledger.amount,
                f"=SUM({sales.column('paid')})+SUM({sales.column('adjusted')})"
                f"-SUM({sales.column('debts')})-SUM({sales.column('kept')})"
                f"-SUM({sales.column('rounding')})",
            ),
            (
                N_("Differences posted, all settled"),
                ledger.posted,
                f"=SUM({settled.column('posted')})",
            ),
            (
                N_("Posted = absorbed + adjusted"),
                ledger.settled,
                f"=SUM({settled.column('absorbed')})+SUM({settled.column('adjusted')})",
            ),
            (
                N_("Differences absorbed"),
                ledger.absorbed,
                f"=SUM({settled.column('absorbed')})",
            ),
            (
                N_("Adjustments to the customers' favour"),
                ledger.credited,
                f"=SUM({lists.adjustments.column('amount')})",
            ),
            (
                N_("Debts registered"),
                ledger.registered,
                f"=SUM({lists.debts.column('amount')})",
            ),
            (
                N_("Fees for cards"),
                ledger.card_fees,
                f"=SUM({lists.cards.column('fee')})",
            ),
            (
                N_("Registered = left + waived + collected - given back - late fees"),
                ledger.registered,
                "="
                + "".join(
                    f"{sign}SUM({lists.debts.column(column)})"
                    for sign, column in (
                        ("", "left"),
                        ("+", "waived"),
                        ("+", "collected"),
                        ("-", "too-much"),
                        ("-", "fees"),
                    )
                ),
            ),
        ):
            self.tie(_(name), money(figure), formula)

    def _journals(self, journals: Iterable[JournalRow]) -> None:
        _, zone = self._translate, self._content.scope.zone
        self.head(
            _("Journals: complete up to which record, and what is missing"),
            (
                N_("Vending point"),
                N_("Epoch"),
                N_("Complete up to"),
                N_("Segments"),
                N_("Status"),
                N_("Sales here"),
                N_("Missing positions"),
                N_("Last contact"),
            ),
            numbers=(1, 2, 3, 5),
        )
        for journal in journals:
            fork = _("fork, branch %(number)s") % {"number": journal.branch}
            name = f"{journal.node}  {journal.name}"
            self.append(
                text(f"{name} ({fork})" if journal.branch else name),
                count(journal.epoch),
                count(journal.upto),
                count(journal.segments),
                Cell(MISSING if journal.missing else OK, "status"),
                count(journal.sales),
                text(_ranges(journal.missing)),
                time(journal.last_contact, zone),
            )
        self.skip()

    def _tariffs(self, tariffs: Iterable[TariffRow]) -> None:
        _, zone = self._translate, self._content.scope.zone
        self.head(
            _("Tariff versions the sales were made on"),
            (
                N_("Tariff"),
                N_("Effective from"),
                N_("Signed by"),
                N_("Charged"),
                N_("Status"),
                N_("Sales here"),
                N_("SHA-256"),
                _NOTHING,
            ),
            numbers=(3, 5),
        )
        for tariff in tariffs:
            self.append(
                text(f"{tariff.tariff_id} v{tariff.version}"),
                time(tariff.effective_from, zone),
                text(tariff.officers),
                money(tariff.amount),
                Cell(OK if tariff.published else CHECK, "status"),
                count(tariff.sales),
                Cell(tariff.digest, "small"),
            )
        self.skip()

    def _provenance(self, rows_hash: str) -> None:
        _, content = self._translate, self._content
        self.append(Cell(_("How this workbook came to be"), "section"))
        scope = content.scope
        for name, cell in (
            (_("First day"), ident(str(scope.first_day))),
            (_("Last day"), ident(str(scope.last_day))),
            (_("Time zone"), ident(scope.zone.key)),
            (_("Vending point"), ident(scope.node or _("all"))),
            (_("Area"), ident(scope.area or _("all"))),
            (_("Made at"), time(content.made_at, scope.zone)),
            (_("Made by"), ident(content.made_by)),
            (_("Software"), ident(content.software)),
            (_("SHA-256 of the rows"), Cell(rows_hash, "ident")),
        ):
            self.append(text(name), cell)
        self.append(
            None,
            Cell(
                _(
                    "The hash is over one line for each sale, in the order of the sales list: "
                    "position, transaction, quantity in thousandths, charged and difference in "
                    "hundredths, set apart by spaces."
                ),
                "subtitle",
            ),
        )


def _ranges(holes: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{a}–{b}" if a < b else str(a) for a, b in holes) or "–"
