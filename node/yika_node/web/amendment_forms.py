"""From a supervisor's form to what it amends.  A day that ends something is its last one."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from yika_common.infra.web.faults import NotUnderstood
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.tariffs.mixture import mixtures_of
from yika_node.services import facts_texts
from yika_node.services.amended import FactsForm, LimitsForm
from yika_node.services.errors import AmendmentUnusable
from yika_node.web.forms import Form, typed

_NONE: Final = Quantity(0)


def facts_of(form: Form, zone: ZoneInfo) -> FactsForm:
    """What sets an account's prices, as it was filled in; days are those of ``zone``.

    Raises:
        NotANumber, AmendmentUnusable: a field holds something else.
    """
    names = (*facts_texts.FACTS, "reason")
    texts = {name: typed(form, name) for name in names} | {"mixed": _mixed(form)}
    return facts_texts.facts_of(texts, zone)


def parts_of(mixed: str) -> dict[str, str]:
    """The fields of a form that say the same as a text of mixed use."""
    fields = {}
    for mixture in mixtures_of(mixed):
        fields[f"mixed-class-{mixture.service}"] = mixture.tariff_class
        fields[f"mixed-share-{mixture.service}"] = str(mixture.percent)
    return fields


def _mixed(form: Form) -> str:
    """Mixed use, as it was filled in service by service; half a line is no text of it."""
    lines = ((str(of), *_half_lines(form, of)) for of in Service)
    return " ".join(":".join(line) for line in lines if any(line[1:]))


def _half_lines(form: Form, service: Service) -> tuple[str, str]:
    return typed(form, f"mixed-class-{service}"), typed(form, f"mixed-share-{service}")


def limits_of(form: Form, zone: ZoneInfo) -> LimitsForm:
    """An account's own limits, as they were filled in.

    Raises:
        NotANumber, AmendmentUnusable: a field holds something else.
        NotUnderstood: there is no such service.
    """
    until = last_second(form, "until", zone)
    if until is None:
        raise AmendmentUnusable(field="until")
    try:
        service = Service(typed(form, "service"))
    except ValueError as cause:
        raise NotUnderstood from cause
    return LimitsForm(
        service=service,
        per_sale=_quantity(form, "per_sale"),
        per_day=_quantity(form, "per_day"),
        per_month=_quantity(form, "per_month"),
        per_cycle=_quantity(form, "per_cycle"),
        until=until,
        reason=typed(form, "reason"),
    )


def last_second(form: Form, name: str, zone: ZoneInfo) -> datetime | None:
    """The end of a day that was filled in, None if none was; raises AmendmentUnusable."""
    day = facts_texts.day_of({name: typed(form, name)}, name)
    return None if day is None else facts_texts.end_of(day, zone)


def _quantity(form: Form, name: str) -> Quantity:
    return facts_texts.quantity_of({name: typed(form, name)}, name) or _NONE
