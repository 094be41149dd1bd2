"""Who may work at vending points, whose rights are still right, and answers by telephone."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.services.person_office import PersonRefused, PersonTerms
from yika_central.services.phone_room import question_of
from yika_central.web.bookkeeping import bookkeeper, second_person, typed, typed_money
from yika_central.web.forms import NotADay, day_from
from yika_central.web.ranks import Rank
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Text
from yika_common.signing.phone_code import in_groups

LEVELS: Final[dict[str, Text]] = {
    "CLERK": _("Clerk"),
    "SUPERVISOR": _("Supervisor"),
    "MANAGER": _("Manager"),
    "AUDITOR": _("Auditor"),
    "TECHNICIAN": _("Technician"),
}
PURPOSES: Final[dict[str, Text]] = {
    "release": _("open a name that wrong passwords have closed"),
    "admit": _("let somebody work for a day whom the list does not let in"),
    "join": _("let a person of the list begin here"),
    "approve": _("approve one act"),
    "allowance": _("let what may be sold without headquarters begin anew"),
}
ACTS: Final[dict[str, Text]] = {
    "refund": _("give a purchase back"),
    "supplement": _("write a purchase again onto its card"),
    "meter swap": _("replace a meter whose balance nobody can read, by a figure"),
    "free card": _("replace a card without its fee"),
    "charge back": _("give a fee or deposit back"),
    "payment correction": _("set right how a payment was made"),
    "guarantee back": _("hand back a guarantee, from the sum on that the point sets"),
    "over or short": _("accept what a drawer holds more or less than it should"),
    "cash": _("take cash out of a drawer where headquarters wants two persons"),
    "close account": _("close an account although its card holds credit"),
    "operator level": _("make somebody a supervisor or manager"),
    "sale beyond limit": _("sell beyond the operator's limit of the day"),
}
"""As the vending points' pages name them."""
CHANGES: Final[dict[str, Text]] = {
    "entered": _("entered"),
    "changed": _("changed"),
    "revoked": _("revoked"),
    "restored": _("let in again"),
    "certified": _("looked at: still right"),
}


def person_pages(hq: Headquarters) -> Blueprint:
    """The pages ``person.…``."""
    pages = Blueprint("person", __name__)

    @pages.get("/persons")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        return _listed(hq)

    @pages.get("/persons/one")
    @needs(Rank.AUDITOR)
    def one() -> str:
        return _one(hq)

    @pages.get("/persons/changes")
    @needs(Rank.AUDITOR)
    def changes() -> str:
        return render_template(
            "person_changes.html",
            changes=hq.person_office.changes(),
            words=CHANGES,
            levels=LEVELS,
            moment=from_timestamp,
        )

    _office(pages, hq)
    _telephone(pages, hq)
    return pages


def _listed(hq: Headquarters) -> str:
    return render_template(
        "persons.html",
        persons=hq.person_office.listed(),
        levels=LEVELS,
        policy=hq.settings_office.current(),
        moment=from_timestamp,
    )


def _one(hq: Headquarters) -> str:
    number = request.values.get("number", "")
    return render_template(
        "person.html",
        person=hq.person_office.person(number),
        changes=hq.person_office.changes(number),
        words=CHANGES,
        levels=LEVELS,
        moment=from_timestamp,
        zone=ZoneInfo(hq.config.time_zone),
    )


def _office(pages: Blueprint, hq: Headquarters) -> None:
    """What an administrator does about persons."""

    @pages.post("/persons")
    @needs(Rank.ADMIN)
    @or_again(lambda: _listed(hq))
    def enter() -> Response:
        hq.person_office.enter(
            typed("number"), _terms(hq), by=bookkeeper(hq), reason=typed("reason")
        )
        return redirect(url_for("person.listed"), 303)

    @pages.post("/persons/change")
    @needs(Rank.ADMIN)
    @or_again(lambda: _one(hq))
    def change() -> Response:
        number = typed("number")
        hq.person_office.change(number, _terms(hq), by=bookkeeper(hq), reason=typed("reason"))
        return redirect(url_for("person.one", number=number), 303)

    @pages.post("/persons/end")
    @needs(Rank.ADMIN)
    @or_again(lambda: _one(hq))
    def end() -> Response:
        number, by, reason = typed("number"), bookkeeper(hq), typed("reason")
        if typed("what") == "restore":
            hq.person_office.restore(number, by=by, reason=reason)
        else:
            hq.person_office.revoke(number, by=by, reason=reason)
        return redirect(url_for("person.one", number=number), 303)

    @pages.post("/persons/certify")
    @needs(Rank.ADMIN)
    def certify() -> Response:
        hq.person_office.certify(typed("number"), by=bookkeeper(hq))
        return redirect(url_for("person.listed"), 303)


def _telephone(pages: Blueprint, hq: Headquarters) -> None:
    """The page of answers by telephone."""

    def _phone(code: str = "") -> str:
        return render_template(
            "phone.html",
            nodes=[(node.node, node.node) for node in hq.registry.nodes()],
            purposes=list(PURPOSES.items()),
            acts=list(ACTS.items()),
            purpose_words=PURPOSES,
            act_words=ACTS,
            given=hq.phone_room.given(),
            code=in_groups(code),
            moment=from_timestamp,
        )

    @pages.get("/phone")
    @needs(Rank.AUDITOR)
    def phone() -> str:
        return _phone()

    @pages.post("/phone")
    @needs(Rank.ACCOUNTANT)
    @or_again(_phone)
    def answer() -> str:
        asked = question_of(
            typed("node"),
            typed("purpose"),
            typed("subject"),
            typed("act"),
            int(typed_money("amount")),
        )
        code = hq.phone_room.answer(
            asked,
            typed("digits"),
            by=bookkeeper(hq),
            reason=typed("reason"),
            second=second_person(),
        )
        return _phone(code)


def _terms(hq: Headquarters) -> PersonTerms:
    """What was typed of a person."""
    try:
        day = day_from(typed("until")) if typed("until") else None
    except NotADay as cause:
        raise PersonRefused(field=Phrase("Valid until")) from cause
    until = 0
    if day is not None:
        following = datetime.combine(
            day + timedelta(days=1), time(), ZoneInfo(hq.config.time_zone)
        )
        until = to_timestamp(following) - 1
    return PersonTerms(
        name=typed("name"),
        level=typed("level"),
        nodes=tuple(typed("nodes").split()),
        until=until,
    )
