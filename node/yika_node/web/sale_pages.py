"""Selling: the form, its price while typing, the receipt; and sales that wait for their card."""

from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.clock import from_timestamp, to_timestamp
from yika_common.infra.web.again import or_again, refusal_here
from yika_common.infra.web.faults import language_here, sentence_here
from yika_common.infra.web.formats import money_shown
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import site
from yika_common.journal.bodies import REFUND
from yika_common.services import Service
from yika_node.services.loading import loading
from yika_node.services.payments import BasketQuote, Receipt, ReceiptLine, SlotQuote
from yika_node.services.rights import Right
from yika_node.services.shift_guard import NoShift
from yika_node.services.told_bill import debt_names
from yika_node.services.views import SaleState
from yika_node.web.display_pages import display, show_quote, show_sold
from yika_node.web.explain import ToldBill, tariff_of, told
from yika_node.web.forms import agreed_of, agreement, entries_of, token_of
from yika_node.web.front import front, node, operator
from yika_node.web.labels import SERVICES
from yika_node.web.limit_pages import ask_for_sale
from yika_node.web.print_room import print_at_once
from yika_node.web.qr import qr_drawing
from yika_node.web.tender_forms import given_and_change, given_of, tendering_of
from yika_node.web.till import corrections_of, shift_named, till_of

pages = Blueprint("sale", __name__)

A_MOMENT: Final = timedelta(minutes=10)
"""Whoever pays the same for the same meter again within this may have pressed twice."""

DIGITS_SAID: Final = 4
"""So many digits of a meter's number tell it from the others on its card."""


@pages.get("/sell")
@needs(Right.SELL)
def form() -> str | Response:
    """The card's meters, each with a field for what the customer wants."""
    refused = node().guard.refusal(operator())
    if refused is not None:
        # The page of the shift says by itself that one was left open.
        if isinstance(refused, NoShift):
            flash(sentence_here(refused), "warn")
        return redirect(url_for("shift.page"))
    return _form()


@pages.get("/sell/stops")
@needs(Right.LOOK)
def stops() -> str:
    """Everything that can stop a sale, in its order, and who may override it."""
    from yika_node.web.stop_view import stages  # noqa: PLC0415 - seldom looked at

    return render_template("sale_stops.html", stages=stages(language_here()))


def _form() -> str:
    """The form; after a refusal with what was typed, for the card it was typed for."""
    view = (
        front().read_card()
        if refusal_here() is None
        else front().card(request.form.get("card", ""))
    )
    return render_template(
        "sell.html",
        view=view,
        tag=front().watch.seen().tag,
        outlooks=node().sales.outlooks(view),
        filled=request.form,
    )


@pages.post("/sell/quote")
@needs(Right.SELL)
def quote() -> str:
    """The price of what is typed so far, line by line."""
    entries = entries_of(request.form)
    if not entries:
        display().show(None)
        return render_template("_quote.html", basket=None)
    card = front().card(request.form.get("card", ""))
    basket = node().sales.quote(card, entries)
    tendering, fault = tendering_of(request.form, basket.paid)
    show_quote(basket, *given_and_change(tendering))
    names = debt_names(card.account, language_here())
    return render_template(
        "_quote.html",
        basket=basket,
        agreed=agreement(entries, basket.agreed),
        confirm=_confirmation(basket),
        lines=[(line, _told(line, line.service, names)) for line in basket.lines],
        tendering=tendering,
        fault=fault,
        repeated=_repeated(basket),
    )


def _repeated(basket: BasketQuote) -> list[tuple[SlotQuote, datetime]]:
    """The lines that were sold like this a moment ago, and when: perhaps he pressed twice."""
    lately = till_of(node()).sold_lately(basket.account, to_timestamp(basket.at - A_MOMENT))
    found = {(meter, paid): at for meter, paid, at in lately}
    return [
        (line, from_timestamp(found[line.meter, line.bill.paid]))
        for line in basket.lines
        if (line.meter, line.bill.paid) in found
    ]


def _confirmation(basket: BasketQuote) -> str:
    """What the second key does: the sum, and the meters it is for."""
    meters = (f"{SERVICES[line.service]} …{line.meter[-DIGITS_SAID:]}" for line in basket.lines)
    return str(
        gettext(
            "Confirm: take %(money)s for %(meters)s and write the card",
            money=money_shown(basket.paid, site().currency),
            meters=", ".join(meters),
        )
    )


