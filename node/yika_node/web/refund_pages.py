"""Giving a purchase back: what it comes to, the second person, the slip, and paying out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again, refusal_here
from yika_common.infra.web.faults import sentence_here
from yika_common.infra.web.formats import money_shown
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Mood, Text, site
from yika_common.numbers import Money, money_to_text, quantity_to_text
from yika_common.services import SLOTS_MAX
from yika_node.bootstrap import Node
from yika_node.services.errors import AccountUnknown
from yika_node.services.rights import Right
from yika_node.web.approval_pages import ask
from yika_node.web.front import front, node, operator
from yika_node.web.labels import SERVICES
from yika_node.web.limit_pages import tell_limit
from yika_node.web.qr import qr_drawing
from yika_node.web.tender_forms import handing_form, handing_of

if TYPE_CHECKING:
    from yika_node.services.refunds import RefundDesk

pages = Blueprint("refund", __name__)

MOST: Final = 2 * SLOTS_MAX
"""A payment has at most so many lines, with as many refunds."""

STATES: Final[dict[str, tuple[Text, Mood]]] = {
    "writing": (_("waits for the card"), "warn"),
    "waiting": (_("on the card, not paid out"), "warn"),
    "paid": (_("paid out"), "good"),
    "overtaken": (_("did not take place"), "idle"),
}


def refund_desk_of(node: Node) -> RefundDesk:
    """The desk of a node; loaded when it is asked for, because most sales stand."""
    from yika_node.db.refund_queries import RefundQueries  # noqa: PLC0415 - see above
    from yika_node.services.refunds import RefundDesk  # noqa: PLC0415

    return RefundDesk(
        node.cards,
        node.journal,
        node.queries,
        RefundQueries(node.store),
        node.standing,
        node.cards.keyring,
        node.enquiries,
        node.approvals,
        node.clock,
    )


def _new() -> str:
    place = request.view_args or {}
    epoch, seq = int(place["epoch"]), int(place["seq"])
    filled = request.form or request.args
    desk = refund_desk_of(node())
    # Whoever comes from the second person has the managing card in the reader.
    asked = refusal_here() is not None or "approval" in filled
    offer = desk.preview(epoch, seq) if asked else desk.offer(operator(), epoch, seq)
    sale = offer.purchase
    handing = handing_form(node(), sale.epoch, sale.basket, offer.money, request.form)
    return render_template("refund_new.html", filled=filled, offer=offer, handing=handing)


@pages.get("/refunds/new/<int:epoch>/<int:seq>")
@needs(Right.GIVE_BACK)
def new(epoch: int, seq: int) -> str:
    """What giving back a purchase comes to, and why it is done."""
    return _new()


@pages.post("/refunds/new/<int:epoch>/<int:seq>")
@needs(Right.GIVE_BACK)
@or_again(_new)
def give_back(epoch: int, seq: int) -> Response:
    """Ask a second person; once he has approved, take the credit off the card."""
    desk, form = refund_desk_of(node()), request.form
    reason, approval = form.get("reason", "").strip(), form.get("approval", "")
    front().last_card.keep(None)
    if not approval:
        digest, offer = desk.digest(epoch, seq, reason), desk.offer(operator(), epoch, seq)
        what = Phrase(
            "Give back purchase %(count)s of %(service)s, meter %(meter)s: %(quantity)s %(unit)s "
            "for %(money)s, because: %(why)s",
            count=offer.purchase.count,
            service=str(SERVICES[offer.purchase.service]),
            meter=offer.purchase.meter,
            quantity=quantity_to_text(offer.quantity),
            unit=offer.purchase.service.unit,
            money=money_to_text(offer.money),
            why=reason,
        )
        tell_limit("refunds", offer.money)
        then = url_for("refund.new", epoch=epoch, seq=seq, reason=reason)
        return ask(digest, what, then, "refund", offer.money)
    handing = handing_of(form)
    refund = desk.give_back(operator(), epoch, seq, reason, approval, handing)
    if refund.problem is not None:
        flash(sentence_here(refund.problem), "warn")
    front().soon()
    return redirect(url_for("refund.slip", epoch=refund.epoch, seq=refund.basket), 303)


@pages.get("/refunds/last")
@needs(Right.GIVE_BACK)
def last() -> str | Response:
    """Reversing the last sale: what was bought last with the card in the reader."""
    view = front().read_card()
    if view.account is None:
        raise AccountUnknown(number=view.identity.number or view.identity.serial.hex())
    sales = node().enquiries.sales(account=view.account.number, limit=MOST, carried=False).rows
    bought = [sale for sale in sales if not sale.act]
    basket = [sale for sale in bought if sale.basket == bought[0].basket] if bought else []
    open_ = [sale for sale in basket if not sale.given_back]
    if len(basket) == len(open_) == 1:
        return redirect(url_for("refund.new", epoch=open_[0].epoch, seq=open_[0].seq), 303)
    return render_template("refund_last.html", view=view, basket=basket[::-1])


@pages.get("/refunds")
@needs(Right.SEE_SALES)
def waiting() -> str:
    """Refunds whose money was not handed out yet."""
    rows = refund_desk_of(node()).waiting()
    return render_template("refunds.html", rows=rows, states=STATES)


def _slip() -> str:
    place = request.view_args or {}
    desk = refund_desk_of(node())
    refund = desk.refund(int(place["epoch"]), int(place["seq"]))
    receipt = node().enquiries.receipt(refund.sale.epoch, refund.sale.seq)
    original = node().enquiries.receipt(refund.purchase.epoch, refund.purchase.basket)
    code = node().receipt_codes.code(receipt)
    bought = refund.purchase
    return render_template(
        "refund.html",
        handing=handing_form(node(), bought.epoch, bought.basket, refund.money, request.form),
        refund=refund,
        receipt=receipt,
        original=original,
        settings=node().settings.settings(),
        states=STATES,
        code=code,
        drawing=qr_drawing(code),
    )


@pages.get("/refunds/<int:epoch>/<int:seq>")
@needs(Right.SEE_SALES)
def slip(epoch: int, seq: int) -> str:
    """The refund's slip for the printer, and what has still to be done."""
    return _slip()


@pages.post("/refunds/<int:epoch>/<int:seq>/pay")
@needs(Right.GIVE_BACK)
@or_again(_slip)
def pay(epoch: int, seq: int) -> Response:
    """Hand out the money, with the customer's card in the reader."""
    front().last_card.keep(None)
    paid = refund_desk_of(node()).pay_out(operator(), epoch, seq, handing_of(request.form))
    money = money_shown(Money(-paid.paid), site().currency)
    flash(gettext("Hand out %(money)s now, and print the slip.", money=money), "good")
    front().soon()
    return redirect(url_for("refund.slip", epoch=epoch, seq=seq), 303)
