"""Accounts that may be one household's: proposed, compared side by side, merged or told apart."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.db.duplicate_store import DIFFERENT, MERGED, OPEN, STATES
from yika_central.services.duplicate_finder import ADDRESS, DOCUMENT, METER, PHONE
from yika_central.services.duplicate_views import PAGE
from yika_central.web.bookkeeping import bookkeeper, second_person, typed
from yika_central.web.ranks import Rank
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Text

ALIKE: Final[dict[str, Text]] = {
    ADDRESS: _("Same address"),
    METER: _("Same meter"),
    DOCUMENT: _("Same document"),
    PHONE: _("Same telephone"),
}
SHOWN: Final[dict[str, Text]] = {
    OPEN: _("Proposed"),
    MERGED: _("Merged"),
    DIFFERENT: _("Not the same"),
}

ONE, OTHER = "one", "other"
"""Which of the two survives, as the form says it."""


def duplicate_pages(hq: Headquarters) -> Blueprint:
    """The pages ``duplicate.…``."""
    pages = Blueprint("duplicate", __name__)

    @pages.get("/duplicates")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        asked = request.args.get("state", OPEN)
        state = asked if asked in STATES else OPEN
        after = (request.args.get("account", ""), request.args.get("other", ""))
        pairs = hq.duplicates.listed(state, after)
        more = pairs[-1] if len(pairs) == PAGE else None
        return render_template(
            "duplicates.html", pairs=pairs, more=more, state=state, states=SHOWN, alike=ALIKE
        )

    @pages.get("/duplicates/compare")
    @needs(Rank.ACCOUNTANT)
    def compare() -> Response:
        first, second = (request.args.get(n, "").strip().upper() or "-" for n in ("one", "other"))
        return redirect(url_for("duplicate.pair", first=first, second=second), 303)

    @pages.get("/duplicates/<first>/<second>")
    @needs(Rank.ACCOUNTANT)
    def pair(first: str, second: str) -> str:
        return render_template(
            "duplicate.html",
            shown=hq.duplicates.compare(first, second),
            alike=ALIKE,
            states=SHOWN,
            choices=[(ONE, first), (OTHER, second)],
        )

    @pages.post("/duplicates/<first>/<second>/merge")
    @needs(Rank.ACCOUNTANT)
    @or_again(pair)
    def merge(first: str, second: str) -> Response:
        account, survivor = (first, second) if typed("survivor") == OTHER else (second, first)
        hq.merging.merge(
            account,
            survivor,
            by=bookkeeper(hq),
            reason=typed("reason"),
            second=second_person(),
        )
        return redirect(url_for("duplicate.pair", first=first, second=second), 303)

    @pages.post("/duplicates/<first>/<second>/part")
    @needs(Rank.ACCOUNTANT)
    @or_again(pair)
    def part(first: str, second: str) -> Response:
        hq.merging.part(first, second, by=bookkeeper(hq), reason=typed("reason"))
        return redirect(url_for("duplicate.listed"), 303)

    return pages
