"""The first page, what waits for a person, and the manual."""

from flask import Blueprint, render_template, request

from yika_central.bootstrap import Headquarters
from yika_central.services.enquiries import Cursor
from yika_central.web.ranks import Rank
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.guard import needs


def front_pages(hq: Headquarters) -> Blueprint:
    """The pages ``front.overview``, ``front.suspense`` and ``front.manual``."""
    pages = Blueprint("front", __name__)

    @pages.get("/")
    @needs(Rank.AUDITOR)
    def overview() -> str:
        return render_template(
            "overview.html",
            today=hq.enquiries.sold_today(),
            waiting=hq.enquiries.waiting(),
            cases=hq.detection.waiting(),
            nodes=hq.registry.nodes(),
            ending=hq.tariff_office.shelf.ending(),
            drafts=hq.tariff_office.drafts.all(still_open=True),
        )

    @pages.get("/suspense")
    @needs(Rank.AUDITOR)
    def suspense() -> str:
        page = hq.enquiries.suspense(Cursor.from_text(request.args.get("at", "")))
        return render_template("suspense.html", page=page)

    @pages.get("/manual")
    @needs(Rank.AUDITOR)
    def manual() -> str:
        return render_template("manual.html", chapters=f"manual/{language_here()}.html")

    return pages
