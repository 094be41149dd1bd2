"""The three lists of a workbook: sales, their price lines, and what re-rating found."""

from collections.abc import Sequence
from typing import TypeVar

from openpyxl.workbook import Workbook

from yika_central.domain.ratings import Cause
from yika_central.reports.labels import CAUSES, OUTCOMES, PROBLEMS, SERVICES, unit_of
from yika_central.reports.rows import Groups, LineRow, SaleRow, Scope
from yika_common.errors import N_
from yika_common.infra.workbook.cells import count, ident, money, quantity, scaled, text, time
from yika_common.infra.workbook.sheet import Column, ListSheet, Translate
from yika_common.numbers import PRICE_PLACES
from yika_common.tariffs.model import FEE_RATE_PLACES

_Name = TypeVar("_Name", str, tuple[str, str])

_SALES = (
    Column("time", N_("Time"), 20, "time"),
    Column("position", N_("Journal position"), 16, "ident"),
    Column("node", N_("Vending point"), 11, "ident"),
    Column("area", N_("Area"), 8, "ident"),
    Column("operator", N_("Operator"), 14, "ident"),
    Column("account", N_("Account"), 15, "ident"),
    Column("meter", N_("Meter"), 16, "ident"),
    Column("service", N_("Service"), 24),
    Column("outcome", N_("Outcome"), 13),
    Column("quantity", N_("Quantity"), 12, "quantity"),
    Column("unit", N_("Unit"), 7),
    Column("amount", N_("Charged"), 14, "money", total=True),
    Column("right", N_("Right amount"), 14, "money", total=True),
    Column("difference", N_("Difference"), 13, "money", total=True),
    Column("tariff", N_("Tariff"), 25, "ident"),
    Column("version", N_("Version"), 9, "count"),
    Column("hash", N_("Tariff hash"), 20, "ident", printed=False),
    Column("period", N_("Quota period"), 11, "ident", printed=False),
    Column("used", N_("Bought before"), 14, "quantity", printed=False),
    Column("card", N_("Card"), 16, "ident", printed=False),
    Column("txn", N_("Transaction"), 20, "ident", printed=False),
    Column("adjusted", N_("Settled of adjustments"), 13, "money", total=True, printed=False),
    Column("debts", N_("Collected for debts"), 13, "money", total=True, printed=False),
    Column("kept", N_("Kept for customers"), 13, "money", total=True, printed=False),
    Column("rounding", N_("Cash rounding"), 11, "money", total=True, printed=False),
    Column("paid", N_("Paid"), 14, "money", total=True, printed=False),
    Column("month", N_("Late, booked in"), 11, "ident", printed=False),
    Column("node-key", N_("Vending point no."), 9, "key", printed=False),
    Column("area-key", N_("Area no."), 9, "key", printed=False),
    Column("service-key", N_("Service no."), 9, "key", printed=False),
    Column("operator-key", N_("Operator no."), 9, "key", printed=False),
    Column("outcome-key", N_("Outcome no."), 9, "key", printed=False),
)
"""The keys at the end are what the summary adds up by: as a criterion, a name would be a pattern
(``*``, ``>0``) or a number (``0012``), and upper and lower case would be one."""

_LINES = (
    Column("time", N_("Time"), 20, "time"),
    Column("position", N_("Journal position"), 17, "ident"),
    Column("txn", N_("Transaction"), 20, "ident"),
    Column("service", N_("Service"), 24),
    Column("code", N_("Line"), 16, "ident"),
    Column("step", N_("Step"), 7, "count"),
    Column("quantity", N_("Quantity"), 13, "quantity"),
    Column("price", N_("Price"), 12, "price"),
    Column("amount", N_("Amount"), 13, "money", total=True),
)

_RERATING = (
    Column("time", N_("Time"), 20, "time"),
    Column("counted", N_("Counts at"), 20, "time"),
    Column("position", N_("Journal position"), 17, "ident"),
    Column("account", N_("Account"), 16, "ident"),
    Column("meter", N_("Meter"), 15, "ident"),
    Column("service", N_("Service"), 24),
    Column("quantity", N_("Quantity"), 12, "quantity"),
    Column("sold-on", N_("Sold on tariff"), 24, "ident"),
    Column("right-tariff", N_("Right tariff"), 24, "ident"),
    Column("used", N_("Bought before, as known"), 13, "quantity"),
    Column("right-used", N_("Bought before, in truth"), 13, "quantity"),
    Column("amount", N_("Charged"), 13, "money", total=True),
    Column("right", N_("Right amount"), 13, "money", total=True),
    Column("difference", N_("Difference"), 12, "money", total=True),
    *(Column(cause, CAUSES[cause], 12, "money", total=True) for cause in Cause),
    Column("remark", N_("Remark"), 40),
)


