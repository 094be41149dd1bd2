"""What people type, read strictly: a day is a day, or the page says that it is none."""

from collections.abc import Mapping
from datetime import date

from flask import request

from yika_central.services.enquiries import SaleFilter
from yika_common.errors import N_, YikaError
from yika_common.services import Service

TEXTS = ("node", "area", "service", "operator", "account", "outcome")
"""The fields of a filter that are compared as they are."""

_DIGITS_MAX = 9


class NotADay(YikaError):
    """A day was typed in another form."""

    code = "not_a_day"
    sentence = N_(
        "“%(text)s” is not a day. Nothing was looked up. Type year, month and day, for example "
        "2026-11-30."
    )


def day_from(text: str) -> date | None:
    """The day of an ISO text; None for an empty one.

    Raises:
        NotADay: it is none.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise NotADay(text=text[:40]) from cause


def number_from(text: str) -> int | None:
    """A number that a page put into a form or an address; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else None


def ticked_services() -> tuple[Service, ...]:
    """The services that were ticked in a form; none: no box was."""
    chosen = request.form.getlist("services")
    return tuple(service for service in Service if service.value in chosen)


def filter_from(fields: Mapping[str, str], *, differing: bool = False) -> SaleFilter:
    """The filter that the fields of a form or an address name.

    Raises:
        NotADay: a day is none.
    """
    texts = {name: fields.get(name, "").strip() for name in TEXTS}
    return SaleFilter(
        **texts,
        first_day=day_from(fields.get("first", "")),
        last_day=day_from(fields.get("last", "")),
        differing=differing,
    )
