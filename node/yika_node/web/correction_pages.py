"""Setting right how a payment was made, with a second person; what was sold stays as it is.

And writing down a fee that was collected and forgotten.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.numbers import Money, money_from_text, money_to_text
from yika_node.db.money_projections import TENDERS
from yika_node.services.rights import Right
from yika_node.web.approval_pages import ask
from yika_node.web.charge_pages import fee_named
from yika_node.web.forms import token_of, typed
from yika_node.web.front import front, node, operator
from yika_node.web.labels import TENDERS as TENDER_NAMES
from yika_node.web.tender_forms import given_of
from yika_node.web.till import charge_desk_of, correction_desk_of, till_of

pages = Blueprint("correction", __name__)

KIND = "payment correction"


def _place() -> tuple[int, int]:
    asked = request.view_args or {}
    return int(asked["epoch"]), int(asked["basket"])


def _page() -> str:
    payment = correction_desk_of(node()).payment(*_place())
    return render_template(
        "correction.html",
        payment=payment,
        charge=till_of(node()).charge(*_place()) is not None,
        filled=request.form or request.args or _as_it_is(payment.now.parts),
    )


def _as_it_is(parts: tuple[tuple[str, int, str], ...]) -> dict[str, str]:
    """The form as the payment is written down now."""
    filled = {f"tender-{tender}": money_to_text(Money(given)) for tender, given, _ in parts}
    return filled | {f"reference-{tender}": number for tender, _, number in parts}


@pages.get("/payments/<int:epoch>/<int:basket>/correct")
@needs(Right.CORRECT_PAYMENTS)
def page(epoch: int, basket: int) -> str:
    """How it is written down, and how it was truly paid."""
    return _page()


@pages.post("/payments/<int:epoch>/<int:basket>/correct")
@needs(Right.CORRECT_PAYMENTS)
@or_again(_page)
def correct(epoch: int, basket: int) -> Response:
    """Ask a second person; once he has approved, write the pair down."""
    desk, form = correction_desk_of(node()), request.form
    given, reason, approval = given_of(form), typed(form, "reason"), form.get("approval", "")
    if not approval:
        body = desk.proposed(epoch, basket, given, reason)
        what = Phrase(
            "Payment %(number)s: %(before)s becomes %(after)s, because: %(why)s",
            number=desk.payment(epoch, basket).number,
            before=_in_words(body.before),
            after=_in_words(body.after),
            why=reason,
        )
        money = sum(part.given for part in body.after)
        then = url_for("correction.page", epoch=epoch, basket=basket, **_typed())
        return ask(desk.digest(body), what, then, KIND, money)
    desk.correct(operator(), epoch, basket, given, reason, approval, token_of(form))
    flash(gettext("The payment is set right. What was written first can still be seen."), "good")
    if till_of(node()).charge(epoch, basket) is not None:
        return redirect(url_for("charge.slip", epoch=epoch, seq=basket), 303)
    return redirect(url_for("sale.receipt", epoch=epoch, basket=basket), 303)


def _late() -> str:
    fees = [fee_named(fee) for fee in node().settings.settings().fees]
    account = typed(request.form, "account")
    return render_template(
        "charge_fee.html", fees=fees, filled=request.form, account=account, late=True
    )


@pages.get("/payments/forgotten")
@needs(Right.CORRECT_PAYMENTS)
def late() -> str:
    """A fee that was collected, and that nobody wrote down."""
    return _late()


@pages.post("/payments/forgotten")
@needs(Right.CORRECT_PAYMENTS)
@or_again(_late)
def take_late() -> Response:
    """Write it down now, with the time when it was collected; or find that this form has."""
    form, amount = request.form, typed(request.form, "amount")
    taken = charge_desk_of(node()).take_late_fee(
        operator(),
        form.get("code", ""),
        token_of(form),
        _moment(typed(form, "collected"), node().config.place.zone),
        typed(form, "note"),
        amount=money_from_text(amount) if amount else None,
        account=typed(form, "account").upper(),
        given=given_of(form),
    )
    front().soon()
    return redirect(url_for("charge.slip", epoch=taken.epoch, seq=taken.seq), 303)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A moment of the vending point's clock on the wall, as the browser writes it.

    Raises:
        LateFeeUnlikely: it is none.
    """
    from yika_node.services.charge_errors import LateFeeUnlikely  # noqa: PLC0415 - seldom
    from yika_node.services.charges import LATE_MAX  # noqa: PLC0415

    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise LateFeeUnlikely(most=LATE_MAX.days) from None


def _typed() -> dict[str, Any]:
    """What was typed, for the page that comes next."""
    names = [f"{field}-{tender}" for field in ("tender", "reference") for tender in TENDERS]
    kept = {name: typed(request.form, name) for name in (*names, "reason")}
    return {name: text for name, text in kept.items() if text}


def _in_words(parts: tuple[tuple[str, int, str], ...]) -> str:
    return ", ".join(
        f"{TENDER_NAMES[tender]} {money_to_text(Money(given))} {number}".rstrip()
        for tender, given, number in parts
    )
