"""Complaints of customers: listed, looked into, answered."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.services.complaint_office import (
    OPEN,
    PAGE,
    REFUSED,
    TOP,
    UPHELD,
    Answer,
    Place,
)
from yika_central.web.bookkeeping import bookkeeper, second_person, typed, typed_money
from yika_central.web.ranks import Rank
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Text

ABOUT: Final[dict[str, Text]] = {
    "price": _("The price or the bill"),
    "credit": _("Credit that is missing"),
    "meter": _("What the meter shows"),
    "card": _("The card"),
    "other": _("Something else"),
}
OUTCOMES: Final[dict[str, Text]] = {
    OPEN: _("Waiting"),
    UPHELD: _("Upheld"),
    REFUSED: _("Refused"),
}
_NUMBER_MAX: Final = 2**63 - 1


def complaint_pages(hq: Headquarters) -> Blueprint:
    """The pages ``complaint.…``."""
    pages = Blueprint("complaint", __name__)

    @pages.get("/complaints")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        asked = request.args.get("state", OPEN)
        outcome = asked if asked in OUTCOMES else OPEN
        found = hq.complaint_office.listed(outcome, _cursor(request.args.get("before", "")))
        older = "~".join(map(str, found[-1].cursor)) if len(found) == PAGE else ""
        return render_template(
            "complaints.html",
            complaints=found,
            older=older,
            outcome=outcome,
            outcomes=OUTCOMES,
            about=ABOUT,
        )

    @pages.get("/complaints/<node>/<int:epoch>/<int:branch>/<int:seq>")
    @needs(Rank.ACCOUNTANT)
    def shown(node: str, epoch: int, branch: int, seq: int) -> str:
        return render_template(
            "complaint.html",
            complaint=hq.complaint_office.get(_place(node, epoch, branch, seq)),
            outcomes=OUTCOMES,
            about=ABOUT,
            limit=hq.complaint_office.limit,
        )

    @pages.post("/complaints/<node>/<int:epoch>/<int:branch>/<int:seq>")
    @needs(Rank.ACCOUNTANT)
    @or_again(shown)
    def answer(node: str, epoch: int, branch: int, seq: int) -> Response:
        given = Answer(
            upheld=typed("outcome") == UPHELD,
            zh=typed("zh"),
            en=typed("en"),
            amount=typed_money("amount"),
        )
        place = _place(node, epoch, branch, seq)
        hq.complaint_office.answer(
            place, given, by=bookkeeper(hq), reason=typed("reason"), second=second_person()
        )
        return redirect(
            url_for("complaint.shown", node=node, epoch=epoch, branch=branch, seq=seq), 303
        )

    return pages


def _place(node: str, epoch: int, branch: int, seq: int) -> Place:
    """A position that a database can be asked for."""
    return (node, min(epoch, _NUMBER_MAX), min(branch, _NUMBER_MAX), min(seq, _NUMBER_MAX))


def _cursor(text: str) -> tuple[int, str, int, int]:
    """Where a page of the list begins; the top, where the text names no place."""
    try:
        at, node, epoch, seq = text.split("~")
        numbers = (int(at), int(epoch), int(seq))
    except ValueError:
        return TOP
    if any(abs(number) > _NUMBER_MAX for number in numbers):
        return TOP
    return (numbers[0], node, numbers[1], numbers[2])
