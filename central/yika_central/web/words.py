"""The words for what headquarters keeps as codes, in the language of the page."""

from datetime import datetime, timedelta
from typing import Final

from flask import Flask
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from yika_central.domain.detection import Kind
from yika_central.reports.labels import (
    CAUSES,
    OUTCOMES,
    PROBLEMS,
    REFUNDS_AHEAD,
    SERVICES,
    unit_of,
)
from yika_central.services.node_views import NodeView
from yika_central.services.staff import StaffRole
from yika_common.infra.web.site import Mood, Text, site
from yika_common.services import Service

OUTCOME_MOODS: Final[dict[str, Mood]] = {
    "WRITTEN": "good",
    "PENDING": "warn",
    "SUPERSEDED": "busy",
    "REFUNDED": "idle",
    "REFUND": "idle",
    "REFUND_WAITS": "warn",
    "REFUND_OFF": "idle",
}

DOUBTS: Final[dict[str, Text]] = {
    "unreadable": _("A record of a kind this version cannot read"),
    "unknown_account": _("Sold on an account nobody has opened"),
    "unknown_meter": _("Sold to a meter that was never in stock"),
    "unknown_card": _("Sold on a card that was never in stock"),
    "unknown_tariff": _("Priced by a tariff that was never published"),
    "count_taken": _("Two sales carry one purchase count of a meter"),
    "account_doubled": _("An account number was opened twice"),
    "meter_taken": _("A meter was given to two accounts"),
    "old_epoch": _("Sold after the vending point had begun a new journal"),
    "fork": _("Stands beside the expected journal: a copy of the vending point sold"),
    "unknown_intent": _("Ends a sale that is not here"),
    "resolved_twice": _("Ends a sale that had ended"),
    "lines_differ": _("The lines of the price do not add up to the amount"),
    "refund_unknown": _("Gives back, or pays for, what is not in the journal"),
    "refund_differs": _("Gives back something else than all of the purchase"),
    "refunded_twice": _("Gives back, or pays for, a purchase once more"),
    "refund_taken": _("Paid out at once for credit that the meter had taken"),
    "refund_undone": _("Paid out, while the card made in its card's place has the credit still"),
    "refund_unproven": _("Paid out although no write-back shows that the meter gave it back"),
    "false_reading": _("A meter's reading that the meter did not write"),
    "forbidden_service": _("Sold a service that the vending point may not sell"),
    "approval_false": _("An approval that the managing card did not make"),
    "approval_card": _("Approved with a managing card that is not good there"),
    "approval_repeated": _("Two approvals carry one count: a managing card was copied"),
    "approval_by_operator": _("Approved by the very person who did it"),
    "approval_absent": _("Done without the second person's approval that it needs"),
    "approval_for_another": _("What was approved is not what was done"),
    "phone_false": _("A telephone code that headquarters never gave"),
    "phone_repeated": _("A telephone code was used twice"),
    "meter_swapped": _("Sold to a meter that another one had replaced"),
    "swap_unfounded": _("A meter's credit was moved, and the meter had not written so"),
    "replaced_card": _("Sold to a card that another one had replaced"),
    "card_doubled": _("A second card of one account's turn, or of one number"),
    "carried_unfounded": _("A new card carries credit that nobody has sold"),
    "voucher_twice": _("Paid with a voucher that had paid before, here or elsewhere"),
    "drawer_differs": _("A drawer was so much over or short that a second person signs for it"),
    "charge_unfounded": _(
        "Gives back a fee, deposit or guarantee that was not taken so, or once more"
    ),
}

CASES: Final[dict[Kind, Text]] = {
    Kind.UNREPORTED: _("The meter took credit that no vending point has reported"),
    Kind.GHOST: _("The meter took more than was ever sold to it"),
    Kind.LOST: _("The meter took less than was sold and written to the card"),
    Kind.UNBALANCED: _("Use and balance do not make up what the meter took"),
    Kind.REGRESSED: _("The meter was set back to an earlier state"),
    Kind.OLD_IMAGE: _("A card shows an older content than before"),
    Kind.CONTRADICTED: _("Two write-backs of one number differ: two meters hold its keys"),
    Kind.COUNT_SHARED: _("Two vending points wrote one purchase count onto the card"),
    Kind.OVERTAKEN: _("A sale on a memory card is open, and another one used its count"),
    Kind.TWO_PLACES: _("One card was at two vending points at once"),
    Kind.WITNESS_CONTRADICTED: _("A card names a sale that the journal does not have"),
    Kind.WITNESS_AHEAD: _("A card names a sale that was not reported for a week"),
}

ROLES: Final[dict[StaffRole, Text]] = {
    StaffRole.ADMIN: _("Administrator"),
    StaffRole.TARIFF_OFFICER: _("Tariff officer"),
    StaffRole.ACCOUNTANT: _("Accountant"),
    StaffRole.AUDITOR: _("Auditor"),
}

_STOPPED: Final[dict[str, Text]] = {
    "fork": _("stopped: two journals of it exist"),
    "by_hand": _("stopped by hand"),
    "copied_card": _("stopped: its system card was used twice"),
}

_FRESH, _STALE = timedelta(hours=1), timedelta(hours=24)


def service_name(service: str) -> str:
    """What a service is called."""
    return str(gettext(SERVICES[service])) if service in SERVICES else service


def service_choices() -> list[tuple[str, str]]:
    """Every service and what it is called, to choose among."""
    return [(service.value, service_name(service)) for service in Service]


def outcome_name(outcome: str) -> str:
    """How a sale ended."""
    return str(gettext((OUTCOMES | REFUNDS_AHEAD)[outcome]))


def cause_name(cause: str) -> str:
    """Why a price differs."""
    return str(gettext(CAUSES[cause])) if cause in CAUSES else cause


def problem_name(code: str) -> str:
    """Why a sale cannot be priced."""
    return str(gettext(PROBLEMS[code])) if code in PROBLEMS else code


def doubt_name(reason: str) -> Text:
    """Why a record waits for a person."""
    return DOUBTS.get(reason, reason)


def case_kind(kind: Kind) -> Text:
    """What detection found."""
    return CASES[kind]


def node_state(node: NodeView) -> tuple[Text, Mood]:
    """How a vending point stands, and how good that is."""
    if node.state == "WAITING":
        return _("waits for its first start"), "idle"
    if node.state == "STOPPED":
        return _STOPPED.get(node.reason, _("stopped")), "bad"
    if node.parked:
        return _("records are missing"), "warn"
    return _("sells"), "good"


def contact_mood(moment: datetime | None) -> Mood:
    """How good it is to have heard of somebody at that moment and not since."""
    if moment is None:
        return "idle"
    silent = site().clock() - moment
    return "good" if silent < _FRESH else "warn" if silent < _STALE else "bad"


def ago(moment: datetime) -> str:
    """How long ago that was, in its largest unit."""
    seconds = max(0, int((site().clock() - moment).total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        said = ngettext("%(num)d day ago", "%(num)d days ago", days)
    elif hours:
        said = ngettext("%(num)d hour ago", "%(num)d hours ago", hours)
    elif minutes:
        said = ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes)
    else:
        said = gettext("just now")
    return str(said)


def register_words(app: Flask) -> None:
    """Let templates use these words."""
    app.jinja_env.filters.update(
        service=service_name,
        unit=unit_of,
        outcome=outcome_name,
        cause=cause_name,
        problem=problem_name,
        doubt=doubt_name,
        case_kind=case_kind,
        ago=ago,
    )
    app.jinja_env.globals.update(
        node_state=node_state, contact_mood=contact_mood, outcome_moods=OUTCOME_MOODS
    )
