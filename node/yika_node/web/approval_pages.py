"""The second person's page: what is to be approved, the managing card, its PIN.

The page of an act leads here with :func:`ask`; from here it goes back to that page, whose address
then carries the token as ``approval``.  Who has no managing card at hand asks headquarters, over
the line or by telephone; what these stand on is loaded then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.errors import Phrase
from yika_common.infra.language import said
from yika_common.infra.web.again import or_again, refusal_here
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.guard import needs, passive
from yika_common.infra.web.site import signed_in, site
from yika_node.services.approvals import PendingApproval, operator_is
from yika_node.services.rights import Right
from yika_node.web.front import front, go_to, node, operator
from yika_node.web.phone_pages import phone_desk_of, spoken
from yika_node.web.special_pages import managing_desk_of

if TYPE_CHECKING:
    from yika_node.services.line_approvals import Heard, LineDesk

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
        over_line=bool(waiting.kind) and not node().standing.membership.practice,
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
    _withdraw(waiting, token)
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


def line_desk_of() -> LineDesk:
    """The desk that asks headquarters over the line."""
    from yika_node.services.line_approvals import LineDesk  # noqa: PLC0415 - see above

    of = node()
    wire, phone = of.courier.wire, phone_desk_of(of)
    return LineDesk(phone, of.standing, of.keyring, of.vault, wire, of.clock, site().random)


def _line() -> str | Response:
    token = str((request.view_args or {})["token"])
    waiting = node().approvals.pending(token)
    heard = line_desk_of().look(token)
    if _is_approved(token):
        return redirect(_onwards(token), 303)
    if heard is None:
        return redirect(url_for("approval.page", token=token), 303)
    return render_template(
        "approve_line.html",
        what=said(waiting.what, language_here()),
        operator=waiting.operator,
        **_stands(heard, token),
    )


@pages.post("/approve/<token>/line")
@needs(Right.APPROVE)
@or_again(_page)
def ask_line(token: str) -> Response:
    """Ask headquarters over the line, and wait for its answer."""
    line_desk_of().ask(token)
    return redirect(url_for("approval.over_line", token=token), 303)


@pages.get("/approve/<token>/line")
@needs(Right.APPROVE)
def over_line(token: str) -> str | Response:
    """How the asking stands; once headquarters has granted it, back to the act."""
    return _line()


@pages.get("/approve/<token>/line/heard")
@needs(Right.APPROVE)
@passive
def heard(token: str) -> str | Response | tuple[str, int]:
    """For the page that waits: nothing (204) as long as it stands as ``tag`` says."""
    found = line_desk_of().look(token)
    if _is_approved(token):
        return go_to(_onwards(token))
    if found is None:
        return go_to(url_for("approval.page", token=token))
    stands = _stands(found, token)
    if stands["tag"] == request.args.get("tag"):
        return "", 204
    return render_template("_approve_line.html", **stands)


@pages.post("/approve/<token>/line/end")
@needs(Right.APPROVE)
def end_line(token: str) -> Response:
    """Take the asking back, and go back to the second person's page."""
    line_desk_of().withdraw(token)
    flash(gettext("Headquarters is asked no more."), "good")
    return redirect(url_for("approval.page", token=token), 303)


def _is_approved(token: str) -> bool:
    return node().approvals.pending(token).approved is not None


def _onwards(token: str) -> str:
    """Where an approved act goes on; what headquarters granted over the line is said there."""
    waiting = node().approvals.pending(token)
    if waiting.heard is not None and waiting.heard.code:
        flash(gettext("Headquarters has approved it."), "good")
    return _after(waiting, token)


def _stands(heard: Heard, token: str) -> dict[str, object]:
    problem = "" if heard.problem is None else heard.problem.code
    return {"token": token, "heard": heard, "tag": f"{heard.state}-{problem}"}


def _withdraw(waiting: PendingApproval, token: str) -> None:
    """Where headquarters is still asked over the line, let it know that it need not answer."""
    if waiting.heard is not None:
        line_desk_of().withdraw(token)


def _after(waiting: PendingApproval, token: str) -> str:
    joint = "&" if "?" in waiting.then else "?"
    return f"{waiting.then}{joint}approval={token}"


def _back(waiting: PendingApproval, token: str) -> Response:
    return redirect(_after(waiting, token), 303)
