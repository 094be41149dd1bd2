"""Business data: looked up, summed, printed, and made into workbooks.

One page shows every report; what a report is stands in :mod:`yika_node.services.reports`, which
is loaded when the first of these pages is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from yika_common.infra.late import LateModule
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.guard import needs, passive
from yika_common.infra.web.site import signed_in, site
from yika_node.services.rights import Right
from yika_node.web.front import node, operator
from yika_node.web.statuses import STATUSES

if TYPE_CHECKING:
    from yika_node.services.reports.desk import BusinessDesk
    from yika_node.services.reports.model import Report
    from yika_node.web import business_charts, business_view
else:
    business_charts = LateModule("yika_node.web.business_charts")
    business_view = LateModule("yika_node.web.business_view")

pages = Blueprint("business", __name__)

_EXTENSION: Final = "yika_business"
_SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MAKING = threading.Lock()

View = Callable[[str], Any]


def desk() -> BusinessDesk:
    """The desk behind these pages, made for the first of them."""
    with _MAKING:
        if _EXTENSION not in current_app.extensions:
            STATUSES.update(business_view.STATUSES)
            current_app.extensions[_EXTENSION] = business_view.desk_of(node())
    return cast("BusinessDesk", current_app.extensions[_EXTENSION])


@pages.get("/business", defaults={"name": "sales"})
@pages.get("/business/<any(services):name>")
@needs(Right.SEE_SALES)
def sums(name: str) -> str:
    """The sales, or their sums, of a period; today's before anybody chose."""
    return _report(name)


@pages.get("/reports/<name>")
@needs(Right.SEE_REPORTS)
def report(name: str) -> str:
    """Any other report."""
    return _report(name)


@pages.get("/reports")
@needs(Right.SEE_REPORTS)
def reports() -> str:
    """Every report there is."""
    desk()
    return render_template("reports.html", families=business_view.families())


@pages.get("/business/charts")
@needs(Right.SEE_SALES)
def charts() -> str:
    """The last thirty days and today, drawn."""
    shown = business_charts.charts_of(desk(), site().currency)
    return render_template("business_charts.html", charts=shown)


@pages.post("/business/workbook", defaults={"name": "sales"})
@pages.post("/business/<any(services):name>/workbook")
@needs(Right.SEE_SALES)
def workbook(name: str) -> Response:
    """Have the sales, or their sums, made into a workbook."""
    return _ordered(name)


@pages.post("/reports/<name>/workbook")
@needs(Right.SEE_REPORTS)
def report_workbook(name: str) -> Response:
    """Have any other report made into a workbook."""
    return _ordered(name)


@pages.get("/workbooks")
@needs(Right.SEE_SALES)
def workbooks() -> str:
    """The workbooks that the operator asked for."""
    return render_template("workbooks.html", books=_mine())


@pages.get("/workbooks/progress")
@needs(Right.SEE_SALES)
@passive
def progress() -> str:
    """The same list, as the page asks for it while one is being made."""
    return render_template("_workbooks.html", books=_mine())


@pages.get("/workbooks/<book>.xlsx")
@needs(Right.SEE_SALES)
def download(book: str) -> Response:
    """A finished workbook."""
    state = desk().workshop.state(operator(), book)
    return send_file(
        desk().workshop.file(operator(), book),
        mimetype=_SHEET,
        as_attachment=True,
        download_name=f"{node().standing.membership.node}-{state.report}.xlsx",
    )


@pages.post("/workbooks/<book>/drop")
@needs(Right.SEE_SALES)
def drop(book: str) -> Response:
    """Cancel a workbook, or throw it away."""
    desk().workshop.drop(operator(), book)
    return redirect(url_for("business.workbooks"), 303)


def _mine() -> list[tuple[Any, str]]:
    return [
        (book, business_view.title_of(book.report)) for book in desk().workshop.mine(operator())
    ]


def _report(name: str) -> str:
    full = _in_full(desk().report(name))
    shown = business_view.shown(desk(), name, request.args, full=full)
    return render_template("business.html", view=shown, address=_address)


def _in_full(report: Report) -> bool:
    return desk().in_full(operator(), report, allowed=site().allows(signed_in(), Right.SEE_PERSON))


def _address(endpoint: str, name: str, **query: str) -> str:
    """Where a report stands, with what is asked of it."""
    given = {key: value for key, value in query.items() if value}
    path = url_for(endpoint, name=name)
    return f"{path}?{urlencode(given)}" if given else path


def _ordered(name: str) -> Response:
    found = desk().report(name)
    asking = desk().understood(found, request.form)
    filters = business_view.filters_shown(found, asking)
    full = _in_full(found)
    desk().order(found, asking, filters, operator(), language_here(), full=full)
    return redirect(url_for("business.workbooks"), 303)
