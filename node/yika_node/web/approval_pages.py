"""The second person's page: what is to be approved, the managing card, its PIN.

The page of an act leads here with :func:`ask`; from here it goes back to that page, whose address
then carries the token as ``approval``.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.errors import Phrase
from yika_common.infra.language import said
from yika_common.infra.web.again import or_again, refusal_here
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import signed_in
from yika_node.services.approvals import PendingApproval, operator_is
from yika_node.services.rights import Right
from yika_node.web.front import front, node, operator
from yika_node.web.phone_pages import phone_desk_of, spoken
from yika_node.web.special_pages import managing_desk_of

pages = Blueprint("approval", __name__)


def ask(digest: bytes, what: Phrase, then: str, kind: str, amount: int = 0) -> Response:
    """Lead to the second person's page.

    Args:
        digest: of the act.
        what: the act in words.
        then: the act's page, a path of this program; ``approval=TOKEN`` is added to it.
        kind: of the act, as its digest is made under (:mod:`yika_common.journal.acts`).
        amount: the money that the act moves, minor units.
    """
    token = node().approvals.begin(operator(), digest, what, then, kind=kind, amount=amount)
    return redirect(url_for("approval.page", token=token), 303)


def _page() -> str:
    refusal = refusal_here()
    token = str((request.view_args or {})["token"])
    waiting = node().approvals.pending(token)
    return render_template(
        "approve.html",
        token=token,
        what=said(waiting.what, language_here()),
        operator=waiting.operator,
        then=waiting.then,
        by_telephone=bool(waiting.kind),
        last=refusal is not None and refusal.code == "pin_last_try",
    )


@pages.get("/approve/<token>")
@needs(Right.APPROVE)
def page(token: str) -> str:
    """What is to be approved, and the PIN's field."""
    return _page()


@pages.post("/approve/<token>")
@needs(Right.APPROVE)
@or_again(_page)
def approve(token: str) -> Response:
    """Let the managing card in the reader approve it, and go back to the act."""
    front().last_card.keep(None)
    form = request.form
    waiting = managing_desk_of(node()).approve(token, form.get("pin", ""), last="last" in form)
    holder = waiting.holder
    if operator_is(operator(), holder):
        front().sessions.has_approved(signed_in())
    flash(
        gettext(
            "%(holder)s has approved it. Take the managing card out and put the customer's card "
            "back in.",
            holder=holder,
        ),
        "good",
    )
    return _back(waiting, token)


def _telephone() -> str:
    token = str((request.view_args or {})["token"])
    asked = phone_desk_of(node()).asked(token)
    what = said(asked.waiting.what, language_here())
    return render_template(
        "phone_approve.html", spoken=spoken(asked), what=what, then=asked.waiting.then
    )


@pages.get("/approve/<token>/phone")
@needs(Right.APPROVE)
def by_telephone(token: str) -> str:
    """What is read to headquarters, where nobody with a managing card is at hand."""
    return _telephone()


@pages.post("/approve/<token>/phone")
@needs(Right.APPROVE)
@or_again(_telephone)
def answered(token: str) -> Response:
    """Take headquarters' code for an approval, and go back to the act."""
    desk = phone_desk_of(node())
    waiting = desk.asked(token).waiting
    desk.answer(token, request.form.get("code", ""))
    flash(gettext("Headquarters has approved it."), "good")
    return _back(waiting, token)


def _back(waiting: PendingApproval, token: str) -> Response:
    joint = "&" if "?" in waiting.then else "?"
    return redirect(f"{waiting.then}{joint}approval={token}", 303)
