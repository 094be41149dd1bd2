"""An account's guarantee: what is held, taking more of it, and handing it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.formats import money_shown
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import site
from yika_common.numbers import money_from_text, money_to_text
from yika_node.services.rights import Right
from yika_node.web.approval_pages import ask
from yika_node.web.forms import token_of, typed
from yika_node.web.front import front, node, operator
from yika_node.web.print_room import print_at_once, print_charge
from yika_node.web.tender_forms import given_of
from yika_node.web.till import charge_desk_of, guarantee_desk_of

if TYPE_CHECKING:
    from yika_node.services.charge_views import Charge

pages = Blueprint("guarantee", __name__)

SHOWN = 20


def _page(number: str) -> str:
    return _shown("guarantee.html", number)


def _back(number: str) -> str:
    return _shown("guarantee_back.html", number)


def _shown(template: str, number: str) -> str:
    account, desk = node().accounts.get(number), guarantee_desk_of(node())
    chinese = language_here().startswith("zh")
    return render_template(
        template,
        account=account,
        guarantee=desk.of(account),
        kinds=[(kind.code, kind.zh if chinese else kind.en) for kind in desk.kinds()],
        rows=charge_desk_of(node()).charges(None, SHOWN, account.number, held=True),
        second_from=desk.second_from,
        filled=request.form or request.args,
    )


@pages.get("/accounts/<number>/guarantee")
@needs(Right.SEE_ACCOUNTS)
def page(number: str) -> str:
    """What is held for the account, and every receipt of it."""
    return _page(number)


@pages.post("/accounts/<number>/guarantee")
@needs(Right.SELL)
@or_again(_page)
def take(number: str) -> Response:
    """Take money as security, or find that this form has; either way to the receipt."""
    form = request.form
    taken = guarantee_desk_of(node()).take(
        operator(),
        number,
        form.get("code", ""),
        money_from_text(typed(form, "amount")),
        token_of(form),
        note=typed(form, "note"),
        given=given_of(form),
    )
    return _receipt(taken)


@pages.get("/accounts/<number>/guarantee/back")
@needs(Right.RETURN_GUARANTEE)
def back(number: str) -> str:
    """The form to hand some of it back."""
    return _back(number)


@pages.post("/accounts/<number>/guarantee/back")
@needs(Right.RETURN_GUARANTEE)
@or_again(_back)
def give_back(number: str) -> Response:
    """Hand some of it back; a larger sum once a second person has approved it."""
    form, desk = request.form, guarantee_desk_of(node())
    amount, reason = money_from_text(typed(form, "amount")), typed(form, "reason")
    approval = typed(form, "approval")
    if desk.needs_second(amount) and not approval:
        digest = desk.digest(number, amount, reason)
        what = Phrase(
            "Hand back %(money)s of the guarantee of account %(account)s, because: %(why)s",
            money=money_to_text(amount),
            account=number,
            why=reason,
        )
        then = url_for(
            "guarantee.back", number=number, amount=money_to_text(amount), reason=reason
        )
        return ask(digest, what, then, "guarantee back", amount)
    handed = desk.give_back(
        operator(),
        number,
        amount,
        reason,
        token_of(form),
        approval=approval,
        given=given_of(form),
    )
    money = money_shown(handed.amount, site().currency)
    flash(gettext("Hand out %(money)s now.", money=money), "good")
    return _receipt(handed)


def _receipt(charge: Charge) -> Response:
    front().soon()
    print_at_once(lambda office: print_charge(office, charge))
    return redirect(url_for("charge.slip", epoch=charge.epoch, seq=charge.seq), 303)
