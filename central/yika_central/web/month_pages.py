"""Accounting months: what was booked in each, and closing one."""

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.reports.labels import CAUSES, SERVICES
from yika_central.web.bookkeeping import bookkeeper, typed
from yika_central.web.money_pages import KINDS
from yika_central.web.ranks import Rank
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs

SALES = {
    "sales.amount": _("Charged"),
    "sales.adjusted": _("Settled of adjustments"),
    "sales.debts": _("Collected for debts"),
    "sales.kept": _("Kept for customers"),
    "sales.rounding": _("Cash rounding"),
    "sales.paid": _("Paid by customers"),
}
"""How what was charged becomes what was paid, line by line."""


CHARGES = {
    "charge.amount.fee": _("Fees"),
    "charge.amount.deposit": _("Deposits"),
    "charge.amount.guarantee": _("Guarantees taken"),
    "charge.amount.guarantee_back": _("Guarantees handed back"),
    "charge.amount.guarantee_debt": _("Guarantees used for debts, no money moved"),
    "charge.amount.prepaid_back": _("Deposits handed back as accounts ended"),
    "charge.amount.settled_back": _("Credits paid out as accounts ended"),
    "charge.amount.settled_paid": _("Claims paid as accounts ended"),
    "charge.amount.debt": _("Debts paid as accounts ended"),
    "guarantee.held": _("Held as guarantees in all, at its end"),
}


def month_pages(hq: Headquarters) -> Blueprint:
    """The pages ``month.…``."""
    pages = Blueprint("month", __name__)

    @pages.get("/months")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        return render_template(
            "months.html",
            months=hq.accounting.months(),
            next_to_close=hq.accounting.next_to_close,
        )

    @pages.get("/months/<month>")
    @needs(Rank.AUDITOR)
    def detail(month: str) -> str:
        return render_template(
            "month.html",
            month=hq.accounting.month(month),
            next_to_close=hq.accounting.next_to_close,
            sales=SALES,
            charges=CHARGES,
            causes=CAUSES,
            kinds=KINDS,
            services=SERVICES,
        )

    @pages.post("/months")
    @needs(Rank.ACCOUNTANT)
    @or_again(listed)
    def close() -> Response:
        closed = hq.accounting.close(typed("month"), by=bookkeeper(hq))
        return redirect(url_for("month.detail", month=closed.month), 303)

    return pages
