"""The supply network: its branches, their district meters' readings, and what was lost."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.services.network_office import METERS_SHOWN, NewBranch
from yika_central.web.bookkeeping import bookkeeper, typed
from yika_central.web.forms import day_from
from yika_central.web.ranks import Rank
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.numbers import QUANTITY_PLACES, Quantity, scaled_from_text
from yika_common.services import Service


def network_pages(hq: Headquarters) -> Blueprint:
    """The pages ``network.…``."""
    pages = Blueprint("network", __name__)

    @pages.get("/network")
    @needs(Rank.AUDITOR)
    def tree() -> str:
        asked = request.args.get("service", "")
        service = asked if asked in list(Service) else ""
        return render_template(
            "network.html",
            branches=hq.network_office.tree(service),
            service=service,
            services=list(Service),
        )

    @pages.post("/network")
    @needs(Rank.ACCOUNTANT)
    @or_again(tree)
    def enter() -> Response:
        new = NewBranch(typed("code"), typed("service"), typed("name"), typed("parent"))
        code = hq.network_office.enter(new, by=bookkeeper(hq))
        return redirect(url_for("network.branch", code=code), 303)

    @pages.get("/network/<code>")
    @needs(Rank.AUDITOR)
    def branch(code: str) -> str:
        return render_template(
            "branch.html",
            branch=hq.network_office.statement(code, after=request.args.get("after", "")),
            most=METERS_SHOWN,
        )

    @pages.post("/network/<code>/readings")
    @needs(Rank.ACCOUNTANT)
    @or_again(branch)
    def read(code: str) -> Response:
        day, begins = day_from(typed("day")), typed("begins")
        reading, first = _quantity(typed("reading")), _quantity(begins) if begins else None
        hq.network_office.read(code, day, reading, first, by=bookkeeper(hq))
        return redirect(url_for("network.branch", code=code), 303)

    @pages.post("/network/<code>/readings/<int:number>")
    @needs(Rank.ACCOUNTANT)
    @or_again(branch)
    def take_back(code: str, number: int) -> Response:
        hq.network_office.take_back(code, number, by=bookkeeper(hq), reason=typed("reason"))
        return redirect(url_for("network.branch", code=code), 303)

    @pages.post("/network/<code>/meters")
    @needs(Rank.ACCOUNTANT)
    @or_again(branch)
    def hang(code: str) -> Response:
        where = code if typed("act") == "hang" else ""
        hq.network_office.hang(dict.fromkeys(typed("meters").split(), where), by=bookkeeper(hq))
        return redirect(url_for("network.branch", code=code), 303)

    return pages


def _quantity(text: str) -> Quantity:
    return Quantity(scaled_from_text(text, QUANTITY_PLACES))
