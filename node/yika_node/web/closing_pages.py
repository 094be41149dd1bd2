"""Closing an account: what is left, its money in one total, the second person, the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.faults import NotUnderstood, language_here
from yika_common.infra.web.guard import needs
from yika_common.numbers import Money, money_to_text
from yika_node.bootstrap import Node
from yika_node.services.account_acts import Act, check
from yika_node.services.rights import Right
from yika_node.web.approval_pages import ask
from yika_node.web.charge_pages import fee_named
from yika_node.web.forms import token_of, typed
from yika_node.web.front import front, node, operator
from yika_node.web.print_room import paper_office_of, print_at_once
from yika_node.web.refund_pages import STATES, refund_desk_of
from yika_node.web.register_pages import account_life_of
from yika_node.web.tender_forms import given_of
from yika_node.web.till import charge_desk_of, guarantee_desk_of

if TYPE_CHECKING:
    from yika_node.services.closing import ClosingDesk
    from yika_node.services.views import SaleRow

pages = Blueprint("closing", __name__)

LOOKED_AT: Final = 32
"""Sales among which the newest of each meter is sought."""


def closing_desk_of(here: Node) -> ClosingDesk:
    """The desk that ends accounts; loaded when it is asked for."""
    from yika_node.services.closing import ClosingDesk  # noqa: PLC0415 - see above

    return ClosingDesk(account_life_of(here), charge_desk_of(here), guarantee_desk_of(here))


def _newest(number: str) -> list[SaleRow]:
    """The newest purchase of each meter here, if it stands."""
    newest: dict[str, SaleRow] = {}
    for sale in node().enquiries.sales(account=number, limit=LOOKED_AT, carried=False).rows:
        newest.setdefault(sale.meter, sale)
    return [sale for sale in newest.values() if not sale.act and not sale.given_back]


def _page(number: str) -> str:
    from yika_node.services.last_readings import figures_of  # noqa: PLC0415 - seldom done

    account, filled = node().accounts.get(number), request.form or request.args
    check(account, Act.CLOSE)
    readings = figures_of(account, node().cards.queries).readings
    loaded = {meter.meter for meter in readings if not meter.waiting}
    return render_template(
        "account_close.html",
        account=account,
        readings=readings,
        card_out=not account.card or account_life_of(node()).out_of_use(account.card),
        purchases=[sale for sale in _newest(number) if sale.meter not in loaded],
        refunds=refund_desk_of(node()).waiting(number),
        states=STATES,
        terms=closing_desk_of(node()).terms(number, filled.get("fee", "")),
        fees=[fee_named(fee) for fee in node().settings.settings().fees],
        chinese=language_here().startswith("zh"),
        filled=filled,
    )


@pages.get("/accounts/<number>/close")
@needs(Right.LEAD_ACCOUNT)
def page(number: str) -> str:
    """What is left of the account, what it comes to, and the form to end it."""
    return _page(number)


@pages.post("/accounts/<number>/close")
@needs(Right.LEAD_ACCOUNT)
@or_again(_page)
def close(number: str) -> str | Response:
    """End the account, once a second person approved what needs it."""
    from yika_node.services.life_errors import CreditLeft  # noqa: PLC0415 - as above

    form, desk = request.form, closing_desk_of(node())
    if form.get("reckon"):
        return _page(number)
    reason, fee = typed(form, "reason"), form.get("fee", "")
    approval, total = typed(form, "approval"), _shown_total(form.get("total", ""))
    if desk.done(token_of(form)):
        return redirect(url_for("closing.receipt", number=number), 303)
    terms = desk.terms(number, fee)
    if terms.credit and not form.get("lost"):
        raise CreditLeft(account=number)
    if terms.second and not approval:
        digest = desk.digest(number, reason, fee)
        what = _words(number, terms.total, reason)
        then = url_for(
            "closing.page", number=number, reason=reason, fee=fee, lost=form.get("lost")
        )
        return ask(digest, what, then, "close account", Money(max(0, terms.total)))
    done = desk.close(
        operator(),
        number,
        reason,
        token_of(form),
        fee=fee,
        total=total,
        approval=approval,
        given=given_of(form),
    )
    # The card read last still shows the account as it was.
    front().last_card.keep(None)
    front().soon()
    flash(gettext("Account %(number)s is closed.", number=number), "good")
    print_at_once(lambda office: office.closing(operator(), done))
    return redirect(url_for("closing.receipt", number=number), 303)


def _shown_total(text: str) -> Money:
    """The total that the page showed, in minor units."""
    try:
        return Money(int(text))
    except ValueError as cause:
        raise NotUnderstood from cause


def _words(number: str, total: Money, reason: str) -> Phrase:
    """What is to be approved."""
    facts = {"account": number, "money": money_to_text(Money(abs(total))), "why": reason}
    if total > 0:
        return Phrase(
            "Close account %(account)s and hand out %(money)s, because: %(why)s", **facts
        )
    if total < 0:
        return Phrase("Close account %(account)s and collect %(money)s, because: %(why)s", **facts)
    return Phrase("Close account %(account)s, because: %(why)s", **facts)


def _receipt(number: str) -> str:
    from yika_node.services.charge_words import TAKES  # noqa: PLC0415 - as above
    from yika_node.services.last_readings import figures_of  # noqa: PLC0415
    from yika_node.web.qr import qr_drawing  # noqa: PLC0415

    desk = closing_desk_of(node())
    ended = desk.receipt(number)
    code = node().receipt_codes.of(ended.epoch, ended.seq, 1 + len(ended.charges))
    return render_template(
        "account_closed.html",
        ended=ended,
        account=ended.account,
        readings=figures_of(ended.account, node().cards.queries).readings,
        takes=TAKES,
        settings=node().settings.settings(),
        code=code,
        drawing=qr_drawing(code),
    )


@pages.get("/accounts/<number>/closed")
@needs(Right.SEE_SALES)
def receipt(number: str) -> str:
    """The one receipt of an account's end."""
    return _receipt(number)


@pages.post("/accounts/<number>/closed/print")
@needs(Right.PRINT)
@or_again(_receipt)
def print_receipt(number: str) -> Response:
    """Print it."""
    office = paper_office_of(node())
    if office is not None:
        ended = closing_desk_of(node()).receipt(number)
        office.closing(operator(), ended, typed(request.form, "reason"))
    return redirect(url_for("closing.receipt", number=number), 303)
