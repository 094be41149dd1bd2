"""Rulings on sales: void ones, and times that a person decides."""

from datetime import datetime

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.db.rerating_store import TIME, VOID
from yika_central.web.bookkeeping import bookkeeper, second_person, typed
from yika_central.web.ranks import Rank
from yika_common.errors import N_, YikaError
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import site

KINDS = {
    (VOID, True): _("The sale is void"),
    (VOID, False): _("The sale is not void"),
    (TIME, True): _("The sale's time is decided"),
    (TIME, False): _("The sale's time is open"),
}


class NotATime(YikaError):
    """A time was typed in another form."""

    code = "not_a_time"
    sentence = N_("“%(text)s” is not a time. Nothing was changed. Choose day, hour and minute.")


def ruling_pages(hq: Headquarters) -> Blueprint:
    """The pages ``ruling.…``."""
    pages = Blueprint("ruling", __name__)

    @pages.get("/rulings")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        return render_template("rulings.html", sales=hq.rulings.undecided())

    @pages.post("/rulings/<node>/<int:epoch>/<int:branch>/<int:seq>")
    @needs(Rank.ACCOUNTANT)
    @or_again(_sale)
    def rule(node: str, epoch: int, branch: int, seq: int) -> Response:
        place = (node, epoch, branch, seq)
        by, reason, second = bookkeeper(hq), typed("reason"), second_person()
        match typed("act"):
            case "void":
                hq.rulings.void(place, by=by, reason=reason, second=second)
            case "restore":
                hq.rulings.restore(place, by=by, reason=reason, second=second)
            case _:
                hq.rulings.decide_time(place, _moment(), by=by, reason=reason, second=second)
        target = url_for("sale.detail", node=node, epoch=epoch, branch=branch, seq=seq)
        return redirect(target, 303)

    return pages


def _sale(node: str, epoch: int, branch: int, seq: int) -> str:
    """The page of the sale, which has the forms."""
    page = current_app.view_functions["sale.detail"]
    return str(page(node=node, epoch=epoch, branch=branch, seq=seq))


def _moment() -> datetime:
    """The moment that was typed on the utility's clocks."""
    text = typed("at")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=site().time_zone)
    except ValueError as cause:
        raise NotATime(text=text[:40]) from cause
