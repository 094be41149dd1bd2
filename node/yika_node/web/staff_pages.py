"""Operators: who may sign in, what each may do, what was changed about it; and one's own password.

What these pages stand on is loaded with the first of them: an ordinary sale needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.errors import N_, Phrase
from yika_common.infra.web.again import or_again, refusal_here
from yika_common.infra.web.guard import needs, signed_in_only
from yika_common.infra.web.site import signed_in
from yika_node.bootstrap import Node
from yika_node.services.rights import RIGHTS, Right
from yika_node.services.views import Level
from yika_node.web.approval_pages import ask
from yika_node.web.forms import level_of
from yika_node.web.front import front, node, operator
from yika_node.web.labels import LEVELS

if TYPE_CHECKING:
    from yika_common.sync.person_list import ListedPerson
    from yika_node.db.staff_queries import StaffQueries
    from yika_node.services.staff_office import StaffOffice

pages = Blueprint("staff", __name__)

ROWS: Final = 50
_RAISING: Final = {
    Level.SUPERVISOR: N_(
        "Let %(name)s work as a supervisor, who manages operators; reason: %(why)s"
    ),
    Level.MANAGER: N_("Let %(name)s work as a manager, who manages operators; reason: %(why)s"),
}


def staff_office_of(of: Node) -> StaffOffice:
    """Where operators are added and changed; loaded when it is asked for."""
    from yika_node.services.staff_office import StaffOffice  # noqa: PLC0415 - see above

    return StaffOffice(
        of.journal,
        of.queries,
        of.vault,
        of.staff,
        of.lockout,
        of.approvals,
        of.clock,
        of.roster,
        front().sessions.end,
    )


def staff_queries_of(of: Node) -> StaffQueries:
    """What was done about operators."""
    from yika_node.db.staff_queries import StaffQueries  # noqa: PLC0415 - see above

    return StaffQueries(of.store)


def _listed() -> str:
    filled = request.form if refusal_here() else request.args
    return render_template(
        "operators.html",
        filled=filled,
        operators=node().queries.operators(),
        closed=_closed(),
        level_options=[(level.name, name) for level, name in LEVELS.items()],
        listed=node().roster.listed,
    )


@pages.get("/operators")
@needs(Right.SEE_OPERATORS)
def operators() -> str:
    """Everybody who may sign in here, or once might."""
    return _listed()


@pages.post("/operators")
@needs(Right.MANAGE_OPERATORS)
@or_again(_listed)
def add() -> Response:
    """Let another person sign in."""
    from yika_node.services.staff_office import needs_approval  # noqa: PLC0415

    form, level = request.form, level_of(request.form)
    name, approval = form.get("name", "").strip(), form.get("approval", "")
    if needs_approval(level) and not approval:
        node().staff.checked_name(name)
        number = form.get("number", "").strip() or None
        then = url_for("staff.operators", name=name, level=level.name, number=number)
        return _ask(name, level, "", then)
    added = staff_office_of(node()).add(
        operator(),
        name,
        form.get("password", ""),
        level,
        temporary="temporary" in form,
        approval=approval,
        number=form.get("number", "").strip(),
    )
    flash(gettext("%(name)s can sign in now.", name=added.name), "good")
    return redirect(url_for("staff.operators"), 303)


def _one() -> str:
    from yika_node.services.staff_office import OperatorUnknown  # noqa: PLC0415
    from yika_node.web.limit_pages import day_limits_of  # noqa: PLC0415

    filled = request.form if refusal_here() else request.args
    name = request.values.get("name", "")
    row = node().queries.operator(name)
    if row is None:
        raise OperatorUnknown(name=name)
    level = Level[row.level]
    return render_template(
        "operator.html",
        filled=filled,
        row=row,
        level=level,
        rights=RIGHTS[level],
        closed=name in _closed(),
        uses=day_limits_of(node()).uses(name),
        changes=staff_queries_of(node()).changes(ROWS, name=name),
        level_options=[(one.name, text) for one, text in LEVELS.items() if one is not level],
        person=_person_of(name),
        used=_uses().get(name, {}),
        **_words(),
    )


@pages.get("/operator")
@needs(Right.SEE_OPERATORS)
def one() -> str:
    """One operator: level, rights, limits, and what was changed about him."""
    return _one()


@pages.post("/operator/level")
@needs(Right.MANAGE_OPERATORS)
@or_again(_one)
def change_level() -> Response:
    """Let somebody do more, or less."""
    from yika_node.services.staff_office import needs_approval, said_reason  # noqa: PLC0415

    form, level = request.form, level_of(request.form)
    name, why = form.get("name", ""), said_reason(form.get("reason", ""))
    approval = form.get("approval", "")
    if needs_approval(level) and not approval:
        then = url_for("staff.one", name=name, level=level.name, reason=why)
        return _ask(name, level, why, then)
    staff_office_of(node()).change_level(operator(), name, level, why, approval)
    return _done(gettext("%(name)s has another level now, and signs in anew.", name=name))


@pages.post("/operator/disable")
@needs(Right.MANAGE_OPERATORS)
@or_again(_one)
def disable() -> Response:
    """Let somebody sign in no more."""
    name, why = request.form.get("name", ""), request.form.get("reason", "")
    staff_office_of(node()).disable(operator(), name, why)
    return _done(gettext("%(name)s can't sign in any more.", name=name))


@pages.post("/operator/enable")
@needs(Right.MANAGE_OPERATORS)
@or_again(_one)
def enable() -> Response:
    """Let somebody who was disabled sign in again."""
    form = request.form
    name, password = form.get("name", ""), form.get("password", "")
    staff_office_of(node()).enable(operator(), name, password, form.get("reason", ""))
    return _done(gettext("%(name)s can sign in now.", name=name))


@pages.post("/operator/password")
@needs(Right.MANAGE_OPERATORS)
@or_again(_one)
def reset() -> Response:
    """Give somebody who forgot his password another one, that holds once."""
    form = request.form
    name, password = form.get("name", ""), form.get("password", "")
    staff_office_of(node()).reset(operator(), name, password, form.get("reason", ""))
    return _done(gettext("%(name)s has a password that holds once.", name=name))


@pages.post("/operator/release")
@needs(Right.MANAGE_OPERATORS)
@or_again(_one)
def release() -> Response:
    """Open a name that wrong passwords had closed."""
    name, why = request.form.get("name", ""), request.form.get("reason", "")
    staff_office_of(node()).release(operator(), name, why)
    return _done(gettext("The name %(name)s is open again.", name=name))


@pages.post("/operator/person")
@needs(Right.MANAGE_OPERATORS)
@or_again(_one)
def bind() -> Response:
    """Say which person of headquarters' list somebody is."""
    name = request.form.get("name", "")
    staff_office_of(node()).bind(operator(), name, request.form.get("number", ""))
    return _done(gettext("%(name)s is that person of headquarters' list now.", name=name))