class SalesSheet(ListSheet):
    """One row for each meter's sale."""

    def __init__(
        self, book: Workbook, scope: Scope, subtitle: str, groups: Groups, _: Translate
    ) -> None:
        super().__init__(
            book,
            title=_("Sales"),
            table="SalesTable",
            subtitle=subtitle,
            columns=_SALES,
            frozen=2,
            _=_,
        )
        self._translate = _
        self._zone = scope.zone
        self.node_keys = _numbered(groups.nodes)
        self.area_keys = _numbered(groups.areas)
        self.service_keys = _numbered(groups.services)
        self.operator_keys = _numbered(groups.operators)
        self.outcome_keys = _numbered(tuple(OUTCOMES))

    def add(self, sale: SaleRow) -> None:
        """Write one sale."""
        _ = self._translate
        self.append(
            time(sale.at, self._zone),
            ident(sale.position),
            ident(sale.node),
            ident(sale.area),
            ident(sale.operator),
            ident(sale.account),
            ident(sale.meter),
            text(_(SERVICES.get(sale.service, sale.service))),
            text(_(OUTCOMES[sale.outcome])),
            quantity(sale.quantity),
            text(unit_of(sale.service)),
            money(sale.amount),
            money(sale.right),
            money(sale.difference),
            ident(sale.tariff_id),
            count(sale.tariff_version),
            ident(sale.tariff_hash),
            ident(sale.period),
            quantity(sale.used_before),
            ident(sale.card),
            ident(sale.txn_id),
            money(sale.adjusted),
            money(sale.debts),
            money(sale.kept),
            money(sale.rounding),
            money(sale.paid),
            ident(sale.month),
            count(self.node_keys[sale.node], "key"),
            count(self.area_keys[sale.area], "key"),
            count(self.service_keys[sale.service], "key"),
            count(self.operator_keys[sale.node, sale.operator], "key"),
            count(self.outcome_keys[sale.outcome], "key"),
        )


class LinesSheet(ListSheet):
    """One row for each line of a sale's price."""

    def __init__(self, book: Workbook, scope: Scope, subtitle: str, _: Translate) -> None:
        super().__init__(
            book,
            title=_("Price lines"),
            table="LinesTable",
            subtitle=subtitle,
            columns=_LINES,
            frozen=3,
            _=_,
        )
        self._translate = _
        self._zone = scope.zone

    def add(self, line: LineRow) -> None:
        """Write one line."""
        self.append(
            time(line.at, self._zone),
            ident(line.position),
            ident(line.txn_id),
            text(self._translate(SERVICES.get(line.service, line.service))),
            ident(line.code),
            count(line.step),
            quantity(line.quantity),
            scaled(line.price, PRICE_PLACES if line.step else FEE_RATE_PLACES),
            money(line.amount),
        )


class ReratingSheet(ListSheet):
    """One row for each sale that re-rating has something to say about."""

    def __init__(self, book: Workbook, scope: Scope, subtitle: str, _: Translate) -> None:
        super().__init__(
            book,
            title=_("Re-rating"),
            table="ReratingTable",
            subtitle=subtitle,
            columns=_RERATING,
            frozen=3,
            _=_,
        )
        self._translate = _
        self._zone = scope.zone

    def add(self, sale: SaleRow) -> None:
        """Write the sale if its price differs, cannot be computed, or is marked."""
        if not (sale.difference or sale.causes or sale.straddles or sale.problem):
            return
        _ = self._translate
        self.append(
            time(sale.at, self._zone),
            time(sale.counted_at, self._zone),
            ident(sale.position),
            ident(sale.account),
            ident(sale.meter),
            text(_(SERVICES.get(sale.service, sale.service))),
            quantity(sale.quantity),
            ident(f"{sale.tariff_id} v{sale.tariff_version}"),
            ident(sale.right_tariff),
            quantity(sale.used_before),
            quantity(sale.right_used_before),
            money(sale.amount),
            money(sale.right),
            money(sale.difference),
            *(money(sale.causes.get(cause)) for cause in Cause),
            text(self._remark(sale)),
        )

    def _remark(self, sale: SaleRow) -> str:
        _ = self._translate
        if sale.problem:
            return _(PROBLEMS.get(sale.problem, sale.problem))
        return _("Its time may lie on either side of a change") if sale.straddles else ""


def _numbered(names: Sequence[_Name]) -> dict[_Name, int]:
    return {name: number for number, name in enumerate(names, start=1)}
