"""Replacing a meter: what is left in the old one moves to the new one, load by load if need be.

What the new one had no room for is loaded from the page of the sale, without a purchase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.faults import sentence_here
from yika_common.infra.web.guard import needs
from yika_common.numbers import Quantity, quantity_from_text, quantity_to_text
from yika_node.bootstrap import Node
from yika_node.services.rights import Right
from yika_node.web.approval_pages import ask
from yika_node.web.forms import Form, token_of, typed
from yika_node.web.front import front, node, operator, units_of

if TYPE_CHECKING:
    from yika_node.services.make_up import MakeUpDesk
    from yika_node.services.meter_swap import MeterSwap, SwapForm

pages = Blueprint("swap", __name__)

_KEPT = ("meter", "start", "holds", "figure", "reason")


def meter_swap_of(node: Node) -> MeterSwap:
    """The desk of a node; loaded when it is asked for, because meters are seldom replaced."""
    from yika_node.services.meter_swap import MeterSwap  # noqa: PLC0415 - see above

    cards = node.cards
    return MeterSwap(
        queries=node.queries,
        accounts=node.accounts,
        keyring=cards.keyring,
        reissue=node.life.reissue,
        approvals=node.approvals,
        pricing=node.sales.pricing,
        clock=cards.clock,
    )


def make_up_of(node: Node) -> MakeUpDesk:
    """The desk of a node; loaded when it is asked for, because meters are seldom replaced."""
    from yika_node.services.make_up import MakeUpDesk  # noqa: PLC0415 - see above

    sales = node.sales
    return MakeUpDesk(
        cards=sales.cards,
        journal=sales.journal,
        queries=sales.queries,
        keyring=sales.keyring,
        standing=sales.standing,
        pricing=sales.pricing,
        clock=sales.clock,
    )


def _where() -> tuple[str, int]:
    asked = request.view_args or {}
    return str(asked["number"]), int(asked["slot"])


def _page() -> str:
    number, slot = _where()
    old = meter_swap_of(node()).old(number, slot)
    return render_template(
        "swap.html",
        filled=request.form or request.args,
        account=node().accounts.get(number),
        old=old,
        units=units_of([old.view.meter]),
        free=node().accounts.free_meters(old.view.service),
    )


@pages.get("/accounts/<number>/meters/<int:slot>/replace")
@needs(Right.REPLACE_METER)
def page(number: str, slot: int) -> str:
    """What is known of the old meter, and the form for the new one."""
    return _page()


@pages.post("/accounts/<number>/meters/<int:slot>/look")
@needs(Right.REPLACE_METER)
@or_again(_page)
def look(number: str, slot: int) -> Response:
    """Read the customer's card: the old meter may have written on it."""
    front().last_card.keep(None)
    if not meter_swap_of(node()).look(operator(), number):
        flash(gettext("This is not the account's card. Put the customer's card in."), "warn")
    return redirect(url_for("swap.page", number=number, slot=slot, **_kept()), 303)


@pages.post("/accounts/<number>/meters/<int:slot>/replace")
@needs(Right.REPLACE_METER)
@or_again(_page)
def swap(number: str, slot: int) -> Response:
    """Let the new meter take the old one's place, once a second person approved what needs it."""
    front().last_card.keep(None)
    form, approval = _form(number, slot, request.form), typed(request.form, "approval")
    desk, token = meter_swap_of(node()), token_of(request.form)
    if form.figure and not approval and not desk.is_done(token):
        quote = desk.quote(form)
        if quote.needs_approval:
            return ask(
                desk.digest(quote.body),
                Phrase(
                    "%(moved)s of credit from dead meter %(old)s to meter %(new)s of account "
                    "%(account)s, because: %(why)s",
                    moved=quantity_to_text(Quantity(quote.body.moved)),
                    old=quote.body.old,
                    new=quote.body.new,
                    account=number,
                    why=quote.body.reason,
                ),
                url_for("swap.page", number=number, slot=slot, **_kept()),
                "meter swap",
            )
    made = desk.swap(operator(), form, token, approval)
    if made.problem is None:
        text = gettext("Meter %(meter)s has taken the old one's place.", meter=form.meter)
        flash(text, "good")
    else:
        flash(sentence_here(made.problem), "warn")
    front().soon()
    return redirect(url_for("account.page", number=number), 303)


@pages.post("/make-up")
@needs(Right.SELL)
def make_up() -> Response:
    """Load what the meter has room for, and go back to the sale."""
    card, slot = typed(request.form, "card"), typed(request.form, "slot")
    front().last_card.keep(None)
    done = make_up_of(node()).load(
        operator(), card, int(slot) if slot.isdecimal() else -1, token_of(request.form)
    )
    if done.problem is None:
        text = gettext(
            "%(quantity)s is on the card for meter %(meter)s: nothing was paid, and it counts in "
            "no quota.",
            quantity=quantity_to_text(done.quantity),
            meter=done.sale.meter,
        )
        flash(text, "good")
    else:
        flash(sentence_here(done.problem), "warn")
    front().soon()
    return redirect(url_for("sale.form"), 303)


def _kept() -> dict[str, Any]:
    """What was typed so far, for the page that comes next."""
    return {name: typed(request.form, name) for name in _KEPT if typed(request.form, name)}


def _form(number: str, slot: int, form: Form) -> SwapForm:
    from yika_node.services.meter_swap import SwapForm  # noqa: PLC0415 - as above

    figure, holds = typed(form, "figure"), typed(form, "holds")
    return SwapForm(
        account=number,
        slot=slot,
        meter=typed(form, "meter"),
        reason=typed(form, "reason"),
        figure=quantity_from_text(figure) if figure else None,
        start=quantity_from_text(typed(form, "start") or "0"),
        holds=quantity_from_text(holds) if holds else None,
    )
