"""Quota periods and heating years: days of the utility's time zone, edges in UTC.

A period starts at the first second of its first day; the quota counts from zero there, and what
was not used is not carried over.  With cycle months N and the anchor's month a, the periods start
in the months a, a + N, a + 2N ... of every year, on the anchor's day.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from yika_common.tariffs.model import MONTHS_IN_A_YEAR, Cycle, Tariff


@dataclass(frozen=True, slots=True)
class Period:
    """One quota period: from ``start`` to before ``end``, both aware UTC.

    ``id`` is the year of the start for years that begin with January (``2026``), else year and
    month of the start (``2026-04``): unique among the periods of one tariff's cycle.
    """

    id: str
    start: datetime
    end: datetime


def period_of(tariff: Tariff, at: datetime) -> Period:
    """The quota period that ``at`` (aware) lies in."""
    cycle = tariff.cycle
    zone = tariff.zone
    first = _start_month(cycle, zone, at)
    year, month = first // MONTHS_IN_A_YEAR, first % MONTHS_IN_A_YEAR + 1
    by_year = cycle.months == MONTHS_IN_A_YEAR and cycle.anchor.month == 1
    return Period(
        id=f"{year:04}" if by_year else f"{year:04}-{month:02}",
        start=_edge(first, cycle.anchor.day, zone),
        end=_edge(first + cycle.months, cycle.anchor.day, zone),
    )


def heating_year_of(tariff: Tariff, at: datetime) -> int:
    """The year in which the heating year that ``at`` (aware) lies in started.

    Raises:
        ValueError: the tariff has no heat basic fee, so it has no heating years.
    """
    if tariff.heat_basic_fee is None:
        raise ValueError(f"tariff {tariff.id} has no heating years")
    year = Cycle(MONTHS_IN_A_YEAR, tariff.heat_basic_fee.heating_year_starts)
    return _start_month(year, tariff.zone, at) // MONTHS_IN_A_YEAR


def _start_month(cycle: Cycle, zone: ZoneInfo, at: datetime) -> int:
    """Months since year 0 of the month in which the period of ``at`` starts."""
    local = at.astimezone(zone)
    now = local.year * MONTHS_IN_A_YEAR + local.month - 1
    first = now - (now - (cycle.anchor.month - 1)) % cycle.months
    if at < _edge(first, cycle.anchor.day, zone):
        first -= cycle.months
    return first


def _edge(month: int, day: int, zone: ZoneInfo) -> datetime:
    """The first second of a day, as UTC; where clocks skip midnight, the moment they skip it."""
    year, index = divmod(month, MONTHS_IN_A_YEAR)
    return datetime(year, index + 1, day, tzinfo=zone).astimezone(UTC)
