"""Cases: what detection found, and what people found out about it."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.db.case_store import EXPLAINED, OPEN, SETTLED
from yika_central.web.bookkeeping import bookkeeper, typed
from yika_central.web.ranks import Rank
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs


def case_pages(hq: Headquarters) -> Blueprint:
    """The pages ``case.…``."""
    pages = Blueprint("case", __name__)

    @pages.get("/cases")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        asked = request.args.get("state", OPEN)
        state = asked if asked in (OPEN, EXPLAINED, SETTLED) else OPEN
        return render_template("cases.html", cases=hq.detection.cases(state), state=state)

    @pages.post("/cases/explain")
    @needs(Rank.ACCOUNTANT)
    @or_again(listed)
    def explain() -> Response:
        hq.detection.explain(
            typed("subject"),
            typed("kind"),
            typed("mark"),
            note=typed("note"),
            by=bookkeeper(hq),
        )
        return redirect(url_for("case.listed"), 303)

    return pages
