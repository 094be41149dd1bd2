"""From a supervisor's form to what it amends.  A day that ends something is its last one."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from yika_common.clock import from_timestamp
from yika_common.infra.web.faults import NotUnderstood
from yika_common.numbers import Quantity, quantity_from_text, quantity_to_text, scaled_from_text
from yika_common.services import Service
from yika_node.services.amended import FactsForm, LimitsForm
from yika_node.services.errors import AmendmentUnusable
from yika_node.services.views import Account
from yika_node.web.forms import Form, typed

_NONE: Final = Quantity(0)
_YEARS: Final = range(1971, 2200)
"""Records count seconds since 1970; what lies in no life is a slip of the finger."""


def facts_of(form: Form, zone: ZoneInfo) -> FactsForm:
    """What sets an account's prices, as it was filled in; days are those of ``zone``.

    Raises:
        NotANumber, AmendmentUnusable: a field holds something else.
    """
    persons = typed(form, "persons")
    last = _day(form, "persons_until")
    since = _day(form, "heat_from")
    return FactsForm(
        tariff_class=typed(form, "tariff_class"),
        persons=scaled_from_text(persons, 0) if persons else 0,
        persons_until=_end(last, zone) if last else None,
        inner_m2=_quantity(form, "area_m2"),
        gross_m2=_quantity(form, "gross_m2"),
        heat_class=typed(form, "heat_class"),
        heat_from=_begin(since, zone) if since else None,
        suspended=tuple(sorted({scaled_from_text(year, 0) for year in _words(form, "suspended")})),
        equipment=tuple(sorted(set(_words(form, "equipment")))),
        reason=typed(form, "reason"),
    )


def limits_of(form: Form, zone: ZoneInfo) -> LimitsForm:
    """An account's own limits, as they were filled in.

    Raises:
        NotANumber, AmendmentUnusable: a field holds something else.
        NotUnderstood: there is no such service.
    """
    last = _day(form, "until")
    if last is None:
        raise AmendmentUnusable(field="until")
    try:
        service = Service(typed(form, "service"))
    except ValueError as cause:
        raise NotUnderstood from cause
    return LimitsForm(
        service=service,
        per_sale=_quantity(form, "per_sale") or _NONE,
        per_day=_quantity(form, "per_day") or _NONE,
        per_month=_quantity(form, "per_month") or _NONE,
        per_cycle=_quantity(form, "per_cycle") or _NONE,
        until=_end(last, zone),
        reason=typed(form, "reason"),
    )


def texts_of(account: Account, zone: ZoneInfo) -> dict[str, str]:
    """What is known, as it would have been typed into the form for :func:`facts_of`."""
    facts = account.facts
    texts = {
        "tariff_class": account.tariff_class,
        "persons": str(account.persons or ""),
        "area_m2": _typable(account.area_m2 or 0),
    }
    if facts is None:
        return texts
    return texts | {
        "persons_until": _typable_day(facts.persons_until, zone),
        "gross_m2": _typable(facts.gross_area),
        "heat_class": facts.heat_class,
        "heat_from": _typable_day(facts.heat_from, zone),
        "suspended": " ".join(map(str, facts.suspended)),
        "equipment": facts.equipment,
    }


def last_second(form: Form, name: str, zone: ZoneInfo) -> datetime | None:
    """The end of a day that was filled in, None if none was; raises AmendmentUnusable."""
    day = _day(form, name)
    return None if day is None else _end(day, zone)


def _typable(quantity: int) -> str:
    return quantity_to_text(Quantity(quantity)) if quantity else ""


def _typable_day(seconds: int, zone: ZoneInfo) -> str:
    return from_timestamp(seconds).astimezone(zone).date().isoformat() if seconds else ""


def _words(form: Form, name: str) -> list[str]:
    return typed(form, name).replace(",", " ").split()


def _quantity(form: Form, name: str) -> Quantity | None:
    text = typed(form, name)
    return quantity_from_text(text) if text else None


def _day(form: Form, name: str) -> date | None:
    text = typed(form, name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as cause:
        raise AmendmentUnusable(field=name) from cause
    if day.year not in _YEARS:
        raise AmendmentUnusable(field=name)
    return day


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _end(day: date, zone: ZoneInfo) -> datetime:
    """The last second of the day."""
    return _begin(day + timedelta(days=1), zone) - timedelta(seconds=1)
