"""The tool desk: tool cards from their order to their return."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.services.tool_desk import NewTool, ToolRefused
from yika_central.web.bookkeeping import bookkeeper, second_person, typed, typed_count
from yika_central.web.forms import NotADay, day_from
from yika_central.web.ranks import Rank
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.tool_order import OrderKind
from yika_common.cards.write_back import MeterStatus
from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Mood, Text
from yika_common.numbers import PRICE_PLACES, QUANTITY_PLACES, Price, Quantity, scaled_from_text

KINDS: Final[dict[OrderKind, Text]] = {
    OrderKind.INSPECTION: _("Inspection"),
    OrderKind.PARAMETERS: _("Parameters"),
    OrderKind.TRANSFER: _("Transfer"),
    OrderKind.CLEAR: _("Clear"),
}
STATES: Final[dict[str, tuple[Text, Mood]]] = {
    "ORDERED": (_("ordered"), "busy"),
    "ISSUED": (_("out"), "warn"),
    "RETURNED": (_("came back"), "good"),
    "MISSING": (_("missing"), "bad"),
    "REVOKED": (_("taken back"), "idle"),
}
OUTCOMES: Final[dict[str, tuple[Text, Mood]]] = {
    "EXECUTED": (_("the meter did it"), "good"),
    "REFUSED": (_("the meter refused it"), "bad"),
    "UNUSED": (_("never shown to the meter"), "warn"),
    "UNCLEAR": (_("begun, end unknown"), "bad"),
}
STATUSES: Final[dict[MeterStatus, Text]] = {
    MeterStatus.CLOSED: _("shut off"),
    MeterStatus.LOW: _("nearly used up"),
    MeterStatus.TRANSFERRED: _("transferred"),
    MeterStatus.CLEARED: _("cleared"),
    MeterStatus.WARNED: _("closed at the second level until its card is shown"),
    MeterStatus.BATTERY: _("battery low"),
    MeterStatus.COVER: _("cover was opened"),
    MeterStatus.MAGNET: _("a magnet was near"),
}


def tool_pages(hq: Headquarters) -> Blueprint:
    """The pages ``tool.…``."""
    pages = Blueprint("tool", __name__)
    pages.add_app_template_filter(_status, "meter_status")

    @pages.get("/tools")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        everything = request.args.get("all") == "1"
        return render_template(
            "tools.html",
            cards=hq.tool_desk.listed(everything=everything),
            everything=everything,
            kinds=KINDS,
            choices=[(int(kind), name) for kind, name in KINDS.items()],
            states=STATES,
            nodes=[(node, node) for node in hq.tool_desk.issuing_nodes()],
            today=hq.tool_desk.today,
        )

    @pages.post("/tools")
    @needs(Rank.ACCOUNTANT)
    @or_again(listed)
    def order() -> Response:
        card = hq.tool_desk.order(
            _new_tool(), by=bookkeeper(hq), reason=typed("reason"), second=second_person()
        )
        return redirect(url_for("tool.statement", card=card), 303)

    @pages.get("/tools/<card>")
    @needs(Rank.AUDITOR)
    def statement(card: str) -> str:
        return render_template(
            "tool.html",
            card=hq.tool_desk.statement(card),
            kinds=KINDS,
            states=STATES,
            outcomes=OUTCOMES,
        )

    @pages.post("/tools/<card>/revoke")
    @needs(Rank.ACCOUNTANT)
    @or_again(statement)
    def revoke(card: str) -> Response:
        hq.tool_desk.revoke(card, by=bookkeeper(hq), reason=typed("reason"))
        return redirect(url_for("tool.statement", card=card), 303)

    @pages.post("/tools/<card>/missing")
    @needs(Rank.ACCOUNTANT)
    @or_again(statement)
    def missing(card: str) -> Response:
        hq.tool_desk.give_up(card, by=bookkeeper(hq), reason=typed("reason"))
        return redirect(url_for("tool.statement", card=card), 303)

    return pages


def _new_tool() -> NewTool:
    """The tool card that the form describes."""
    until = day_from(typed("until"))
    if until is None:
        raise NotADay(text=typed("until"))
    number = typed_count("kind", 0)
    if number not in list(OrderKind):
        raise ToolRefused(field=Phrase("Order"))
    kind = OrderKind(number)
    parameters = _parameters() if kind is OrderKind.PARAMETERS else MeterParameters()
    return NewTool(
        node=typed("node"),
        holder=typed("holder"),
        kind=kind,
        meters=tuple(typed("meters").split()),
        until=until,
        parameters=parameters,
    )


def _parameters() -> MeterParameters:
    """The parameters that the form describes."""
    try:
        return MeterParameters(
            typed_count("version", 0),
            _quantity("alarm"),
            _quantity("most"),
            Price(scaled_from_text(typed("price") or "0", PRICE_PLACES)),
            second_level=_quantity("second"),
            overdraft=_quantity("lends"),
        )
    except ValueError as cause:
        raise ToolRefused(field=Phrase("Parameters")) from cause


def _quantity(field: str) -> Quantity:
    return Quantity(scaled_from_text(typed(field) or "0", QUANTITY_PLACES))


def _status(status: int) -> str:
    """What a meter's status says; a dash where it says nothing."""
    said = [str(text) for bit, text in STATUSES.items() if status & bit]
    return ", ".join(said) or "–"
