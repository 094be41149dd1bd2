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
from yika_node.services.approvals import operator_is
from yika_node.services.rights import Right
from yika_node.web.front import front, node, operator
from yika_node.web.special_pages import managing_desk_of

pages = Blueprint("approval", __name__)


def ask(digest: bytes, what: Phrase, then: str) -> Response:
    """Lead to the second person's page.

    Args:
        digest: of the act.
        what: the act in words.
        then: the act's page, a path of this program; ``approval=TOKEN`` is added to it.
    """
    token = node().approvals.begin(operator(), digest, what, then)
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
    assert waiting.approved is not None, "it was approved just now"
    if operator_is(operator(), waiting.approved.holder):
        front().sessions.has_approved(signed_in())
    flash(
        gettext(
            "%(holder)s has approved it. Take the managing card out and put the customer's card "
            "back in.",
            holder=waiting.approved.holder,
        ),
        "good",
    )
    joint = "&" if "?" in waiting.then else "?"
    return redirect(f"{waiting.then}{joint}approval={token}", 303)
