"""A report as its page shows it: the filter as it was typed, rows as text, totals below."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final, NamedTuple

from flask import url_for
from flask_babel import gettext

from yika_common.clock import from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import system_random
from yika_common.infra.language import translate
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.formats import money_shown, quantity_shown, time_shown
from yika_common.infra.web.site import site
from yika_common.numbers import Money, Quantity
from yika_common.values import dataclass
from yika_node.bootstrap import Node
from yika_node.db.business_queries import STATES
from yika_node.services.reports import words
from yika_node.services.reports.audit import KINDS
from yika_node.services.reports.catalogue import REPORTS
from yika_node.services.reports.desk import (
    PAGE,
    ROWS_ON_A_PAGE,
    Asking,
    BusinessDesk,
    NoSuchReport,
    PeriodUnusable,
    periods,
)
from yika_node.services.reports.model import (
    NUMBERS,
    Cells,
    FilterUnusable,
    Kind,
    Line,
    Report,
    Source,
)
from yika_node.services.reports.workshop import WorkbookUnknown, Workshop

STATUSES: Final[dict[type[YikaError], int]] = {
    NoSuchReport: 404,
    WorkbookUnknown: 404,
    PeriodUnusable: 422,
    FilterUnusable: 422,
}
"""Which HTTP status each failure of these pages has."""

_MOMENT: Final = "%Y-%m-%dT%H:%M:%S"
_PERCENT: Final = 100
_NUMBER, _NARROW, _LONG = "n", "nowrap", "long"
_LONG_FROM: Final = 24
PRESETS: Final = {
    "today": N_("Today"),
    "yesterday": N_("Yesterday"),
    "month": N_("This month"),
    "last_month": N_("Last month"),
}


class CellView(NamedTuple):
    """A cell as text, its look (a class of the style sheet) and where it leads."""

    text: str
    look: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """Everything that the page shows; ``unread`` sales were too many to be read for it."""

    report: Report
    endpoint: str
    title: str
    about: str
    headings: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[CellView]]
    totals: Sequence[Sequence[CellView]]
    filters: Sequence[tuple[str, str]]
    typed: Mapping[str, str]
    presets: Sequence[tuple[str, Mapping[str, str]]]
    operators: Sequence[tuple[str, str]]
    areas: Sequence[tuple[str, str]]
    services: Sequence[tuple[str, str]]
    states: Sequence[tuple[str, str]]
    after: str
    following: str
    unread: int
    more: int


def desk_of(node: Node) -> BusinessDesk:
    """The desk of a vending point's business data."""
    return BusinessDesk(
        store=node.store,
        vault=node.vault,
        keyring=node.keyring,
        accounts=node.accounts,
        clock=node.clock,
        zone=node.config.place.zone,
        node=node.standing.membership.node,
        workshop=Workshop(node.folder, node.clock, system_random),
        journal=node.journal,
    )


def families() -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """The reports by family: name, endpoint, title and what it says."""
    found: dict[str, list[tuple[str, str, str, str]]] = {}
    for report in REPORTS.values():
        line = report.name, endpoint_of(report), _said(report.title), _said(report.about)
        found.setdefault(_said(report.family), []).append(line)
    return list(found.items())


def endpoint_of(report: Report) -> str:
    """The view that shows a report."""
    return "business.sums" if report.counter else "business.report"


def title_of(name: str) -> str:
    """What a report is called."""
    return _said(REPORTS[name].title) if name in REPORTS else name


def shown(
    desk: BusinessDesk, name: str, typed: Mapping[str, str], *, full: bool = False
) -> ReportView:
    """A report, asked as it was typed; ``full``: telephones are not masked.

    Raises:
        NoSuchReport, PeriodUnusable, FilterUnusable: nothing is shown.
    """
    report = desk.report(name)
    asking = desk.understood(report, typed)
    after = typed.get("after", "")
    with desk.source(full=full) as source:
        unread = desk.too_much(report, source, asking)
        lines = [] if unread else _lines(report, source, asking, after)
        totals = [] if unread else _totals(report, source, asking, lines)
    most = PAGE if report.paged else ROWS_ON_A_PAGE
    page = lines[:most]
    operators, areas = desk.choices()
    return ReportView(
        report=report,
        endpoint=endpoint_of(report),
        title=_said(report.title),
        about=_said(report.about),
        headings=[(_said(column.heading), column.kind in NUMBERS) for column in report.columns],
        rows=[_cells(report, line.cells, desk) for line in page],
        totals=[_cells(report, cells, desk, total=True) for cells in totals],
        filters=filters_shown(report, asking),
        typed=_typed(report, asking),
        presets=_presets(desk, report, asking),
        operators=[(name, name) for name in operators],
        areas=[(name, name) for name in areas],
        services=[(str(code), _said(name)) for code, name in words.SERVICES.items()],
        states=_states(report),
        after=after,
        following=page[-1].key if report.paged and len(lines) > most else "",
        unread=unread,
        more=0 if report.paged else len(lines) - len(page),
    )


def filters_shown(report: Report, asking: Asking) -> list[tuple[str, str]]:
    """What was asked, in words, as paper and workbooks say it."""
    scope = asking.scope
    told: list[tuple[str, str]] = []
    if "period" in report.filters:
        since, until = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (asking.since, asking.until))
        told.append((gettext("Period"), f"{since} – {until}"))
    named = (
        ("customer", gettext("Customer"), asking.customer),
        ("operator", gettext("Operator"), scope.operator),
        ("area", gettext("Area"), scope.area),
        ("service", gettext("Service"), _said(words.SERVICES.get(scope.service, ""))),
        ("state", gettext("State"), _said(words.STATES.get(scope.state, ""))),
        ("kind", gettext("What"), _said(KINDS.get(scope.state, ""))),
        ("days", gettext("Days without a purchase"), str(scope.days or "")),
        ("year", gettext("Year"), str(scope.year or "")),
    )
    told += ((label, value) for name, label, value in named if name in report.filters and value)
    return told


