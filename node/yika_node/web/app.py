"""The pages of one vending point, on the screen kit."""

from collections.abc import Callable, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, current_app, redirect, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_common.clock import Clock, from_timestamp
from yika_common.infra.entropy import RandomSource
from yika_common.infra.language import said
from yika_common.infra.sessions import NotAllowed
from yika_common.infra.web.app import make_app
from yika_common.infra.web.faults import answer, language_here, sentence_here
from yika_common.infra.web.guard import Entrance, entrance_of
from yika_common.infra.web.lock import lock_blueprint
from yika_common.infra.web.login import end_session, login_blueprint
from yika_common.infra.web.site import NavItem, Site, Text, present
from yika_node.bootstrap import Node
from yika_node.config import NO_PRINTER
from yika_node.errors import CounterOnly
from yika_node.services.rights import FROM_AFAR, Place, Right
from yika_node.web import (
    account_pages,
    amendment_pages,
    approval_pages,
    batch_pages,
    business_pages,
    card_life_pages,
    card_words,
    charge_pages,
    closing_pages,
    complaint_pages,
    correction_pages,
    counter_pages,
    display_pages,
    guarantee_pages,
    health_pages,
    labels,
    limit_pages,
    machine_pages,
    manual_pages,
    notice_pages,
    phone_pages,
    printer_pages,
    reader_pages,
    record_pages,
    refund_pages,
    register_pages,
    sale_pages,
    setup_pages,
    shift_pages,
    special_pages,
    staff_pages,
    swap_pages,
    tool_pages,
    total_pages,
)
from yika_node.web.chips import chips_with
from yika_node.web.entrance import DeskSessions, authenticate_with
from yika_node.web.front import EXTENSION, Front, LastCard, front
from yika_node.web.print_room import printer_view
from yika_node.web.statuses import STATUSES
from yika_node.web.watch import CardWatch, Seen

SECRET_SIZE: Final = 32
HERE: Final = ("127.0.0.1", "localhost")
ENTRANCE: Final = frozenset({"login", "lock", "kit"})
"""The blueprints of what another machine gets before anybody has signed in there."""
LOCK_KEY: Final = "F11"
PRACTICE: Final = "练习，一切均非真实 · PRACTICE – nothing here is real"
NAV: Final = (
    NavItem("sale.form", _("Sell"), "F2", Right.SELL),
    NavItem("counter.card", _("Read card"), "F4", Right.READ_CARD),
    NavItem("account.new", _("Open account"), "F6", Right.OPEN_ACCOUNT),
    NavItem("account.search", _("Accounts"), "F3", Right.SEE_ACCOUNTS),
    NavItem("sale.pending", _("Pending sales"), "F7", Right.SEE_SALES),
    NavItem("life.cards", _("Cards"), "", Right.SEE_ACCOUNTS),
    NavItem("shift.page", _("Shift"), "F9", Right.SEE_SALES),
    NavItem("business.sums", _("Business"), "", Right.SEE_SALES),
    NavItem("record.sync", _("Office"), "F10", Right.SEE_OFFICE),
    NavItem("manual.page", _("Manual"), "F1", Right.LOOK),
)

PAGES: Final = (
    setup_pages,
    counter_pages,
    notice_pages,
    sale_pages,
    account_pages,
    register_pages,
    closing_pages,
    amendment_pages,
    batch_pages,
    record_pages,
    business_pages,
    refund_pages,
    charge_pages,
    complaint_pages,
    correction_pages,
    guarantee_pages,
    display_pages,
    shift_pages,
    reader_pages,
    printer_pages,
    staff_pages,
    limit_pages,
    manual_pages,
    health_pages,
    machine_pages,
    tool_pages,
    total_pages,
    swap_pages,
    special_pages,
    approval_pages,
    phone_pages,
    card_life_pages,
)
"""The modules whose ``pages`` a vending point has."""


