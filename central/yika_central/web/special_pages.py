"""System and managing cards: ordered, revoked, and all special cards on one list."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.services.enrolment import Invitation
from yika_central.services.special_office import NewManaging, NewSystem, SpecialRefused
from yika_central.web.bookkeeping import bookkeeper, typed
from yika_central.web.forms import day_from, ticked_services
from yika_central.web.ranks import Rank
from yika_central.web.words import service_choices
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Mood, Text

KINDS: Final[dict[str, Text]] = {
    "SYSTEM": _("System card"),
    "MANAGING": _("Managing card"),
    "TOOL": _("Tool card"),
}
STATES: Final[dict[str, tuple[Text, Mood]]] = {
    "ORDERED": (_("ordered"), "busy"),
    "ISSUED": (_("out"), "warn"),
    "RETURNED": (_("came back"), "good"),
    "BURNT": (_("burnt"), "good"),
    "MISSING": (_("missing"), "bad"),
    "COPIED": (_("there are two of it"), "bad"),
    "REVOKED": (_("revoked"), "idle"),
}


def special_pages(hq: Headquarters) -> Blueprint:
    """The pages ``special.…``."""
    pages = Blueprint("special", __name__)

    @pages.get("/special")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        everything = request.args.get("all") == "1"
        return render_template(
            "special.html",
            cards=hq.special_office.listed(everything=everything),
            everything=everything,
            kinds=KINDS,
            states=STATES,
            writers=[(node, node) for node in hq.tool_desk.issuing_nodes()],
            services=service_choices(),
            moment=from_timestamp,
        )

    @pages.post("/special/managing")
    @needs(Rank.ADMIN)
    @or_again(listed)
    def managing() -> Response:
        new = NewManaging(
            holder=typed("holder"),
            node=typed("node"),
            nodes=tuple(typed("nodes").split()),
            since=_first(hq, "since"),
            until=_last(hq, "until"),
        )
        hq.special_office.order_managing(new, by=bookkeeper(hq))
        return redirect(url_for("special.listed"), 303)

    @pages.post("/special/system")
    @needs(Rank.ADMIN)
    @or_again(listed)
    def system() -> str:
        invitation = Invitation(
            node=typed("installation"),
            name=typed("name"),
            areas=tuple(typed("areas").split()),
            url=request.host_url.rstrip("/"),
            services=ticked_services(),
        )
        new = NewSystem(invitation=invitation, node=typed("node"), until=_last(hq, "until"))
        ordered = hq.special_office.order_system(new, by=bookkeeper(hq))
        return render_template(
            "special_ordered.html", ordered=ordered, installation=invitation.node
        )

    @pages.post("/special/<card>/revoke")
    @needs(Rank.ADMIN)
    @or_again(listed)
    def revoke(card: str) -> Response:
        hq.special_office.revoke(card, by=bookkeeper(hq), reason=typed("reason"))
        return redirect(url_for("special.listed"), 303)

    return pages


def _first(hq: Headquarters, field: str) -> int:
    """The first second of a day that was typed; 0: none was."""
    day = day_from(typed(field)) if typed(field) else None
    if day is None and typed(field):
        raise SpecialRefused(field=Phrase("Good from"))
    zone = ZoneInfo(hq.config.time_zone)
    return 0 if day is None else to_timestamp(datetime.combine(day, time(), zone))


def _last(hq: Headquarters, field: str) -> int:
    """The last second of a day that was typed; 0: none was."""
    day = day_from(typed(field)) if typed(field) else None
    if day is None and typed(field):
        raise SpecialRefused(field=Phrase("Good until"))
    if day is None:
        return 0
    following = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(hq.config.time_zone))
    return to_timestamp(following) - 1
