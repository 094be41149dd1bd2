"""Tool cards: what waits to be written, what is out, and taking a card back."""

from __future__ import annotations

from collections.abc import Sequence
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
from yika_node.web.front import front, node, operator, units_of

if TYPE_CHECKING:
    from yika_node.services.tool_desk import OrderReturned, ToolDesk

pages = Blueprint("tool", __name__)

KINDS: Final[dict[int, Text]] = {
    1: _("Inspection"),
    2: _("Parameters"),
    3: _("Transfer"),
    4: _("Clear"),
}
"""What an order tells a meter, by its number on the card."""

STATES: Final[dict[str, tuple[Text, Mood]]] = {
    "waiting": (_("to be written"), "busy"),
    "out": (_("out"), "warn"),
    "overdue": (_("out, and run out"), "bad"),
    "returned": (_("came back"), "good"),
    "missing": (_("missing"), "bad"),
    "ended": (_("taken off"), "idle"),
}
OUTCOMES: Final[dict[str, tuple[Text, Mood]]] = {
    "executed": (_("the meter did it"), "good"),
    "refused": (_("the meter refused it"), "bad"),
    "unused": (_("never shown to the meter"), "warn"),
    "unclear": (_("begun, end unknown: show the card to the meter again"), "bad"),
}


def tool_desk_of(node: Node) -> ToolDesk:
    """The desk of a node; loaded when it is asked for, because few vending points ever ask."""
    from yika_node.services.tool_desk import ToolDesk  # noqa: PLC0415 - see above

    cards = node.cards
    return ToolDesk(
        cards.counter,
        node.journal,
        node.queries,
        cards.keyring,
        node.standing,
        node.vault,
        cards.clock,
    )


def _page(brought: Sequence[OrderReturned] = ()) -> str:
    return render_template(
        "tools.html",
        again=request.form.get("card", "") if refusal_here() else "",
        brought=brought,
        units=units_of(done.order.meter_id for done in brought),
        cards=tool_desk_of(node()).listed(),
        kinds=KINDS,
        states=STATES,
        outcomes=OUTCOMES,
    )


@pages.get("/tools")
@needs(Right.WRITE_TOOLS)
def page() -> str:
    """Every tool card that headquarters ordered here."""
    return _page()


@pages.post("/tools/write")
@needs(Right.WRITE_TOOLS)
@or_again(_page)
def write() -> Response:
    """Make the blank card in the reader the tool card that was chosen."""
    front().last_card.keep(None)
    number = request.form.get("card", "")
    tool_desk_of(node()).write(operator(), number)
    front().soon()
    flash(gettext("Tool card %(card)s is written.", card=number), "good")
    return redirect(url_for("tool.page"), 303)


@pages.post("/tools/return")
@needs(Right.WRITE_TOOLS)
@or_again(_page)
def take_back() -> Response:
    """Read the tool card in the reader, say what became of its orders, and make it blank."""
    front().last_card.keep(None)
    brought = tool_desk_of(node()).take_back(operator())
    front().soon()
    return Response(_page(brought=brought), mimetype="text/html")


@pages.post("/tools/missing")
@needs(Right.WRITE_TOOLS)
@or_again(_page)
def missing() -> Response:
    """Write down that a tool card will not come back."""
    number, reason = request.form.get("card", ""), request.form.get("reason", "").strip()
    tool_desk_of(node()).report_missing(operator(), number, reason)
    front().soon()
    flash(gettext("Tool card %(card)s is reported as missing.", card=number), "good")
    return redirect(url_for("tool.page"), 303)
