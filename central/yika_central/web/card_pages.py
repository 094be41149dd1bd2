"""Notices about single cards and meters: give one, end one, see what came of them."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.services.notice_desk import NewNotice
from yika_central.web.bookkeeping import bookkeeper, typed, typed_count
from yika_central.web.forms import day_from
from yika_central.web.ranks import Rank
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Mood, Text
from yika_common.journal.card_bodies import TAKEN_IN, TOLD, TURNED_AWAY
from yika_common.sync.card_list import CALL, KEEP, MESSAGE, REFUSE

ACTIONS: Final[dict[str, tuple[Text, Mood]]] = {
    REFUSE: (_("Sell it nothing"), "bad"),
    KEEP: (_("Keep the card"), "bad"),
    CALL: (_("Call headquarters first"), "warn"),
    MESSAGE: (_("Tell its holder"), "busy"),
}
DONE: Final[dict[str, Text]] = {
    TURNED_AWAY: _("turned away"),
    TOLD: _("told"),
    TAKEN_IN: _("kept"),
}


def card_pages(hq: Headquarters) -> Blueprint:
    """The pages ``card.…``."""
    pages = Blueprint("card", __name__)

    @pages.get("/cards")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        everything = request.args.get("all") == "1"
        return render_template(
            "notices.html",
            notices=hq.notice_desk.listed(everything=everything),
            everything=everything,
            actions=ACTIONS,
            done=DONE,
            choices=[(action, text) for action, (text, _mood) in ACTIONS.items()],
        )

    @pages.post("/cards")
    @needs(Rank.ACCOUNTANT)
    @or_again(listed)
    def give() -> Response:
        new = NewNotice(
            subject=typed("subject"),
            action=typed("action"),
            until=day_from(typed("until")),
            zh=typed("zh"),
            en=typed("en"),
        )
        hq.notice_desk.give(new, by=bookkeeper(hq), reason=typed("reason"))
        return redirect(url_for("card.listed"), 303)

    @pages.post("/cards/end")
    @needs(Rank.ACCOUNTANT)
    @or_again(listed)
    def end() -> Response:
        number = typed_count("number", 0)
        hq.notice_desk.end(typed("card"), typed("meter"), number, by=bookkeeper(hq))
        return redirect(url_for("card.listed"), 303)

    @pages.post("/cards/lost")
    @needs(Rank.ACCOUNTANT)
    @or_again(listed)
    def lost() -> Response:
        hq.notice_desk.lose(typed("card"), by=bookkeeper(hq), reason=typed("reason"))
        return redirect(url_for("card.listed"), 303)

    @pages.post("/cards/found")
    @needs(Rank.ACCOUNTANT)
    @or_again(listed)
    def found() -> Response:
        hq.notice_desk.find(typed("card"), by=bookkeeper(hq), reason=typed("reason"))
        return redirect(url_for("card.listed"), 303)

    return pages
