"""The meter wall as a web program of its own, on the screen kit.

It signs nobody in: whoever sits at this machine may act, as with meters on a wall.
"""

from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_common.cards.write_back import MeterStatus
from yika_common.errors import YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.sessions import Sessions
from yika_common.infra.web.app import make_app
from yika_common.infra.web.faults import sentence_here
from yika_common.infra.web.guard import public
from yika_common.infra.web.site import Mood, Site, Text
from yika_common.meters.events import Event
from yika_common.meters.rules import Outcome, Reason
from yika_common.meters.state import Holds
from yika_common.numbers import NotANumber, Quantity, quantity_from_text
from yika_common.services import Service
from yika_common.tools.wall.bench import Bench, MeterSeen, UseUnusable

SECRET_SIZE: Final = 32
ZONE: Final = ZoneInfo("Asia/Shanghai")

SERVICES: Final[dict[Service, Text]] = {
    Service.ELECTRICITY_SINGLE: _("Electricity"),
    Service.ELECTRICITY_THREE: _("Electricity, three phase"),
    Service.HEAT: _("Heat"),
    Service.GAS: _("Gas"),
    Service.COLD_WATER: _("Cold water"),
    Service.HOT_WATER: _("Hot water"),
    Service.RECYCLED_WATER: _("Recycled water"),
    Service.PURIFIED_WATER: _("Purified water"),
    Service.BULK_WATER: _("Bulk water"),
}
STATUSES: Final[dict[MeterStatus, tuple[Text, Mood]]] = {
    MeterStatus.CLOSED: (_("shut off"), "bad"),
    MeterStatus.WARNED: (_("closed once: show the card"), "warn"),
    MeterStatus.LOW: (_("nearly used up"), "warn"),
    MeterStatus.TRANSFERRED: (_("transferred"), "idle"),
    MeterStatus.CLEARED: (_("cleared"), "idle"),
    MeterStatus.BATTERY: (_("battery low"), "warn"),
    MeterStatus.COVER: (_("cover was opened"), "bad"),
    MeterStatus.MAGNET: (_("a magnet was near"), "bad"),
}
EVENTS: Final[dict[Event, Text]] = {
    Event.COVER: _("Open the cover"),
    Event.MAGNET: _("Hold a magnet to it"),
    Event.BATTERY_LOW: _("Run the battery down"),
    Event.BATTERY_NEW: _("Change the battery"),
}
OUTCOMES: Final[dict[Outcome, tuple[Text, Mood]]] = {
    Outcome.CREDITED: (_("took credit"), "good"),
    Outcome.EXECUTED: (_("followed an order"), "good"),
    Outcome.NOTHING_NEW: (_("nothing new on the card"), "idle"),
    Outcome.REFUSED: (_("refused the card"), "bad"),
}
REASONS: Final[dict[Reason, Text]] = {
    Reason.OVER_LIMIT: _("it would store more than it may"),
    Reason.TRANSFERRED: _("its credit belongs to another meter"),
    Reason.OLD_GENERATION: _("a newer card was shown before"),
    Reason.OLD_COUNT: _("a later purchase was taken before"),
    Reason.WRONG_UNIT: _("it holds the other kind of credit"),
    Reason.FORGED: _("its record is forged"),
}
USES: Final = ("1", "10", "100")


def make_wall_app(bench: Bench, *, random: RandomSource, instance: str) -> Flask:
    """The app on a wall of meters, ready to be served.

    Args:
        bench: what the page shows and does.
        random: for form tokens.
        instance: tells this program's cookies from those of others on the same machine.
    """
    face = Site(
        side="wall",
        title=_("Yika meter wall"),
        instance=instance,
        clock=lambda: bench.now,
        random=random,
        sessions=Sessions(clock=lambda: bench.now, random=random),
        secret_key=random(SECRET_SIZE),
        time_zone=ZONE,
        home="wall.page",
        sign_in="wall.page",
    )
    app = make_app(__name__, face, [wall_pages(bench)])
    teach_words(app)
    return app