def _lines(report: Report, source: Source, asking: Asking, after: str) -> list[Line]:
    if not report.paged:
        return list(report.rows(source, asking.scope, "", 0))
    return list(islice(report.rows(source, asking.scope, after, PAGE + 1), PAGE + 1))


def _totals(report: Report, source: Source, asking: Asking, lines: list[Line]) -> list[Cells]:
    """The report's own, or the sums of its rows; a page's rows are not summed up."""
    if report.totals is not None:
        return list(report.totals(source, asking.scope))
    if report.paged or not lines or not any(column.total for column in report.columns):
        return []
    return summed_up(report, lines)


def summed_up(report: Report, lines: Sequence[Line]) -> list[Cells]:
    """One row for each service, where quantities have units of their own, and one for all."""
    places = {column.name: place for place, column in enumerate(report.columns)}
    groups: dict[str, list[Line]] = {}
    if {"service", "quantity"} <= places.keys() and report.columns[places["quantity"]].total:
        for line in lines:
            groups.setdefault(str(line.cells[places["service"]] or ""), []).append(line)
    rows = [_row(report, group, places, service) for service, group in groups.items() if service]
    return [
        *(rows if len(rows) > 1 else []),
        _row(report, lines, places, "" if len(rows) != 1 else next(iter(groups))),
    ]


def _row(report: Report, lines: Sequence[Line], places: Mapping[str, int], service: str) -> Cells:
    cells: list[Any] = [None] * len(report.columns)
    for place, column in enumerate(report.columns):
        if column.total and (
            service or column.kind is not Kind.QUANTITY or "service" not in places
        ):
            cells[place] = sum(line.cells[place] or 0 for line in lines)  # type: ignore[misc]
    if service:
        cells[places["service"]] = service
        cells[places["unit"]] = lines[0].cells[places["unit"]]
    first = report.columns[0]
    cells[0] = cells[0] if first.name == "service" and service else words.TOTAL
    return tuple(cells)


def _cells(
    report: Report, cells: Cells, desk: BusinessDesk, *, total: bool = False
) -> list[CellView]:
    """A row as text; in a total, what is not a figure is a word."""
    shown_cells = []
    for column, value in zip(report.columns, cells, strict=True):
        kind = column.kind
        if total and kind not in NUMBERS:
            number = isinstance(value, int)
            text = gettext("Sales: %(number)s", number=f"{value:,}") if number else _said(value)
            shown_cells.append(CellView(text))
            continue
        shown_cells.append(_cell(kind, value, desk))
    return shown_cells


def _cell(kind: Kind, value: Any, desk: BusinessDesk) -> CellView:
    if value is None or value == "" or (kind is Kind.TIME and not value):
        return CellView("")
    if kind is Kind.RECEIPT:
        epoch, basket = str(value).split("-")
        return CellView(
            f"{desk.node}-{value}", href=url_for("sale.receipt", epoch=epoch, basket=basket)
        )
    if kind is Kind.ACCOUNT:
        return CellView(str(value), href=url_for("account.page", number=value))
    if kind is Kind.TIME:
        return CellView(time_shown(from_timestamp(value), desk.zone), _NARROW)
    text = _SHOWN.get(kind, str)(value)
    if kind in NUMBERS:
        return CellView(text, _NUMBER)
    return CellView(text, _LONG if len(text) > _LONG_FROM else "")


_SHOWN: Final[dict[Kind, Callable[[Any], str]]] = {
    Kind.MONEY: lambda value: money_shown(Money(value), site().currency),
    Kind.QUANTITY: lambda value: quantity_shown(Quantity(value)),
    Kind.COUNT: lambda value: f"{value:,}",
    Kind.SHARE: lambda value: f"{value // _PERCENT}.{value % _PERCENT:02} %",
    Kind.WORD: lambda value: words.shown(value, _said),
}


def _typed(report: Report, asking: Asking) -> dict[str, str]:
    """The filter's fields as they are sent along to other pages and workbooks."""
    scope, filters = asking.scope, report.filters
    fields = {
        "since": f"{asking.since:{_MOMENT}}" if "period" in filters else "",
        "until": f"{asking.until:{_MOMENT}}" if "period" in filters else "",
        "customer": asking.customer,
        "operator": scope.operator if "operator" in filters else "",
        "area": scope.area if "area" in filters else "",
        "service": scope.service if "service" in filters else "",
        "state": scope.state if {"state", "kind"} & filters else "",
        "days": str(scope.days) if "days" in filters else "",
        "year": str(scope.year or "") if "year" in filters else "",
    }
    return {name: value for name, value in fields.items() if value}


def _presets(
    desk: BusinessDesk, report: Report, asking: Asking
) -> list[tuple[str, dict[str, str]]]:
    if "period" not in report.filters:
        return []
    fields = _typed(report, asking)
    today = from_timestamp(to_timestamp(desk.clock())).astimezone(desk.zone).date()
    return [
        (_said(PRESETS[name]), fields | {"since": _iso(since), "until": _iso(until)})
        for name, (since, until) in periods(today).items()
    ]


def _iso(moment: datetime) -> str:
    return f"{moment:{_MOMENT}}"


def _states(report: Report) -> list[tuple[str, str]]:
    if "kind" in report.filters:
        return [(code, _said(name)) for code, name in KINDS.items()]
    return [(code, _said(words.STATES[code])) for code in STATES]


def _said(text: object) -> str:
    return translate(str(text), language_here()) if text else ""
