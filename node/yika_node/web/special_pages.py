"""System and managing cards: what is to be written, what is out, and burning what began it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_common.infra.web.again import or_again, refusal_here
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Mood, Text
from yika_node.bootstrap import Node
from yika_node.services.rights import Right
from yika_node.web.front import front, node, operator

if TYPE_CHECKING:
    from yika_node.services.managing_desk import ManagingDesk
    from yika_node.services.special_desk import SpecialDesk
    from yika_node.services.system_start import SystemStart

pages = Blueprint("special", __name__)

KINDS: Final[dict[str, Text]] = {"system": _("System card"), "managing": _("Managing card")}
STATES: Final[dict[str, tuple[Text, Mood]]] = {
    "issued": (_("out"), "warn"),
    "returned": (_("came back"), "good"),
    "burnt": (_("burnt"), "idle"),
    "missing": (_("missing"), "bad"),
    "copied": (_("there are two of it"), "bad"),
}
SYSTEM_CARD_FILE: Final = "system-card.json"
"""That of :mod:`yika_node.services.system_start`, which is loaded only where it is needed."""


def managing_desk_of(of: Node) -> ManagingDesk:
    """The desk of a node; loaded when it is asked for, as all of these."""
    from yika_node.db.special_queries import SpecialQueries  # noqa: PLC0415 - see above
    from yika_node.services.managing_desk import ManagingDesk  # noqa: PLC0415
    from yika_node.services.special_shelf import SpecialShelf  # noqa: PLC0415

    shelf = SpecialShelf(of.queries, of.standing, of.vault)
    queries = SpecialQueries(of.store)
    return ManagingDesk(
        of.cards.counter,
        of.journal,
        queries,
        shelf,
        of.approvals,
        of.cards.clock,
        of.config.place.zone,
    )


def special_desk_of(of: Node) -> SpecialDesk:
    """The desk that writes special cards."""
    from yika_node.db.special_queries import SpecialQueries  # noqa: PLC0415
    from yika_node.services.special_desk import SpecialDesk  # noqa: PLC0415
    from yika_node.services.special_shelf import SpecialShelf  # noqa: PLC0415

    shelf = SpecialShelf(of.queries, of.standing, of.vault)
    queries = SpecialQueries(of.store)
    return SpecialDesk(of.cards.counter, of.journal, queries, shelf, of.cards.clock)


def system_start_of(of: Node) -> SystemStart:
    """What registers with a system card, and burns it."""
    from yika_node.db.special_queries import SpecialQueries  # noqa: PLC0415
    from yika_node.services.system_start import SystemStart  # noqa: PLC0415

    cards, queries = of.cards, SpecialQueries(of.store)
    return SystemStart(of.folder, cards.counter, of.journal, queries, of.enrolment, cards.clock)


def unburnt(of: Node) -> str:
    """The number of the system card that is still to be burnt; empty: none is."""
    if not (of.folder / SYSTEM_CARD_FILE).exists():
        return ""
    waiting = system_start_of(of).waiting()
    return "" if waiting is None else waiting.number


def _page() -> str:
    desk = special_desk_of(node())
    orders, issued = desk.orders(), desk.issued()
    begun = {card.number for card in issued}
    # One that was begun is most likely whole; its form is shown at once only when it was refused.
    again = request.form.get("card", "") if refusal_here() else ""
    return render_template(
        "special.html",
        orders=[order for order in orders if order.card not in begun or order.card == again],
        unfinished={order.card: order for order in orders if order.card in begun - {again}},
        begun=begun,
        issued=issued,
        managers=desk.shelf.managers(),
        unburnt=unburnt(node()),
        kinds=KINDS,
        states=STATES,
    )


@pages.get("/special")
@needs(Right.WRITE_SPECIAL)
def page() -> str:
    """What is to be written, what is out, and which managing cards are good here."""
    return _page()


@pages.post("/special/write")
@needs(Right.WRITE_SPECIAL)
@or_again(_page)
def write() -> Response:
    """Make the blank card in the reader the special card that was chosen."""
    front().last_card.keep(None)
    form = request.form
    number = form.get("card", "")
    special_desk_of(node()).write(operator(), number, form.get("pin", ""), form.get("again", ""))
    front().soon()
    flash(gettext("Card %(card)s is written.", card=number), "good")
    return redirect(url_for("special.page"), 303)


@pages.post("/special/return")
@needs(Right.WRITE_SPECIAL)
@or_again(_page)
def take_back() -> Response:
    """Write down that the managing card in the reader came back, and burn it."""
    front().last_card.keep(None)
    number = special_desk_of(node()).take_back(operator())
    front().soon()
    flash(gettext("Card %(card)s came back and is burnt.", card=number), "good")
    return redirect(url_for("special.page"), 303)


@pages.post("/special/missing")
@needs(Right.WRITE_SPECIAL)
@or_again(_page)
def missing() -> Response:
    """Write down that a special card will not come back."""
    number, reason = request.form.get("card", ""), request.form.get("reason", "").strip()[:200]
    special_desk_of(node()).report_missing(operator(), number, reason)
    front().soon()
    flash(gettext("Card %(card)s is reported as missing.", card=number), "good")
    return redirect(url_for("special.page"), 303)


@pages.post("/special/burn")
@needs(Right.WRITE_SPECIAL)
@or_again(_page)
def burn() -> Response:
    """Burn the system card that registered this vending point."""
    number = system_start_of(node()).burn(operator())
    front().soon()
    flash(gettext("System card %(card)s is burnt.", card=number), "good")
    return redirect(url_for("counter.home"), 303)