@pages.get("/operators/changes")
@needs(Right.SEE_OPERATORS)
def changes() -> str:
    """What was changed about operators and their limits, the newest first."""
    before = request.args.get("before", "")
    epoch, _, seq = before.partition("-")
    place = (int(epoch), int(seq)) if epoch.isdecimal() and seq.isdecimal() else None
    found = staff_queries_of(node()).changes(ROWS + 1, before=place)
    older = f"{found[ROWS - 1].epoch}-{found[ROWS - 1].seq}" if len(found) > ROWS else ""
    return render_template(
        "operator_changes.html", changes=found[:ROWS], before=before, older=older, **_words()
    )


@pages.get("/operators/rights")
@needs(Right.SEE_OPERATORS)
def rights() -> str:
    """Who may do what, and when each last worked: the sheet that is checked every quarter."""
    from yika_node.web.staff_words import RIGHT_NAMES, SECOND_PERSON  # noqa: PLC0415

    return render_template(
        "operator_rights.html",
        operators=node().queries.operators(),
        levels=LEVELS,
        rights=RIGHTS,
        held={level.name: RIGHTS[level] for level in RIGHTS},
        names=RIGHT_NAMES,
        second_person=SECOND_PERSON,
        now=node().clock(),
        used=_uses(),
    )


def _own() -> str:
    return render_template("password.html", first=front().sessions.must_change(signed_in()))


@pages.get("/password")
@signed_in_only
def password() -> str:
    """The form for one's own password."""
    return _own()


@pages.post("/password")
@signed_in_only
@or_again(_own)
def choose() -> Response:
    """Change one's own password."""
    form = request.form
    staff_office_of(node()).choose_password(operator(), form.get("old", ""), form.get("new", ""))
    front().sessions.changed(operator())
    flash(gettext("Your new password holds from now on."), "good")
    return redirect(url_for("counter.home"), 303)


def _ask(name: str, level: Level, why: str, then: str) -> Response:
    from yika_node.services.staff_office import level_digest  # noqa: PLC0415

    what = Phrase(_RAISING[level], name=name, why=why)
    return ask(level_digest(name, level, why), what, then, "operator level")


def _person_of(name: str) -> tuple[ListedPerson | None, bool] | None:
    """The person of headquarters' list, and whether he may work; None: there is no list."""
    if not node().roster.shelf().persons():
        return None
    shelf = node().roster.shelf()
    found = shelf.person(name)
    return found, found is not None and shelf.good(found)


def _uses() -> dict[str, dict[str, int]]:
    """When each operator last used each right; today's are written down first."""
    node().uses.keep()
    return staff_queries_of(node()).right_uses()


def _closed() -> set[str]:
    from yika_node.services.lockout import CLOSED_AT  # noqa: PLC0415

    attempts = staff_queries_of(node()).attempts()
    return {name for name, failures in attempts.items() if failures >= CLOSED_AT}


def _words() -> dict[str, object]:
    from yika_node.web.staff_words import CHANGES, LIMITS, RIGHT_NAMES  # noqa: PLC0415

    return {"what": CHANGES, "limits": LIMITS, "names": RIGHT_NAMES}


def _done(sentence: str) -> Response:
    flash(sentence, "good")
    return redirect(url_for("staff.one", name=request.form.get("name", "")), 303)
