"""Quota periods and heating years: days of the utility's time zone, edges in UTC.

A period starts at the first second of its first day; the quota counts from zero there, and what
was not used is not carried over.  With cycle months N and the anchor's month a, the periods start
in the months a, a + N, a + 2N ... of every year, on the anchor's day; where the account is the
anchor, on the day it was opened, and in months that lack that day on their last.

A version that takes effect inside a period and does not carry the count begins a part period of
its own there.  Where bounds are scaled, the days of the part count, the first and the last
included: an account opened on 1 August has 153 of the 365 days of a calendar year.
"""

from calendar import monthrange
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from yika_common.tariffs.errors import OpeningUnknown
from yika_common.tariffs.model import MONTHS_IN_A_YEAR, Opening, Tariff, VersionChange
from yika_common.values import dataclass


@dataclass(frozen=True, slots=True)
class Period:
    """One quota period: from ``start`` to before ``end``, both aware UTC.

    ``id`` is unique among the periods of one tariff:

    ==========================================  ==================  ==========
    period                                      id                  example
    ==========================================  ==================  ==========
    a year that begins in January               year of its start   2026
    another, or one that the account anchors    and month           2026-04
    a part that a version began                 local day           20260415
    ==========================================  ==================  ==========

    ``part_days`` are the days that count and the days of the whole period where bounds are
    scaled, else ``None``.
    """

    id: str
    start: datetime
    end: datetime
    part_days: tuple[int, int] | None = None


def period_of(tariff: Tariff, at: datetime, opened_on: date | None = None) -> Period:
    """The quota period that ``at`` (aware) lies in, of an account opened on that local day.

    Raises:
        OpeningUnknown: periods begin with the account, and nobody knows when it was opened.
    """
    zone, cycle = tariff.zone, tariff.cycle
    if cycle.anchor is not None:
        month, day = cycle.anchor.month, cycle.anchor.day
    elif opened_on is not None:
        month, day = opened_on.month, opened_on.day
    else:
        raise OpeningUnknown
    starts = _Starts(month, day, cycle.months, zone)
    first = starts.month_before(at)
    start, end = starts.edge(first), starts.edge(first + cycle.months)
    year, index = divmod(first, MONTHS_IN_A_YEAR)
    by_year = cycle.months == MONTHS_IN_A_YEAR and cycle.anchor is not None and month == 1
    name = f"{year:04}" if by_year else f"{year:04}-{index + 1:02}"
    days = starts.day(first), starts.day(first + cycle.months)
    counted_from = days[0]
    part_opening = tariff.part_period is not None and tariff.part_period.opening
    if part_opening is Opening.PRORATA and opened_on is not None and opened_on < days[1]:
        counted_from = max(counted_from, opened_on)
    change = tariff.on_version_change
    if (
        tariff.version > 1
        and change is not VersionChange.CARRY
        and start < tariff.effective_from <= at
    ):
        start = tariff.effective_from
        begins = start.astimezone(zone).date()
        name = f"{begins:%Y%m%d}"
        if change is VersionChange.PRORATA:
            counted_from = max(counted_from, begins)
    part_days = (days[1] - counted_from).days, (days[1] - days[0]).days
    return Period(name, start, end, part_days if part_days[0] < part_days[1] else None)


def heating_year_of(tariff: Tariff, at: datetime) -> int:
    """The year in which the heating year that ``at`` (aware) lies in started.

    Raises:
        ValueError: the tariff has no heat basic fee, so it has no heating years.
    """
    if tariff.heat_basic_fee is None:
        raise ValueError(f"tariff {tariff.id} has no heating years")
    begins = tariff.heat_basic_fee.heating_year_starts
    starts = _Starts(begins.month, begins.day, MONTHS_IN_A_YEAR, tariff.zone)
    return starts.month_before(at) // MONTHS_IN_A_YEAR


@dataclass(frozen=True, slots=True)
class _Starts:
    """The days on which periods of ``months`` start; months are counted from year 0."""

    month: int
    day_of_month: int
    months: int
    zone: ZoneInfo

    def month_before(self, at: datetime) -> int:
        """The month in which the period of ``at`` starts."""
        local = at.astimezone(self.zone)
        now = local.year * MONTHS_IN_A_YEAR + local.month - 1
        first = now - (now - (self.month - 1)) % self.months
        return first - self.months if at < self.edge(first) else first

    def day(self, month: int) -> date:
        """The day on which a period starts in that month."""
        year, index = divmod(month, MONTHS_IN_A_YEAR)
        last = monthrange(year, index + 1)[1]
        return date(year, index + 1, min(self.day_of_month, last))

    def edge(self, month: int) -> datetime:
        """Its first second, as UTC; where clocks skip midnight, the moment they skip it."""
        day = self.day(month)
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
