"""The first sheet: what was sold, by service, vending point, area, operator, outcome and cause.

Every figure is a formula over the sales list, so whoever changes or filters a copy sees it here.
Sums are taken by the number in front of a row, never by its name (see the sales list's keys).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from yika_central.domain.ratings import Cause
from yika_central.reports.labels import CAUSES, OUTCOMES, SERVICES, unit_of
from yika_central.reports.list_sheets import ReratingSheet, SalesSheet
from yika_central.reports.rows import Groups
from yika_common.errors import N_
from yika_common.infra.workbook.cells import Cell, Formula, count, text
from yika_common.infra.workbook.sheet import Sheet, Translate

_FIGURES = (N_("Sales"), N_("Charged"), N_("Right amount"), N_("Difference"))
_MONEY_COLUMNS = ("amount", "right", "difference")
_FIRST_QUANTITY = 7
"""The column in which the quantities begin; before it number, name and the figures."""
_CHART_COLUMN = "J"


class Total(NamedTuple):
    """Where a section's totals stand: the row, for the control sheet to compare."""

    section: str
    row: int


class SummarySheet(Sheet):
    """Sections one below the other, each a table with its total."""

    def __init__(self, book: Workbook, groups: Groups, _: Translate) -> None:
        widths = [5, 32, 10, 16, 16, 14, *([15] * 9)]
        super().__init__(book, _("Summary"), widths)
        self._translate = _
        self._groups = groups
        self._last = get_column_letter(max(_FIRST_QUANTITY + len(groups.services) - 1, 14))
        self.totals: list[Total] = []
        self.freeze("A4")

    def write(
        self,
        sales: SalesSheet,
        rerating: ReratingSheet,
        *,
        title: str,
        subtitle: str,
        node_names: Mapping[str, str],
    ) -> None:
        """Write every section; the lists must be complete."""
        _ = self._translate
        self.append(Cell(title, "title"))
        self.append(Cell(subtitle, "subtitle"))
        self.skip()
        self._by_service(sales)
        self._section(
            _("By vending point"),
            _("Vending point"),
            [f"{node}  {node_names.get(node, '')}".strip() for node in self._groups.nodes],
            sales,
            "node-key",
        )
        self._section(_("By area"), _("Area"), self._groups.areas, sales, "area-key")
        self._section(
            _("By operator"),
            _("Operator"),
            [f"{operator or '–'}  ({node})" for node, operator in self._groups.operators],
            sales,
            "operator-key",
        )
        outcomes = [_(name) for name in OUTCOMES.values()]
        self._section(_("By outcome"), _("Outcome"), outcomes, sales, "outcome-key")
        self._by_cause(rerating)
        self.paper.print_area = f"A1:{self._last}{self.rows}"

    def _by_service(self, sales: SalesSheet) -> None:
        _ = self._translate
        heading = _("By service")
        self._head(
            heading, _("Service"), [Cell(_("Quantity"), "head-number"), Cell(_("Unit"), "head")]
        )
        first = self.rows + 1
        for number, service in enumerate(self._groups.services, start=1):
            row = self.rows + 1
            self.append(
                count(number, "key"),
                text(_(SERVICES.get(service, service))),
                *self._figures(sales, "service-key", row),
                Cell(_sum_if(sales, "quantity", "service-key", f"$A{row}"), "quantity"),
                text(unit_of(service)),
            )
        last = self.rows
        self._total(heading, first, quantities=0)
        if last >= first:
            self._chart(first, last)
        for _row in range(max(0, 12 - len(self._groups.services))):
            self.skip()  # the chart stands beside these

    def _section(
        self, heading: str, what: str, names: Sequence[str], sales: SalesSheet, keys: str
    ) -> None:
        services = self._groups.services
        quantities = [Cell(self._quantity_heading(s), "head-number") for s in services]
        self._head(heading, what, quantities)
        first = self.rows + 1
        for number, name in enumerate(names, start=1):
            row = self.rows + 1
            self.append(
                count(number, "key"),
                text(name),
                *self._figures(sales, keys, row),
                *(
                    Cell(
                        _sum_if(
                            sales,
                            "quantity",
                            keys,
                            f"$A{row}",
                            "service-key",
                            str(sales.service_keys[service]),
                        ),
                        "quantity",
                    )
                    for service in services
                ),
            )
        self._total(heading, first, quantities=len(services))
        self.skip()

    def _by_cause(self, rerating: ReratingSheet) -> None:
        _ = self._translate
        self.append(Cell(_("Differences by cause"), "section"))
        self.append(
            Cell("", "head"),
            Cell(_("Cause"), "head"),
            Cell(_("Sales"), "head-number"),
            Cell(_("Difference"), "head-number"),
        )
        first = self.rows + 1
        for number, cause in enumerate(Cause, start=1):
            column = rerating.column(cause)
            self.append(
                count(number, "key"),
                text(_(CAUSES[cause])),
                Cell(Formula(f"=COUNT({column})"), "count"),
                Cell(Formula(f"=SUM({column})"), "money"),
            )
        self.append(
            Cell(None, "total-text"),
            Cell(_("Total"), "total-text"),
            Cell(None, "total-text"),
            Cell(Formula(f"=SUM(D{first}:D{self.rows})"), "total-money"),
        )
        self.append(
            None, Cell(_("Above zero the customer owes, below zero he is owed."), "subtitle")
        )

    def _head(self, heading: str, what: str, more: Sequence[Cell]) -> None:
        _ = self._translate
        self.append(Cell(heading, "section"))
        self.append(
            Cell("", "head"),
            Cell(what, "head"),
            *(Cell(_(figure), "head-number") for figure in _FIGURES),
            *more,
        )

    def _quantity_heading(self, service: str) -> str:
        name = self._translate(SERVICES.get(service, service))
        return f"{name} ({unit_of(service)})"

    def _figures(self, sales: SalesSheet, keys: str, row: int) -> list[Cell]:
        counted = Formula(f"=COUNTIFS({sales.column(keys)},$A{row})")
        return [
            Cell(counted, "count"),
            *(
                Cell(_sum_if(sales, column, keys, f"$A{row}"), "money")
                for column in _MONEY_COLUMNS
            ),
        ]

    def _total(self, heading: str, first: int, *, quantities: int) -> None:
        last = self.rows

        def added(column: int) -> Formula:
            letter = get_column_letter(column)
            return Formula(f"=SUM({letter}{first}:{letter}{last})" if last >= first else "=0")

        row = self.append(
            Cell(None, "total-text"),
            Cell(self._translate("Total"), "total-text"),
            Cell(added(3), "total-count"),
            *(Cell(added(column), "total-money") for column in (4, 5, 6)),
            *(Cell(added(_FIRST_QUANTITY + i), "total-quantity") for i in range(quantities)),
        )
        self.totals.append(Total(heading, row))

    def _chart(self, first: int, last: int) -> None:
        _ = self._translate
        chart = BarChart()
        chart.type = "bar"
        chart.style = 10
        chart.title = _("Charged, by service")
        chart.legend = None
        chart.add_data(Reference(self.paper, min_col=4, min_row=first, max_row=last))
        chart.set_categories(Reference(self.paper, min_col=2, min_row=first, max_row=last))
        chart.x_axis.delete = False
        chart.y_axis.delete = True  # each bar carries its figure
        chart.y_axis.majorGridlines = None
        chart.x_axis.scaling.orientation = "maxMin"  # the first service on top
        chart.gapWidth = 60
        chart.width, chart.height = 17, 8.4
        series = chart.series[0]
        series.graphicalProperties = GraphicalProperties(solidFill="2C3E66")
        series.dLbls = DataLabelList(
            showVal=True, showCatName=False, showSerName=False, showLegendKey=False
        )
        chart.y_axis.scaling.min = 0
        self.paper.add_chart(chart, f"{_CHART_COLUMN}4")


def _sum_if(sales: SalesSheet, column: str, *criteria: str) -> Formula:
    """``criteria`` are pairs of a key column and what it must equal."""
    pairs = ",".join(
        f"{sales.column(keys)},{value}"
        for keys, value in zip(criteria[::2], criteria[1::2], strict=True)
    )
    return Formula(f"=SUMIFS({sales.column(column)},{pairs})")
