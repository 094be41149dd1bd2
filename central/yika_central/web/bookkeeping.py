"""What the pages about customers' money share: who may act, and what people type."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import request

from yika_central.bootstrap import Headquarters
from yika_central.services.staff import Credential
from yika_central.services.two_persons import check_bookkeeper
from yika_central.web.forms import day_from
from yika_common.infra.web.site import signed_in
from yika_common.numbers import MONEY_PLACES, Money, scaled_from_text

PERCENT_PLACES = 4
"""A percentage with so many decimals is a share in millionths."""


def bookkeeper(hq: Headquarters) -> str:
    """The name of who is signed in, if he is an accountant or administrator.

    Raises:
        NotABookkeeper: he is not; a higher rank alone does not do.
    """
    name = signed_in().user_id
    check_bookkeeper(next(person for person in hq.staff.everyone() if person.name == name))
    return name


def second_person() -> Credential | None:
    """The second person of the form; None where the fields are empty or missing."""
    name = typed("second-name")
    return Credential(name, request.form.get("second-password", "")) if name else None


def typed(field: str) -> str:
    """A field of the form without blanks around it; empty where it is missing."""
    return request.form.get(field, "").strip()


def typed_money(field: str) -> Money:
    """A sum of money that was typed; an empty field is 0.

    Raises:
        NotANumber: it is none.
    """
    return Money(scaled_from_text(typed(field) or "0", MONEY_PLACES))


def typed_share(field: str) -> int:
    """A percentage that was typed, in millionths; an empty field is 0.

    Raises:
        NotANumber: it is none.
    """
    return scaled_from_text(typed(field) or "0", PERCENT_PLACES)


def typed_count(field: str, otherwise: int) -> int:
    """A whole number that was typed; ``otherwise`` where the field is empty.

    Raises:
        NotANumber: it is none.
    """
    return scaled_from_text(typed(field) or str(otherwise), 0)


def midnight(field: str, zone: ZoneInfo) -> datetime | None:
    """The beginning of a day that was typed, in the utility's time zone; None if none was.

    Raises:
        NotADay: it is none.
    """
    day = day_from(typed(field))
    return None if day is None else datetime.combine(day, datetime.min.time(), zone)
