"""The register of cards: each from issue to return, and the blank ones of every vending point."""

from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _

from yika_central.bootstrap import Headquarters
from yika_central.services.card_register import IN_USE, IS_LOST, REPLACED, SHOWN
from yika_central.web.ranks import Rank
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Mood, Text
from yika_common.journal.card_bodies import KEPT, RECYCLED, RETIRED, SPOILT

STATES: Final[dict[str, tuple[Text, Mood]]] = {
    IN_USE: (_("in use"), "good"),
    IS_LOST: (_("lost"), "bad"),
    REPLACED: (_("replaced"), "idle"),
    RETIRED: (_("out of service"), "idle"),
    RECYCLED: (_("made blank"), "idle"),
    SPOILT: (_("spoilt"), "warn"),
    KEPT: (_("kept at a vending point"), "warn"),
}


def register_pages(hq: Headquarters) -> Blueprint:
    """The pages ``register.…``."""
    pages = Blueprint("register", __name__)

    @pages.get("/cards/register")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        text, node = request.args.get("text", ""), request.args.get("node", "")
        return render_template(
            "card_register.html",
            cards=hq.card_register.find(text, node),
            stock=hq.card_register.stock(),
            numbers=hq.card_register.numbers(),
            nodes=[("", ""), *((view.node, view.node) for view in hq.registry.nodes())],
            text=text,
            node=node,
            most=SHOWN,
            states=STATES,
        )

    return pages
