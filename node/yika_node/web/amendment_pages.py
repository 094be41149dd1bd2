"""What a supervisor amends: what sets an account's prices, and its own limits."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.infra.web.again import or_again, refusal_here
from yika_common.infra.web.class_names import class_choices
from yika_common.infra.web.guard import needs
from yika_node.services.facts_texts import texts_of
from yika_node.services.rights import Right
from yika_node.web.amendment_forms import facts_of, limits_of, parts_of
from yika_node.web.front import front, node, operator
from yika_node.web.labels import SERVICES

pages = Blueprint("amendment", __name__)


def _facts() -> str:
    account = node().accounts.get(_number())
    classes = {*node().accounts.classes(), account.tariff_class}
    texts = texts_of(account, node().config.place.zone)
    services = dict.fromkeys(meter.service for meter in account.meters)
    return render_template(
        "account_facts.html",
        filled=request.form if refusal_here() else texts | parts_of(texts["mixed"]),
        account=account,
        classes=class_choices(classes),
        services=[(service, SERVICES[service]) for service in services],
    )


def _limits() -> str:
    account = node().accounts.get(_number())
    services = dict.fromkeys(meter.service for meter in account.meters)
    return render_template(
        "account_limits.html",
        filled=request.form,
        account=account,
        services=[(service, SERVICES[service]) for service in services],
    )


def _number() -> str:
    return str((request.view_args or {})["number"])


@pages.get("/accounts/<number>/facts")
@needs(Right.AMEND_ACCOUNT)
def facts(number: str) -> str:
    """What sets the account's prices, as it is known, to be amended."""
    return _facts()


@pages.post("/accounts/<number>/facts")
@needs(Right.AMEND_ACCOUNT)
@or_again(_facts)
def amend(number: str) -> Response:
    """Let these facts hold from now on."""
    form = facts_of(request.form, node().config.place.zone)
    node().amendments.amend(operator(), number, form)
    return _done(number, gettext("What sets the prices of account %(number)s is amended."))


@pages.get("/accounts/<number>/limits")
@needs(Right.LIMIT_ACCOUNT)
def limits(number: str) -> str:
    """The account's own limits, and the form for new ones."""
    return _limits()


@pages.post("/accounts/<number>/limits")
@needs(Right.LIMIT_ACCOUNT)
@or_again(_limits)
def lift(number: str) -> Response:
    """Let these limits hold until their day."""
    form = limits_of(request.form, node().config.place.zone)
    node().amendments.lift_limits(operator(), number, form)
    return _done(number, gettext("The limits of account %(number)s are set."))


def _done(number: str, text: str) -> Response:
    # The card read last still shows the account as it was.
    front().last_card.keep(None)
    front().soon()
    flash(text % {"number": number}, "good")
    return redirect(url_for("account.page", number=number), 303)
