"""What vending points ask for over the line: what waits, one request, what became of others."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.db.approval_store import Place
from yika_central.services.approval_office import Asked
from yika_central.web.bookkeeping import bookkeeper, second_person, typed
from yika_central.web.person_pages import ACTS
from yika_central.web.ranks import Rank
from yika_common.infra.web.again import or_again
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.guard import needs, passive
from yika_common.infra.web.site import Mood, Text
from yika_common.signing.phone_code import in_groups
from yika_common.sync.line_approval import GRANTED, OVER, REFUSED, WAITING

STATES: dict[str, tuple[Text, Mood]] = {
    WAITING: (_("waits"), "busy"),
    GRANTED: (_("granted"), "good"),
    REFUSED: (_("refused"), "warn"),
    OVER: (_("taken back or too late"), "idle"),
}


def approval_pages(hq: Headquarters) -> Blueprint:
    """The pages ``approval.…``."""
    pages = Blueprint("approval", __name__)

    @pages.get("/approvals")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        return render_template(
            "approvals.html",
            decided=hq.approval_office.decided(),
            states=STATES,
            **_waiting(hq),
        )

    @pages.get("/approvals/waiting")
    @needs(Rank.AUDITOR)
    @passive
    def waiting() -> str | tuple[str, int]:
        shown = _waiting(hq)
        if shown["tag"] == request.args.get("tag"):
            return "", 204
        return render_template("_approvals_waiting.html", **shown)

    @pages.get("/approvals/<node>/<int:epoch>/<challenge>")
    @needs(Rank.AUDITOR)
    def one(node: str, epoch: int, challenge: str) -> str:
        return _one(hq)

    @pages.post("/approvals/<node>/<int:epoch>/<challenge>")
    @needs(Rank.ACCOUNTANT)
    @or_again(lambda: _one(hq))
    def decide(node: str, epoch: int, challenge: str) -> Response:
        place, by = _place(), bookkeeper(hq)
        if typed("what") == "refuse":
            hq.approval_office.refuse(place, by=by, reason=typed("reason"))
            flash(gettext("Refused. The vending point is told why."), "good")
        else:
            hq.approval_office.grant(place, by=by, reason=typed("reason"), second=second_person())
            flash(gettext("Granted. The vending point goes on within seconds."), "good")
        return redirect(url_for("approval.listed"), 303)

    return pages


def _waiting(hq: Headquarters) -> dict[str, object]:
    found = hq.approval_office.waiting()
    return {
        "waiting": found,
        "tag": "-".join(asked.challenge for asked in found) or "none",
        "acts": ACTS,
        "in_words": in_words,
    }


def _one(hq: Headquarters) -> str:
    asked = hq.approval_office.one(_place())
    return render_template(
        "approval.html",
        asked=asked,
        act=ACTS[asked.act],
        in_words=in_words,
        digits=in_groups(asked.challenge),
        states=STATES,
        limit=hq.config.two_persons_above,
        waits=asked.state == WAITING,
    )


def _place() -> Place:
    named = request.view_args or {}
    return named["node"], named["epoch"], named["challenge"]


def in_words(asked: Asked) -> str:
    """The act in the words of the vending point, in the reader's language; empty: unreadable."""
    if asked.words is None:
        return ""
    return asked.words.chinese if language_here() == "zh" else asked.words.english
