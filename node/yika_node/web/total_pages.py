"""Sales days, months and years: what the point's shifts came to together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Text
from yika_node.bootstrap import Node
from yika_node.services.rights import Right
from yika_node.web.front import front, node, operator
from yika_node.web.print_room import paper_office_of
from yika_node.web.shift_pages import ROWS, SORTS, TENDERS, banking_desk_of

if TYPE_CHECKING:
    from yika_node.services.sales_days import SalesDays

pages = Blueprint("total", __name__)

PERIODS: Final[dict[str, Text]] = {
    "day": _("Sales days"),
    "month": _("Months"),
    "year": _("Years"),
}
NAMES: Final[dict[str, Text]] = {
    "day": _("Sales day"),
    "month": _("Sales month"),
    "year": _("Sales year"),
}


def sales_days_of(here: Node) -> SalesDays:
    """What a node recorded of its days, months and years."""
    from yika_node.db.shift_queries import ShiftQueries  # noqa: PLC0415 - seldom asked for
    from yika_node.services.sales_days import SalesDays  # noqa: PLC0415

    return SalesDays(here.journal, ShiftQueries(here.store), here.standing, here.guard, here.clock)


def _list() -> str:
    wanted, below = request.args.get("period", ""), request.args.get("below", type=int)
    period = wanted if wanted in PERIODS else "day"
    rows = sales_days_of(node()).totals(period, ROWS, below)
    return render_template(
        "totals.html",
        period=period,
        periods=PERIODS,
        rows=rows,
        below=below,
        older=rows[-1].number if len(rows) == ROWS else 0,
    )


@pages.get("/shift/totals")
@needs(Right.SEE_SHIFTS)
def listed() -> str:
    """Sales days, months or years, newest first."""
    return _list()


@pages.post("/shift/totals")
@needs(Right.LEAD_SHIFTS)
@or_again(_list)
def close_day() -> Response:
    """Make the batch of today's closed shifts now."""
    number = sales_days_of(node()).close_day(operator())
    flash(gettext("The sales day has its record, number %(number)s.", number=number), "good")
    front().soon()
    return redirect(url_for("total.one", period="day", number=number), 303)


@pages.get("/shift/totals/<period>/<int:number>")
@needs(Right.SEE_SHIFTS)
def one(period: str, number: int) -> str:
    """What one of them came to."""
    total = sales_days_of(node()).total(period, number)
    return render_template(
        "total.html",
        total=total,
        name=NAMES[period],
        sorts=SORTS,
        tenders=TENDERS,
        settings=node().settings.settings(),
    )


def _again() -> str:
    """Why is it printed once more?"""
    return render_template("print_again.html")


@pages.post("/shift/totals/<period>/<int:number>/print")
@needs(Right.LEAD_SHIFTS)
@or_again(_again)
def print_one(period: str, number: int) -> Response:
    """Print what one of them came to: the original, then copies with a number."""
    total = sales_days_of(node()).total(period, number)
    office = paper_office_of(node())
    if office is not None:
        office.total(operator(), total, request.form.get("reason", "").strip())
    return redirect(url_for("total.one", period=period, number=number), 303)


@pages.post("/shift/bank/<int:number>/print")
@needs(Right.LEAD_SHIFTS)
@or_again(_again)
def print_slip(number: int) -> Response:
    """Print a deposit slip: the original, then copies with a number."""
    banking = banking_desk_of(node()).banking(number)
    office = paper_office_of(node())
    if office is not None:
        office.banking(operator(), banking, request.form.get("reason", "").strip())
    return redirect(url_for("shift.slip", number=number), 303)
