"""What sets an account's prices, as texts: how it is typed into a form or a table, and back.

A day that ends something is its last one.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from yika_common.clock import from_timestamp
from yika_common.numbers import Quantity, quantity_from_text, quantity_to_text, scaled_from_text
from yika_common.tariffs.mixture import Mixture, mixtures_of
from yika_node.services.amended import FactsForm
from yika_node.services.errors import AmendmentUnusable
from yika_node.services.views import Account

Texts = Mapping[str, str]
FACTS: Final = (
    *("tariff_class", "persons", "persons_until", "area_m2", "gross_m2"),
    *("heat_class", "heat_from", "suspended", "equipment", "mixed"),
)
"""The names of the texts."""

_YEARS: Final = range(1971, 2200)
"""Records count seconds since 1970; what lies in no life is a slip of the finger."""


def facts_of(texts: Texts, zone: ZoneInfo) -> FactsForm:
    """What sets an account's prices, as it was typed; days are those of ``zone``.

    Raises:
        NotANumber, AmendmentUnusable: a text is something else.
    """
    persons = texts.get("persons", "")
    last, since = day_of(texts, "persons_until"), day_of(texts, "heat_from")
    years = {scaled_from_text(year, 0) for year in _words(texts, "suspended")}
    return FactsForm(
        tariff_class=texts.get("tariff_class", ""),
        persons=scaled_from_text(persons, 0) if persons else 0,
        persons_until=end_of(last, zone) if last else None,
        inner_m2=quantity_of(texts, "area_m2"),
        gross_m2=quantity_of(texts, "gross_m2"),
        heat_class=texts.get("heat_class", ""),
        heat_from=_begin(since, zone) if since else None,
        suspended=tuple(sorted(years)),
        equipment=tuple(sorted(set(_words(texts, "equipment")))),
        reason=texts.get("reason", ""),
        mixed=_mixtures(texts),
    )


def texts_of(account: Account, zone: ZoneInfo) -> dict[str, str]:
    """What is known, as it would have been typed for :func:`facts_of`."""
    facts = account.facts
    texts = dict.fromkeys(FACTS, "") | {
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
        "mixed": facts.mixed,
    }


def quantity_of(texts: Texts, name: str) -> Quantity | None:
    """A quantity that was typed, None if none was; raises NotANumber."""
    text = texts.get(name, "")
    return quantity_from_text(text) if text else None


def day_of(texts: Texts, name: str) -> date | None:
    """A day that was typed, None if none was; raises AmendmentUnusable."""
    text = texts.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as cause:
        raise AmendmentUnusable(field=name) from cause
    if day.year not in _YEARS:
        raise AmendmentUnusable(field=name)
    return day


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last second of the day."""
    return _begin(day + timedelta(days=1), zone) - timedelta(seconds=1)


def _mixtures(texts: Texts) -> tuple[Mixture, ...]:
    try:
        return mixtures_of(texts.get("mixed", ""))
    except ValueError as cause:
        raise AmendmentUnusable(field="mixed") from cause


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _typable(quantity: int) -> str:
    return quantity_to_text(Quantity(quantity)) if quantity else ""


def _typable_day(seconds: int, zone: ZoneInfo) -> str:
    return from_timestamp(seconds).astimezone(zone).date().isoformat() if seconds else ""


def _words(texts: Texts, name: str) -> list[str]:
    return texts.get(name, "").replace(",", " ").split()
