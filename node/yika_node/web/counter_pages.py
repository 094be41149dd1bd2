"""The counter: the first page, and what is on the card in the reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, make_response, render_template, request
from flask_babel import gettext

from yika_common.cards.record import QuotaState
from yika_common.infra.web.guard import needs, passive
from yika_common.services import SLOTS_MAX, Service
from yika_node.services.rights import Right
from yika_node.services.views import CardKind, SaleRow, SlotView
from yika_node.web.front import front, go, node, operator
from yika_node.web.refund_pages import refund_desk_of
from yika_node.web.special_pages import unburnt
from yika_node.web.watch import Presence

if TYPE_CHECKING:
    from yika_node.services.open_sales import OpenCard
    from yika_node.services.refund_views import RefundView

pages = Blueprint("counter", __name__)

RECENT = 8
OPEN_SHOWN = 16
PURCHASES = 5


@pages.get("/")
@needs(Right.LOOK)
def home() -> str:
    """The first page: the reader, what waits, the latest sales."""
    state = node().state()
    return render_template(
        "home.html",
        state=state,
        cards=_open_cards() if state.pending else (),
        seen=front().watch.seen(),
        recent=node().enquiries.sales(limit=RECENT, carried=False).rows,
        unburnt=unburnt(node()),
        shift=node().guard.refusal(operator()),
    )


def _open_cards() -> tuple[OpenCard, ...]:
    """What to do about the sales that have waited the longest."""
    from yika_node.services.open_sales import open_cards  # noqa: PLC0415 - when one is open

    here = node()
    return open_cards(
        here.enquiries.pending()[:OPEN_SHOWN],
        here.accounts.get,
        lambda card: bool(here.queries.card_ended(card) or here.queries.card_lost(card)),
        here.clock(),
    )


@pages.get("/card")
@needs(Right.READ_CARD)
def card() -> str:
    """What is on the card in the reader; sales it left open are settled first."""
    return _card_page()


@pages.post("/card/read")
@needs(Right.READ_CARD)
def read() -> str:
    """The same, as a form's answer."""
    return _card_page()


@pages.get("/card/seen")
@needs(Right.READ_CARD)
@passive
def seen() -> Response | tuple[str, int]:
    """For a page that waits: nothing (204) until the reader says otherwise than ``tag``.

    A card that comes in leads to its sale, so that a sale costs the amount and two keys; on a
    card's own page (``away``), taking it out leads to the first page, ready for the next customer,
    and another card in its place to the sale for that one.  What was typed for the first one goes
    with it, and the next page says so.
    """
    now, away = front().watch.seen(), "away" in request.args
    if now.presence is Presence.EMPTY:
        # What was read of a customer does not outlast his card in the reader.
        front().last_card.keep(None)
    if now.tag == request.args.get("tag"):
        return "", 204
    if away and now.presence is not Presence.TROUBLE and _typed():
        flash(gettext("The card was taken out before the sale. Nothing was sold."), "warn")
    if away and now.presence is Presence.EMPTY:
        return go("counter.home")
    if now.presence is Presence.CARD:
        return go("sale.form")
    return make_response("" if away else render_template("_reader.html", seen=now))


def _typed() -> bool:
    """Whether the page that asks holds amounts of a sale that was not made."""
    return any(request.args.get(f"amount-{slot}") for slot in range(SLOTS_MAX))


def _card_page() -> str:
    view, life = front().read_card(), node().life
    recent = () if view.account is None else _latest(view.account.number)
    blank = view.kind is CardKind.BLANK
    return render_template(
        "card.html",
        view=view,
        tag=front().watch.seen().tag,
        quotas=_quotas(view.slots),
        recent=recent,
        refunds=() if view.account is None else _unpaid(view.account.number),
        unfinished=life.reissue.unfinished(view.identity) if blank else None,
        ending=life.ends.unfinished(view.identity) if view.refusal is not None else None,
    )


def _quotas(slots: Iterable[SlotView]) -> dict[Service, QuotaState]:
    """What the premises bought of each service, by whichever of its meters was sold to last."""
    newest: dict[Service, QuotaState] = {}
    for slot in slots:
        held = QuotaState() if slot.record is None else slot.record.quota
        known = newest.get(slot.service, held)
        newest[slot.service] = max(known, held, key=lambda quota: (quota.period, quota.bought))
    return newest


def _latest(account: str) -> tuple[SaleRow, ...]:
    return node().enquiries.sales(account=account, limit=PURCHASES, carried=False).rows


def _unpaid(account: str) -> tuple[RefundView, ...]:
    """Refunds of the account that wait for their money; the desk is loaded if there are any."""
    if not node().queries.has_unpaid_refund(account):
        return ()
    return refund_desk_of(node()).waiting(account)
