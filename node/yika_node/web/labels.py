"""The words for what the desks name by keys: services, states, levels, fields, classes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from yika_common.cards.write_back import MeterStatus
from yika_common.errors import Phrase, YikaError
from yika_common.infra.web.class_names import CLASSES
from yika_common.infra.web.site import Mood, Text
from yika_common.journal.bodies import MAKEUP, REPLACEMENT, SWAP
from yika_common.services import Service
from yika_node.services.service_names import SERVICE_NAMES
from yika_node.services.views import Level, SaleState

SERVICES: Final[dict[str, Text]] = {service: _(name) for service, name in SERVICE_NAMES.items()}
SERVICE_KEYS: Final[dict[str, str]] = {
    Service.ELECTRICITY_SINGLE: "E",
    Service.ELECTRICITY_THREE: "E",
    Service.HEAT: "H",
    Service.GAS: "G",
    Service.COLD_WATER: "C",
    Service.HOT_WATER: "W",
    Service.RECYCLED_WATER: "R",
    Service.PURIFIED_WATER: "D",
    Service.BULK_WATER: "C",
}
"""The key that goes to a service's meter while an amount is typed; again: to the next one."""

TENDERS: Final[dict[str, Text]] = {
    "cash": _("Cash"),
    "card": _("Bank card"),
    "bank": _("Bank transfer"),
    "cheque": _("Cheque"),
    "mobile": _("Mobile payment"),
    "voucher": _("Voucher"),
}
STATES: Final[dict[SaleState, tuple[Text, Mood]]] = {
    SaleState.WRITTEN: (_("on the card"), "good"),
    SaleState.PENDING: (_("waits for the card"), "warn"),
    SaleState.SUPERSEDED: (_("becomes an adjustment"), "busy"),
}
CARRIED: Final[dict[str, Text]] = {
    REPLACEMENT: _("carried onto the new card"),
    SWAP: _("carried into the new meter"),
    MAKEUP: _("owed to the meter, loaded"),
}
"""What stands among the sales and is none."""

LEVELS: Final[dict[Level, Text]] = {
    Level.CLERK: _("Clerk"),
    Level.SUPERVISOR: _("Supervisor"),
    Level.MANAGER: _("Manager"),
    Level.AUDITOR: _("Auditor"),
    Level.TECHNICIAN: _("Technician"),
}
FIELDS: Final[dict[str, Text]] = {
    "name": _("Name"),
    "phone": _("Phone"),
    "address": _("Address"),
    "document": _("Identity document"),
    "area": _("Area"),
    "tariff_class": _("Class"),
    "profile": _("Card for"),
    "persons": _("Persons in the household"),
    "area_m2": _("Heated area"),
    "meters": _("Meters"),
    "persons_until": _("Proof of their number holds until"),
    "gross_m2": _("Gross area"),
    "heat_class": _("Heating class"),
    "heat_from": _("Heated since"),
    "suspended": _("Heating years without supply"),
    "equipment": _("Registered equipment"),
    "mixed": _("Mixed use"),
    "reason": _("Reason"),
    "per_sale": _("Most in one sale"),
    "per_day": _("Most in a day"),
    "per_month": _("Most in a month"),
    "per_cycle": _("Most in a quota period"),
    "until": _("Last day"),
    "start": _("Index of the new meter"),
    "figure": _("What moves"),
    "building": _("Building"),
    "unit": _("Entrance"),
    "room": _("Room"),
    "community": _("Community"),
    "contract": _("Contract number"),
    "same_address": _("Why there is a second account at this address"),
    "level": _("What it does"),
    "words": _("What it is about"),
    "lifter": _("Who may lift it"),
}
CHAPTERS: Final[dict[str, Text]] = {
    "counter": _("The counter and its keys"),
    "selling": _("Selling"),
    "pending": _("Pending sales"),
    "refunds": _("Giving a purchase back"),
    "charges": _("Fees and deposits"),
    "shift": _("Shifts and cash"),
    "business": _("Business, reports and workbooks"),
    "accounts": _("Accounts"),
    "cards": _("Cards and meters"),
    "card_life": _("The life of a card"),
    "meters": _("Tool cards and new meters"),
    "special": _("System and managing cards"),
    "reader": _("The card reader"),
    "printer": _("The receipt printer"),
    "tariffs": _("Prices"),
    "headquarters": _("Headquarters"),
    "operators": _("Operators"),
    "practice": _("Practice and the first hour"),
    "safekeeping": _("Backups and health"),
    "safety": _("What is safe, and what is not"),
    "messages": _("What the program says"),
}
"""The manual's chapters, in reading order."""

METER_STATUSES: Final[dict[MeterStatus, Text]] = {
    MeterStatus.CLOSED: _("closed"),
    MeterStatus.LOW: _("nearly used up"),
    MeterStatus.TRANSFERRED: _("transferred"),
    MeterStatus.CLEARED: _("cleared"),
    MeterStatus.WARNED: _("closed at the second level until its card is shown"),
    MeterStatus.BATTERY: _("battery low"),
    MeterStatus.COVER: _("cover was opened"),
    MeterStatus.MAGNET: _("a magnet was near"),
}

NOTICES: Final[dict[str, Text]] = {
    "refuse": _("Headquarters sells this card nothing"),
    "keep": _("Headquarters asks to keep this card"),
    "call": _("Call headquarters before you sell"),
    "message": _("Tell the holder"),
}

_FACTS: Final[dict[str, dict[str, Text]]] = {
    "field": FIELDS,
    "service": SERVICES,
    "tender": TENDERS,
    "tariff_class": CLASSES,
}
_MINUTES_SHOWN: Final = 120
_HOURS_SHOWN: Final = 48


def level(name: str) -> Text:
    """The word for a level, by the name that stands in journals."""
    return LEVELS[Level[name]]


def in_words(error: YikaError) -> YikaError:
    """The same error, its facts named as the page names them."""
    facts = _in_words(error.facts)
    return error if facts == error.facts else type(error)(**facts)


def _in_words(facts: Mapping[str, str | int]) -> dict[str, str | int]:
    """The facts, and those of the phrases among them."""
    named: dict[str, str | int] = {}
    for name, fact in facts.items():
        if str(fact) in _FACTS.get(name, {}):
            named[name] = str(_FACTS[name][str(fact)])
        elif isinstance(fact, Phrase):
            named[name] = Phrase(fact.words, **_in_words(fact.facts))
        else:
            named[name] = fact
    return named


def meter_status(status: int) -> tuple[Text, ...]:
    """What a meter's status says that needs saying; a closed meter is no longer nearly so."""
    if status & MeterStatus.CLOSED:
        status &= ~MeterStatus.LOW
    return tuple(text for bit, text in METER_STATUSES.items() if status & bit)


def age(span: timedelta) -> str:
    """How long, in the largest unit that still says something."""
    minutes = span // timedelta(minutes=1)
    if minutes < _MINUTES_SHOWN:
        return str(gettext("%(minutes)s min", minutes=minutes))
    hours = minutes // 60
    if hours < _HOURS_SHOWN:
        return str(gettext("%(hours)s h", hours=hours))
    return str(gettext("%(days)s days", days=hours // 24))
