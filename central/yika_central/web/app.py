"""Headquarters as a web program: the nodes' door, and the pages for its people."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from yika_central.bootstrap import Headquarters
from yika_central.reports.rows import PeriodBackwards
from yika_central.services.accounting import NotAMonth
from yika_central.services.adjustments import NoSuchAccount
from yika_central.services.approval_office import NoSuchRequest
from yika_central.services.complaint_office import AnswerUnusable, NoSuchComplaint
from yika_central.services.debt_office import NoSuchDebt
from yika_central.services.detection import NoSuchCase
from yika_central.services.enquiries import NoSuchSale
from yika_central.services.level_office import (
    LevelsRefused,
    LevelsUnchanged,
    MeterNotInStock,
)
from yika_central.services.merging import (
    AreasDiffer,
    MergedAlready,
    MergesItself,
    SurvivorClosed,
)
from yika_central.services.network_office import (
    BranchRefused,
    DistrictReadingRefused,
    HangingListMalformed,
    NoSuchBranch,
    NotHung,
)
from yika_central.services.notice_desk import (
    NoSuchCard,
    NoSuchNotice,
    NoticeRefused,
    NotReportedLost,
)
from yika_central.services.person_office import NoSuchPerson, PersonRefused
from yika_central.services.phone_room import PhoneRefused
from yika_central.services.staff import Credential
from yika_central.services.tariff_draft_rules import NoSuchDraft, ReasonMissing
from yika_central.services.tariff_replays import MonthsWrong
from yika_central.services.tool_desk import MeterOutOfReach, NoSuchTool, ToolRefused
from yika_central.services.two_persons import NotABookkeeper
from yika_central.web.api import BODY_LIMIT, STATUSES, api_blueprint
from yika_central.web.approval_pages import approval_pages
from yika_central.web.card_pages import card_pages
from yika_central.web.case_pages import case_pages
from yika_central.web.complaint_pages import complaint_pages
from yika_central.web.debt_pages import debt_pages
from yika_central.web.duplicate_pages import duplicate_pages
from yika_central.web.forms import NotADay
from yika_central.web.front_pages import front_pages
from yika_central.web.meter_pages import meter_pages
from yika_central.web.money_pages import money_pages
from yika_central.web.month_pages import month_pages
from yika_central.web.network_pages import network_pages
from yika_central.web.node_pages import node_pages
from yika_central.web.person_pages import person_pages
from yika_central.web.ranks import Rank, rank_of
from yika_central.web.register_pages import register_pages
from yika_central.web.report_pages import report_pages
from yika_central.web.ruling_pages import NotATime, ruling_pages
from yika_central.web.sale_pages import sale_pages
from yika_central.web.settings_pages import settings_pages
from yika_central.web.special_pages import special_pages
from yika_central.web.staff_pages import staff_pages
from yika_central.web.tariff_draft_pages import tariff_draft_pages
from yika_central.web.tariff_pages import tariff_pages
from yika_central.web.tool_pages import tool_pages
from yika_central.web.words import register_words
from yika_common.infra.sessions import Session, Sessions
from yika_common.infra.web.app import make_app
from yika_common.infra.web.login import Identity, login_blueprint
from yika_common.infra.web.site import Chip, NavItem, Site
from yika_common.numbers import NotANumber
from yika_common.signing.phone_code import DigitsMistyped

NAV = (
    NavItem("sale.listed", _("Sales"), "F2", Rank.AUDITOR),
    NavItem("node.listed", _("Vending points"), "F4", Rank.AUDITOR),
    NavItem("tariff.listed", _("Tariffs"), "F6", Rank.AUDITOR),
    NavItem("sale.rerating", _("Re-rating"), "F7", Rank.AUDITOR),
    NavItem("money.listed", _("Settlement"), "", Rank.AUDITOR),
    NavItem("report.choose", _("Reports"), "F9", Rank.AUDITOR),
    NavItem("front.suspense", _("Suspense"), "", Rank.AUDITOR),
    NavItem("case.listed", _("Cases"), "", Rank.AUDITOR),
    NavItem("meter.alarms", _("Meter alarms"), "", Rank.AUDITOR),
    NavItem("meter.levels", _("Meter levels"), "", Rank.AUDITOR),
    NavItem("network.tree", _("Network"), "", Rank.AUDITOR),
    NavItem("register.listed", _("Cards"), "", Rank.AUDITOR),
    NavItem("card.listed", _("Notices"), "", Rank.AUDITOR),
    NavItem("tool.listed", _("Tool cards"), "", Rank.AUDITOR),
    NavItem("special.listed", _("Special cards"), "", Rank.AUDITOR),
    NavItem("person.listed", _("Operators"), "", Rank.AUDITOR),
    NavItem("staff.listed", _("Staff"), "", Rank.AUDITOR),
    NavItem("settings.shown", _("Settings"), "", Rank.AUDITOR),
    NavItem("front.manual", _("Manual"), "F1", Rank.AUDITOR),
)


ALL_STATUSES = (
    STATUSES
    | {NoSuchDraft: 404, ReasonMissing: 422, MonthsWrong: 422}
    | {NoSuchSale: 404, NotADay: 422, PeriodBackwards: 422}
    | {NoSuchAccount: 404, NoSuchDebt: 404, NotAMonth: 404, NotATime: 422}
    | {NoticeRefused: 422, NoSuchCard: 422, NoSuchNotice: 404, NotReportedLost: 422}
    | {LevelsRefused: 422, LevelsUnchanged: 422, MeterNotInStock: 422}
    | {NoSuchBranch: 404, BranchRefused: 422, DistrictReadingRefused: 422}
    | {NotHung: 422, HangingListMalformed: 422}
    | {NoSuchTool: 404, ToolRefused: 422, MeterOutOfReach: 422}
    | {NoSuchPerson: 404, PersonRefused: 422, PhoneRefused: 422, DigitsMistyped: 422}
    | {NoSuchRequest: 404}
    | {NoSuchComplaint: 404, AnswerUnusable: 422}
    | {MergesItself: 422, MergedAlready: 409, AreasDiffer: 422, SurvivorClosed: 422}
    | {NoSuchCase: 404, NotANumber: 422, NotABookkeeper: 403}
)
"""Which HTTP status each failure here has; whatever is not named is a conflict (409)."""


def make_central_app(hq: Headquarters) -> Flask:
    """The app on a wired headquarters, ready to be served."""

    def authenticate(name: str, password: str) -> Identity:
        person = hq.staff.sign_in(Credential(name, password))
        return Identity(person.name, person.full_name or person.name, rank_of(person.roles))

    face = Site(
        side="central",
        title=_("Yika headquarters"),
        instance=str(hq.config.port),
        clock=hq.clock,
        random=hq.random,
        sessions=Sessions(clock=hq.clock, random=hq.random),
        secret_key=hq.keys.pages_key,
        time_zone=ZoneInfo(hq.config.time_zone),
        home="front.overview",
        nav=NAV,
        trusted_hosts=hq.config.trusted_hosts,
        statuses=ALL_STATUSES,
        chips=lambda _session: _chips(hq, _session),
        body_max=BODY_LIMIT,
    )
    blueprints = [
        login_blueprint(authenticate),
        api_blueprint(hq),
        *(
            pages(hq)
            for pages in (
                front_pages,
                node_pages,
                sale_pages,
                tariff_pages,
                tariff_draft_pages,
                report_pages,
                staff_pages,
                person_pages,
                approval_pages,
                settings_pages,
                money_pages,
                debt_pages,
                month_pages,
                ruling_pages,
                tool_pages,
                special_pages,
                case_pages,
                complaint_pages,
                duplicate_pages,
                card_pages,
                register_pages,
                meter_pages,
                network_pages,
            )
        ),
    ]
    app = make_app("yika_central.web", face, blueprints)
    register_words(app)
    return app


def _chips(hq: Headquarters, _session: Session) -> Sequence[Chip]:
    nodes = [node for node in hq.registry.nodes() if node.state != "WAITING"]
    selling = sum(node.state == "ACTIVE" for node in nodes)
    waiting, cases = hq.enquiries.waiting(), hq.detection.waiting()
    asked = hq.approval_office.count()
    # A clerk and a customer stand and wait for it: it is told on every page, and only then.
    to_decide = Chip(gettext("To be approved"), str(asked), "bad", "approval.listed")
    return (
        *((to_decide,) if asked else ()),
        Chip(
            gettext("Vending points"),
            f"{selling}/{len(nodes)}",
            "good" if selling == len(nodes) else "bad",
            "node.listed",
        ),
        Chip(
            gettext("To be priced"),
            str(waiting.queue),
            "busy" if waiting.queue else "good",
            "sale.rerating",
        ),
        Chip(
            gettext("Suspense"),
            str(waiting.suspense),
            "warn" if waiting.suspense else "good",
            "front.suspense",
        ),
        Chip(gettext("Cases"), str(cases), "bad" if cases else "good", "case.listed"),
    )
