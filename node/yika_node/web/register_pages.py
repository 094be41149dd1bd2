"""What becomes of an account: details, another holder, rest, its end, holds, and its history."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.infra.web.again import or_again
from yika_common.infra.web.faults import NotUnderstood
from yika_common.infra.web.guard import needs
from yika_node.bootstrap import Node
from yika_node.services.rights import Right
from yika_node.web import account_words
from yika_node.web.amendment_forms import last_second
from yika_node.web.forms import person_of, typed
from yika_node.web.front import front, node, operator

if TYPE_CHECKING:
    from yika_node.services.account_history import AccountHistory
    from yika_node.services.account_life import AccountLife, HoldForm

pages = Blueprint("register", __name__)


@pages.app_context_processor
def _words() -> dict[str, object]:
    return {"account_words": account_words}


def account_life_of(node: Node) -> AccountLife:
    """The desk of a node; loaded when it is asked for, because accounts seldom change."""
    from yika_node.services.account_life import AccountLife  # noqa: PLC0415 - see above

    cards = node.cards
    return AccountLife(
        journal=node.journal,
        accounts=node.accounts,
        queries=cards.queries,
        keyring=cards.keyring,
        standings=cards.standings,
        approvals=node.approvals,
        settings=node.settings,
        clock=node.clock,
        random=cards.counter.random,
    )


def account_history_of(node: Node) -> AccountHistory:
    """What became of accounts; loaded when it is asked for."""
    from yika_node.services.account_history import AccountHistory  # noqa: PLC0415 - see above

    return AccountHistory(node.store, node.cards.keyring)


def _who(number: str, *, another: bool) -> str:
    account = node().accounts.get(number)
    anew = another and account_life_of(node()).quotas_begin_anew
    return render_template("account_who.html", account=account, another=another, anew=anew)


def _details(number: str) -> str:
    return _who(number, another=False)


def _holder(number: str) -> str:
    return _who(number, another=True)


@pages.get("/accounts/<number>/details")
@needs(Right.CHANGE_DETAILS)
def details(number: str) -> str:
    """The holder's details as they are known, to be corrected."""
    return _details(number)


@pages.post("/accounts/<number>/details")
@needs(Right.CHANGE_DETAILS)
@or_again(_details)
def change_details(number: str) -> Response:
    """Let the details be these."""
    form = request.form
    account_life_of(node()).change_details(
        operator(), number, person_of(form), typed(form, "community"), typed(form, "reason")
    )
    return _done(number, gettext("The details of account %(number)s are changed."))


@pages.get("/accounts/<number>/holder")
@needs(Right.LEAD_ACCOUNT)
def holder(number: str) -> str:
    """The form for another holder."""
    return _holder(number)


@pages.post("/accounts/<number>/holder")
@needs(Right.LEAD_ACCOUNT)
@or_again(_holder)
def change_holder(number: str) -> Response:
    """Let somebody else hold the account."""
    form = request.form
    account_life_of(node()).change_holder(
        operator(), number, person_of(form), typed(form, "community"), typed(form, "reason")
    )
    return _done(number, gettext("Account %(number)s has another holder."))


def _rest(number: str) -> str:
    return render_template("account_rest.html", account=node().accounts.get(number))


@pages.get("/accounts/<number>/rest")
@needs(Right.LEAD_ACCOUNT)
def rest(number: str) -> str:
    """The form to suspend the account, or to resume it."""
    return _rest(number)


@pages.post("/accounts/<number>/rest")
@needs(Right.LEAD_ACCOUNT)
@or_again(_rest)
def change_rest(number: str) -> Response:
    """Let the account rest, or be sold to again."""
    desk, reason = account_life_of(node()), typed(request.form, "reason")
    if request.form.get("resume"):
        desk.resume(operator(), number, reason)
        return _done(number, gettext("Account %(number)s is sold to again."))
    desk.suspend(operator(), number, reason)
    return _done(number, gettext("Account %(number)s is suspended: nothing is sold to it."))


def _holds(number: str) -> str:
    from yika_node.services.holds import in_force  # noqa: PLC0415 - as above

    account, desk = node().accounts.get(number), account_life_of(node())
    held = [(hold, desk.may_lift(operator(), hold)) for hold in in_force(account, node().clock())]
    return render_template("account_holds.html", account=account, holds=held)


@pages.get("/accounts/<number>/holds")
@needs(Right.CHANGE_DETAILS)
def holds(number: str) -> str:
    """The holds on the account, and the form for another one."""
    return _holds(number)


@pages.post("/accounts/<number>/holds")
@needs(Right.CHANGE_DETAILS)
@or_again(_holds)
def put_on(number: str) -> Response:
    """Put a hold on the account."""
    account_life_of(node()).hold(operator(), number, _hold_form())
    return _done(number, gettext("The hold on account %(number)s is on."))


@pages.post("/accounts/<number>/holds/lift")
@needs(Right.CHANGE_DETAILS)
@or_again(_holds)
def lift(number: str) -> Response:
    """Lift a hold."""
    form = request.form
    try:
        hold = (form.get("node", ""), int(form.get("epoch", "")), int(form.get("seq", "")))
    except ValueError as cause:
        raise NotUnderstood from cause
    account_life_of(node()).lift(operator(), number, hold, typed(form, "reason"))
    return _done(number, gettext("The hold on account %(number)s is lifted."))


@pages.get("/accounts/<number>/history")
@needs(Right.SEE_ACCOUNTS)
def history(number: str) -> str:
    """Everything that became of the account here."""
    account = node().accounts.get(number)
    events = account_history_of(node()).events(number)
    return render_template("account_history.html", account=account, events=events)


@pages.post("/accounts/<number>/person")
@needs(Right.SEE_PERSON)
def person(number: str) -> str:
    """Telephone and document in full; that they were shown is recorded."""
    account = account_life_of(node()).seen(operator(), number)
    front().soon()
    return render_template("account_person.html", account=account)


def _hold_form() -> HoldForm:
    from yika_node.services.account_life import HoldForm  # noqa: PLC0415 - as above

    form = request.form
    return HoldForm(typed(form, "level"), typed(form, "words"), _until(), typed(form, "lifter"))


def _until() -> datetime | None:
    return last_second(request.form, "until", node().config.place.zone)


def _done(number: str, text: str) -> Response:
    # The card read last still shows the account as it was.
    front().last_card.keep(None)
    front().soon()
    flash(text % {"number": number}, "good")
    return redirect(url_for("account.page", number=number), 303)
