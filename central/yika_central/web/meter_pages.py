"""Meters: their alarms, and the levels they are set to."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.db.meter_standing import ALARMS
from yika_central.services.level_office import LevelsRefused, Scope, State
from yika_central.web.bookkeeping import typed
from yika_central.web.forms import number_from
from yika_central.web.ranks import Rank
from yika_common.cards.parameters import Levels
from yika_common.cards.write_back import MeterStatus
from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Mood, Text, signed_in
from yika_common.numbers import QUANTITY_PLACES, Quantity, scaled_from_text
from yika_common.services import Service

STATES: Final[dict[State, tuple[Text, Mood]]] = {
    State.NONE: (_("none set"), "idle"),
    State.WAITING: (_("waits for its next record"), "idle"),
    State.ON_CARD: (_("on the card, waits for the meter"), "warn"),
    State.PARTLY: (_("confirmed as far as its card has room"), "good"),
    State.IN_FORCE: (_("confirmed"), "good"),
}
FILTERS: Final[dict[int, Text]] = {
    int(ALARMS): _("To be looked at"),
    int(MeterStatus.BATTERY): _("Battery low"),
    int(MeterStatus.COVER | MeterStatus.MAGNET): _("Cover or magnet"),
    int(MeterStatus.WARNED): _("Closed at the second level"),
    int(MeterStatus.CLOSED): _("Closed"),
    int(MeterStatus.LOW): _("Low"),
}
LEVELS: Final[dict[str, Text]] = {
    "alarm_level": _("Alarm level"),
    "second_level": _("Second alarm level"),
    "max_stored": _("Most stored"),
    "overdraft": _("Lends"),
}


def meter_pages(hq: Headquarters) -> Blueprint:
    """The pages ``meter.…``."""
    pages = Blueprint("meter", __name__)

    @pages.get("/meters/alarms")
    @needs(Rank.AUDITOR)
    def alarms() -> str:
        asked = number_from(request.args.get("bits", ""))
        bits = asked if asked in FILTERS else int(ALARMS)
        return render_template(
            "alarms.html",
            meters=hq.level_office.alarms(MeterStatus(bits)),
            bits=bits,
            filters=FILTERS,
        )

    @pages.get("/meters/levels")
    @needs(Rank.AUDITOR)
    def levels() -> str:
        service = request.args.get("service", "")
        return render_template(
            "levels.html",
            current=hq.level_office.current(),
            history=hq.level_office.history(),
            meters=hq.level_office.meters(
                service=service if service in list(Service) else "",
                after=request.args.get("after", ""),
            ),
            service=service,
            states=STATES,
            labels=LEVELS,
            services=list(Service),
        )

    @pages.post("/meters/levels")
    @needs(Rank.ADMIN)
    @or_again(levels)
    def change() -> Response:
        scope = Scope(
            service="" if typed("meter") else typed("service"),
            tariff_class="" if typed("meter") else typed("class"),
            meter=typed("meter"),
            money=typed("holds") == "money",
        )
        levels = None if typed("act") == "remove" else _levels()
        hq.level_office.change(scope, levels, by=signed_in().user_id, reason=typed("reason"))
        return redirect(url_for("meter.levels"), 303)

    return pages


def _levels() -> Levels:
    """The levels that were typed; an empty field is 0."""
    values: dict[str, Quantity] = {}
    for name in LEVELS:
        try:
            values[name] = Quantity(scaled_from_text(typed(name) or "0", QUANTITY_PLACES))
        except ValueError as cause:
            raise LevelsRefused(field=Phrase("Level")) from cause
    return Levels(**values)