def teach_words(app: Flask) -> None:
    """What the wall's template may say, in whatever program it stands."""
    app.jinja_env.globals.update(
        SERVICES=SERVICES,
        EVENTS=EVENTS,
        OUTCOMES=OUTCOMES,
        REASONS=REASONS,
        USES=USES,
        words=_words,
        unit_of=_unit,
    )
    app.jinja_env.filters["said"] = sentence_here


def wall_pages(bench: Bench, url_prefix: str | None = None) -> Blueprint:
    """The pages ``wall.…``, below ``url_prefix`` where they stand in another program."""
    pages = Blueprint(
        "wall",
        __name__,
        url_prefix=url_prefix,
        template_folder="templates",
        static_folder="static",
        static_url_path="/wall-static",
    )

    @pages.get("/")
    @public
    def page() -> str:
        cards = bench.cards()
        chosen = request.args.get("card", "")
        known = {card.name: card for card in cards}
        return render_template(
            "wall.html",
            cards=cards,
            card=known.get(chosen),
            meters=bench.meters(chosen if chosen in known else ""),
            readers=bench.readers,
            now=bench.now,
        )

    _add_acts(pages, bench)
    return pages


def _add_acts(pages: Blueprint, bench: Bench) -> None:
    @pages.post("/insert")
    @public
    def insert() -> Response:
        card, meter = request.form.get("card", ""), request.form.get("meter", "")
        if meter:
            return _done(lambda: bench.put_in(card, meter))
        return _done(lambda: bench.put_in_all(card))

    @pages.post("/use")
    @public
    def use() -> Response:
        def drawn() -> None:
            bench.use(request.form.get("meter", ""), _quantity(request.form.get("quantity", "")))

        return _done(drawn)

    @pages.post("/disturb")
    @public
    def disturb() -> Response:
        name = request.form.get("event", "")
        if name not in list(Event):
            return _back()
        return _done(lambda: bench.disturb(request.form.get("meter", ""), Event(name)))

    @pages.post("/month")
    @public
    def month() -> Response:
        return _done(bench.pass_month)

    @pages.post("/reader")
    @public
    def reader() -> Response:
        card, name = request.form.get("card", ""), request.form.get("reader", "")
        if request.form.get("act") == "out":
            return _done(lambda: bench.from_reader(name))
        return _done(lambda: bench.to_reader(card, name))


def _done(act: Callable[[], object]) -> Response:
    """Do it, and show the page again; what could not be done says why."""
    try:
        act()
    except YikaError as refusal:
        flash(sentence_here(refusal), "bad")
    return _back()


def _back() -> Response:
    card = request.form.get("card", "")
    return redirect(url_for("wall.page", card=card) if card else url_for("wall.page"), 303)


def _quantity(text: str) -> Quantity:
    try:
        return quantity_from_text(text)
    except NotANumber as cause:
        raise UseUnusable(text=text[:20]) from cause


def _words(meter: MeterSeen) -> list[tuple[str, Mood]]:
    """What the meter's face says; that it supplies, where nothing else is to be said."""
    status = meter.state.status_by(meter.plate.register)
    if MeterStatus.WARNED in status:
        status &= ~MeterStatus.CLOSED
    if MeterStatus.CLOSED in status:
        status &= ~MeterStatus.LOW
    said = [(str(text), mood) for bit, (text, mood) in STATUSES.items() if status & bit]
    closed = status & (MeterStatus.CLOSED | MeterStatus.WARNED | MeterStatus.TRANSFERRED)
    return said if closed else [(gettext("supplies"), "good"), *said]


def _unit(meter: MeterSeen) -> str:
    """The unit that the meter's credit is counted in."""
    return "¥" if meter.plate.holds is Holds.MONEY else meter.plate.service.unit