@pages.post("/sell")
@needs(Right.SELL)
@or_again(_form)
def commit() -> Response:
    """Sell, or find that this form has sold already; either way to the receipt."""
    entries, token = entries_of(request.form), token_of(request.form)
    agreed = agreed_of(request.form, entries)
    card = request.form.get("card", "")
    if "ask" in request.form:
        return ask_for_sale(card, entries)
    given, approval = given_of(request.form), request.form.get("approval", "")
    front().last_card.keep(None)
    sold = node().sales.sell(
        operator(), card, entries, token, agreed=agreed, given=given, approval=approval
    )
    if sold.problem is not None:
        flash(sentence_here(sold.problem), "warn")
    tendering, _ = tendering_of(request.form, sold.paid)
    show_sold(sold, *given_and_change(tendering))
    if sold.complete:
        print_at_once(lambda office: office.receipt(operator(), sold))
    front().soon()
    return redirect(url_for("sale.receipt", epoch=sold.epoch, basket=sold.basket), 303)


@pages.get("/sell/approved")
@needs(Right.SELL)
def approved() -> str | Response:
    """What a second person approved beyond a day's limit, and the button that sells it."""
    if "approval" not in request.args:
        return redirect(url_for("sale.form"), 303)
    entries = entries_of(request.args)
    agreed = agreed_of(request.args, entries)
    return render_template(
        "sale_approved.html", sent=request.args, paid=None if agreed is None else agreed.paid
    )


@pages.get("/receipts/<int:epoch>/<int:basket>")
@needs(Right.SEE_SALES)
def receipt(epoch: int, basket: int) -> str | Response:
    """What was paid and for what, ready for the 80 mm printer."""
    found = node().enquiries.receipt(epoch, basket)
    if found.lines[0].sale.act == REFUND:
        return redirect(url_for("refund.slip", epoch=epoch, seq=basket))
    code = node().receipt_codes.code(found)
    till = till_of(node())
    tenders = till.tenders(epoch, basket)
    settings = node().settings.settings()
    return render_template(
        "receipt.html",
        receipt=found,
        lines=_explained(found),
        tenders=tenders,
        corrections=corrections_of(node(), epoch, basket) if tenders else (),
        papers=till.printed(epoch, basket),
        shift=shift_named(node(), epoch, basket, found.operator),
        settings=settings,
        at_meters=loading(settings, (line.sale for line in found.lines), gettext, language_here()),
        seen=front().watch.seen(),
        code=code,
        drawing=qr_drawing(code),
    )


@pages.get("/pending")
@needs(Right.SEE_SALES)
def pending() -> str:
    """Sales whose credit is not on the card yet."""
    return render_template("pending.html", rows=node().enquiries.pending(), view=None)


@pages.post("/pending/resolve")
@needs(Right.SETTLE)
def resolve() -> str | Response:
    """Settle the pending sales of the card in the reader, and say what became of each.

    From a receipt that has nothing left to wait for, the receipt says it.
    """
    view = front().read_card()
    place = request.form.get("epoch", type=int), request.form.get("basket", type=int)
    for outcome in view.resolved:
        sale = outcome.sale
        if place == (sale.epoch, sale.basket) and outcome.state is SaleState.WRITTEN:
            return redirect(url_for("sale.receipt", epoch=sale.epoch, basket=sale.basket), 303)
    return render_template("pending.html", rows=node().enquiries.pending(), view=view)


def _explained(receipt: Receipt) -> list[tuple[ReceiptLine, ToldBill]]:
    names = debt_names(receipt.account, language_here())
    return [(line, _told(line, line.sale.service, names)) for line in receipt.lines]


def _told(line: SlotQuote | ReceiptLine, service: Service, debts: dict[str, str]) -> ToldBill:
    """A line's bill in words, named as the very tariff version does that it was priced by."""
    held = node().tariffs.tariffs()
    tariff = tariff_of(held, line.tariff_id, line.tariff_version, line.mixed)
    return told(line.bill, line.explanation, service, tariff, debts)
