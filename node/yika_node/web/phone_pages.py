"""Headquarters' answers by telephone: signing in, an act, a person from another point, selling on.

Each page shows what to read to headquarters, digits and all, and takes the code it reads back.
What the pages stand on is loaded with the first of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs, public
from yika_common.infra.web.login import begin_session
from yika_common.infra.web.site import NavItem, Text
from yika_node.bootstrap import Node
from yika_node.services.rights import Right
from yika_node.web.entrance import identity_of
from yika_node.web.front import front, node, operator

if TYPE_CHECKING:
    from yika_node.services.phone_desk import Asked, PhoneDesk
    from yika_node.services.phone_entry import PhoneEntry

pages = Blueprint("phone", __name__)

OTHERWISE: Final = NavItem("phone.entry", _("Can't sign in? Headquarters can help by telephone"))
ENTRIES: Final[dict[str, Text]] = {
    "release": _("Wrong passwords have closed my name"),
    "admit": _("Headquarters' list does not let me in"),
}


def phone_desk_of(of: Node) -> PhoneDesk:
    """The desk of a node; loaded when it is asked for."""
    from yika_node.services.phone_desk import PhoneDesk  # noqa: PLC0415 - see above

    return PhoneDesk(of.journal, of.approvals, of.standing, of.keyring, of.lockout, of.clock)


def phone_entry_of(of: Node) -> PhoneEntry:
    """Where people come in by headquarters' word."""
    from yika_node.services.phone_entry import PhoneEntry  # noqa: PLC0415 - see above

    return PhoneEntry(phone_desk_of(of), of.staff, of.roster, of.vault)


def spoken(asked: Asked) -> dict[str, object]:
    """What the part of a page shows that is read to headquarters."""
    from yika_common.signing.phone_code import in_groups  # noqa: PLC0415 - see above
    from yika_node.web.staff_words import PURPOSES, SECOND_PERSON  # noqa: PLC0415

    question, practised = asked.question, ""
    if node().standing.membership.practice and not node().vault.locked:
        practised = in_groups(phone_desk_of(node()).expected(asked))
    return {
        "practised": practised,
        "token": asked.waiting.token,
        "point": question.node,
        "purpose": PURPOSES[question.purpose],
        "subject": question.subject,
        "act": SECOND_PERSON.get(question.act, ""),
        "sum": asked.money,
        "challenge": in_groups(asked.challenge),
    }


def _entry() -> str:
    purpose, name = request.values.get("purpose", ""), request.values.get("name", "").strip()
    asked = None
    if purpose in ENTRIES and name:
        desk = phone_desk_of(node())
        asked = spoken(desk.asked(desk.ask(purpose, node().staff.checked_name(name))))
    return render_template("phone_entry.html", entries=ENTRIES, spoken=asked, purpose=purpose)


@pages.get("/phone/entry")
@public
def entry() -> str:
    """What somebody reads to headquarters who can't sign in."""
    return _entry()


@pages.post("/phone/entry")
@public
@or_again(_entry)
def enter() -> Response:
    """Sign in with the code that headquarters read out."""
    form = request.form
    found = phone_entry_of(node()).sign_in(
        form.get("token", ""),
        form.get("name", "").strip(),
        form.get("password", ""),
        form.get("code", ""),
    )
    front().sessions.came(found)
    begin_session(identity_of(found))
    front().soon()
    return redirect(url_for("counter.home"), 303)


def _allowance() -> str:
    desk = phone_desk_of(node())
    asked = desk.asked(desk.ask("allowance"))
    left = node().allowance.left(node().standing.membership.epoch)
    return render_template("phone_allowance.html", spoken=spoken(asked), allowance=left)


@pages.get("/phone/allowance")
@needs(Right.EXCHANGE)
def allowance() -> str:
    """What is read to headquarters so that selling can go on without a line."""
    return _allowance()


@pages.post("/phone/allowance")
@needs(Right.EXCHANGE)
@or_again(_allowance)
def renew() -> Response:
    """Let what may be sold without headquarters begin anew."""
    form = request.form
    phone_desk_of(node()).renew_allowance(operator(), form.get("token", ""), form.get("code", ""))
    flash(gettext("What may be sold without headquarters has begun anew."), "good")
    return redirect(url_for("record.sync"), 303)


def _join() -> str:
    number = request.values.get("number", "").strip()
    person = asked = None
    if number:
        desk = phone_desk_of(node())
        person = phone_entry_of(node()).person(number)
        asked = spoken(desk.asked(desk.ask("join", person.staff_number)))
    return render_template("phone_join.html", spoken=asked, person=person, number=number)


@pages.get("/phone/join")
@needs(Right.APPROVE)
@or_again(lambda: render_template("phone_join.html", spoken=None, person=None, number=""))
def join() -> str:
    """A person of headquarters' list who begins at this vending point."""
    return _join()


@pages.post("/phone/join")
@needs(Right.APPROVE)
@or_again(_join)
def begin() -> Response:
    """Let him sign in from now on."""
    form = request.form
    added = phone_entry_of(node()).join(
        operator(), form.get("token", ""), form.get("code", ""), form.get("password", "")
    )
    front().soon()
    flash(gettext("%(name)s can sign in now.", name=added.name), "good")
    return redirect(url_for("counter.home"), 303)
