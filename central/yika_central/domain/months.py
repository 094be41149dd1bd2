"""Accounting months: which one a moment lies in, and which one something is booked in.

A month is a text ``YYYY-MM``, so that months compare as texts do.  What is about a month that is
closed already is booked in the first one that is still open, with a reference to its own.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from yika_common.clock import to_timestamp

Month = str

NEVER: Month = ""
"""Before every month: nothing was ever closed."""

_MONTHS = 12


def month_of(at: datetime, zone: ZoneInfo) -> Month:
    """The utility's month that an aware moment lies in."""
    local = at.astimezone(zone)
    return f"{local.year:04}-{local.month:02}"


def is_month(text: str) -> bool:
    """Whether a text names a month."""
    year, dash, month = text.partition("-")
    return (
        (len(year), dash, len(month)) == (4, "-", 2)
        and text.replace("-", "").isascii()
        and text.replace("-", "").isdigit()
        and 1 <= int(month) <= _MONTHS
        and int(year) > 0
    )


def after(month: Month) -> Month:
    """The month after a month."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // _MONTHS:04}-{number % _MONTHS + 1:02}"


def bounds(month: Month, zone: ZoneInfo) -> tuple[int, int]:
    """The first second of the month, and the first after it, since 1970."""
    return _begins(month, zone), _begins(after(month), zone)


def booked(of_month: Month, closed: Month) -> Month:
    """The month in which something about a month is booked, when all up to ``closed`` are shut."""
    return of_month if of_month > closed else after(closed)


def _begins(month: Month, zone: ZoneInfo) -> int:
    midnight = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=zone)
    moment = midnight.astimezone(UTC)
    # Where clocks are put forward at midnight, the day begins at the first moment there is.
    while month_of(moment, zone) < month:
        moment += timedelta(minutes=15)
    return to_timestamp(moment)