def make_node_app(
    node: Node,
    *,
    clock: Clock,
    random: RandomSource,
    instance: str,
    sessions: DeskSessions | None = None,
    soon: Callable[[], None] = lambda: None,
    besides: Sequence[Blueprint] = (),
    marked: Sequence[NavItem] = (),
    afar: Sequence[str] = (),
) -> Flask:
    """The pages of a node, ready to be served.

    Args:
        node: what the pages show and do.
        clock: for sessions and for how long ago things were.
        random: for session keys and form tokens.
        instance: tells this program's cookies from those of others on the same machine.
        sessions: who is signed in, where somebody else looks after their end as well.
        soon: called after what headquarters should hear of soon.
        besides: pages that practice has and a real vending point has not.
        marked: where the strip on the pages of practice leads.
        afar: the names by which other machines reach the pages, over TLS; none: the counter.
    """
    desk_sessions = sessions or DeskSessions(clock, random, node.staff.sign_out, node.roster.level)
    place = Place.AFAR if afar else Place.COUNTER
    face = Site(
        side="node",
        title=_("Yika vending point"),
        instance=instance,
        clock=clock,
        random=random,
        sessions=desk_sessions.sessions,
        secret_key=random(SECRET_SIZE),
        time_zone=ZoneInfo(node.config.place.time_zone),
        language=node.config.place.language,
        home="counter.home",
        nav=NAV,
        statuses=STATUSES,
        chips=lambda _session: chips_with(clock),
        in_words=labels.in_words,
        health=lambda: {"enrolled": int(node.enrolment.enrolled())},
        allows=lambda session, right: desk_sessions.allows(session, right, place),
        used=lambda session, right: node.uses.used(session.user_id, right),
        lock_key=LOCK_KEY,
        otherwise=None if afar else phone_pages.OTHERWISE,
        https=bool(afar),
        trusted_hosts=afar or HERE,
        mark=_mark(node),
        marked=marked,
    )
    authenticate = authenticate_with(node.staff, desk_sessions)
    entrance = (login_blueprint(authenticate), lock_blueprint(authenticate))
    app = make_app(__name__, face, (*entrance, *(one.pages for one in PAGES), *besides))
    watch = CardWatch(_no_reader if afar else node.cards.present, clock)
    app.extensions[EXTENSION] = Front(node, watch, LastCard(), soon, desk_sessions, place)
    _bound(app, place)
    _teach_words(app, node)
    return app


def _mark(node: Node) -> str:
    """What stands on every page where nothing is real."""
    practising = node.standing.enrolled and node.standing.membership.practice
    return PRACTICE if practising else ""


def _bound(app: Flask, place: Place) -> None:
    """What is not allowed is said in words that help, and strangers from afar get no page."""
    app.register_error_handler(NotAllowed, _not_allowed)
    if place is Place.AFAR:
        app.before_request(_open_to_others)


def _teach_words(app: Flask, node: Node) -> None:
    """What errors and templates may say, in the page's words."""
    app.jinja_env.globals.update(labels=labels, Right=Right, node_name=lambda: _name_of(node))
    app.jinja_env.globals.update(card_seen=_card_seen, reasons=_reasons)
    app.jinja_env.globals.update(card_ends=card_words.ENDS, card_moves=card_words.MOVES)
    app.jinja_env.globals["printed_here"] = lambda: node.printers.config.kind != NO_PRINTER
    app.jinja_env.globals["printer_view"] = lambda: printer_view(node)
    app.jinja_env.globals["tariff_ages"] = node.tariffs.ages
    app.jinja_env.filters["moment"] = from_timestamp
    app.jinja_env.filters["phrase"] = lambda text: said(text, language_here())
    app.jinja_env.filters["said"] = sentence_here


def _not_allowed(error: NotAllowed) -> Response:
    """Whoever has to choose a password first is led there; whom nobody lets work is signed out."""
    session = present()
    refusal = None if session is None else front().sessions.refusal(session)
    if refusal is not None:
        end_session()
        return answer(refusal)
    if session is not None and front().sessions.must_change(session):
        return redirect(url_for("staff.password"), 303)
    need = entrance_of(current_app, request.endpoint or "")
    if front().place is not Place.COUNTER and need not in FROM_AFAR:
        return answer(CounterOnly())
    return answer(error)


def _open_to_others() -> None:
    """Without signing in, another machine gets what signing in takes, and nothing else.

    Raises:
        CounterOnly: the page is one of the counter alone.
    """
    need = None if request.endpoint is None else entrance_of(current_app, request.endpoint)
    stranger = need in {Entrance.PUBLIC, Entrance.MACHINE}
    if stranger and (request.endpoint or "").partition(".")[0] not in ENTRANCE:
        raise CounterOnly


def _no_reader() -> bool:
    """Another machine sees nothing of the counter's card reader."""
    return False


def _reasons(group: str) -> tuple[tuple[str, Text], ...]:
    """What is offered where a reason is asked for; loaded with the first such page."""
    from yika_node.web.reason_words import REASONS  # noqa: PLC0415

    return REASONS[group]


def _card_seen() -> Seen:
    return front().watch.seen()


def _name_of(node: Node) -> str:
    return node.standing.membership.node if node.enrolment.enrolled() else ""
