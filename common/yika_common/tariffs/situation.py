"""From facts and tally to a price's inputs, and from a sale to the next tally.

This is the truth that a vending node and headquarters share: a node prices with
:func:`usage_at`, writes what it assumed into its journal, and puts :func:`tally_after` on the
card; headquarters folds the same two functions over all purchases in their true order.  Both
depend on their arguments alone; the one thing they refuse is an account-anchored period of an
account opened nobody knows when, and facts always say when.

The rules:

* A tally counts in its own quota period (:mod:`.quota` says which that is); another holder's
  quota begins with a tally of nothing.
* Fixed charges are due for the months after the last one that was charged; never charged, since
  the account was opened, but not for months before the version at hand.
* The basic fee of heat is due once in a heating year, and not at all for premises that are heated
  only from a day after that year's season.
* Of the free units those may be claimed that fell due since the last claim, whole quanta of them;
  never claimed, one allocation.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from yika_common.numbers import Quantity
from yika_common.tariffs.facts import (
    Claim,
    Consumption,
    Facts,
    Sold,
    Tally,
    day_of_free,
    free_day_of,
    month_of,
    part_from,
    period_start,
)
from yika_common.tariffs.model import (
    HeatBasicFee,
    HeatedArea,
    LateOpening,
    MonthDay,
    Per,
    Tariff,
)
from yika_common.tariffs.period import heating_year_of, period_of
from yika_common.tariffs.quota import counts_on, days_that_count, period_named, quota_at
from yika_common.tariffs.quote import Quote
from yika_common.tariffs.usage import OwnLimits, Usage
from yika_common.values import dataclass

_NOTHING: Final = Quantity(0)
_ONE: Final = Quantity(1)


def usage_at(
    tariff: Tariff,
    facts: Facts,
    tally: Tally,
    *,
    quantum: Quantity,
    at: datetime,
    consumption: Consumption | None = None,
    stored: Quantity | None = None,
    sold: Sold | None = None,
    limits: OwnLimits | None = None,
) -> Usage:
    """What the price of a sale at ``at`` (aware) depends on.

    ``tally`` is the furthest that is known (:func:`together`), ``quantum`` the least that the
    meter counts, ``consumption`` that of all meters that share the quota, ``stored`` the last
    known remaining credit with what waits on the card; ``sold`` is so far that day and month,
    ``limits`` are the customer's own.
    """
    if facts.quota_from is not None:
        tally = together(tariff, facts, (tally,), at)
    quota = quota_at(tariff, facts, tally, at, consumption)
    today = at.astimezone(tariff.zone).date()
    heat = _heat_at(tariff, facts, tally, at)
    sold = sold or Sold()
    return Usage(
        used=quota.used,
        quantum=quantum,
        persons=facts.persons_on(today),
        area_m2=heat.area,
        heating_year_paid=heat.paid,
        heat_class=heat.heat_class,
        heat_days=heat.days,
        heat_suspended=heat.suspended,
        months_due=_months_due(tariff, facts, tally, today),
        month=month_of(today),
        opened_month=month_of(facts.opened_on),
        free=_free_due(tariff, tally, today, quantum),
        equipment=_equipment(tariff, facts),
        on=today,
        period=quota.period,
        part_days=quota.part_days,
        consumed=quota.consumed,
        stored=stored,
        sold_today=sold.today,
        sold_this_month=sold.this_month,
        spent_today=sold.spent_today,
        spent_this_month=sold.spent_this_month,
        limits=limits,
    )


def tally_after(
    tariff: Tariff, facts: Facts, tally: Tally, usage: Usage, quote: Quote, at: datetime
) -> Tally:
    """The tally once the sale that ``quote`` prices has been made at ``at`` (aware).

    ``usage`` is what the quote was computed from.  No part of the tally ever goes back: a sale in
    a period before the tally's own leaves the count as it is.
    """
    today = at.astimezone(tariff.zone).date()
    fee_charged = tariff.heat_basic_fee is not None and not usage.heating_year_paid
    sold = Tally(
        period=usage.period or quota_at(tariff, facts, tally, at).period,
        counted=quote.settled,
        heating_year=heating_year_of(tariff, at) if fee_charged else 0,
        charged_through=month_of(today) if tariff.fixed_charges else 0,
        free_day=free_day_of(today) if quote.free else 0,
    )
    return together(tariff, facts, (tally, sold), at)


def together(tariff: Tariff, facts: Facts, tallies: Iterable[Tally], at: datetime) -> Tally:
    """What tallies from several places (slots, journal, account sheet) say together at ``at``.

    As :meth:`Tally.newest`, and exact where periods start within a month or where another
    version of the tariff named its periods otherwise: the period that ``at`` lies in comes before
    any that is over.
    """
    period = period_of(tariff, at, facts.opened_on)
    anchor = tariff.cycle.anchor
    anchor_day = facts.opened_on.day if anchor is None else anchor.day
    after = period.end.astimezone(tariff.zone)
    end = (after.year, after.month, after.day)

    def standing(tally: Tally) -> tuple[bool, bool, tuple[int, int, int], str, int]:
        start = period_start(tally.period, anchor_day)
        running = counts_on(tariff, tally, period)
        return start >= end, running, start, tally.period, tally.counted

    known = (Tally(), *_begun(tariff, facts, at), *tallies)
    further = max(known, key=standing)
    return Tally(
        period=further.period,
        counted=further.counted,
        heating_year=max(tally.heating_year for tally in known),
        charged_through=max(tally.charged_through for tally in known),
        free_day=max(tally.free_day for tally in known),
    )


def _begun(tariff: Tariff, facts: Facts, at: datetime) -> tuple[Tally, ...]:
    """What the quota of another holder began with."""
    if facts.quota_from is None or tariff.counts_consumption:
        return ()
    if at.astimezone(tariff.zone).date() < facts.quota_from:
        return ()
    return (Tally(period=part_from(facts.quota_from)),)


def usage_claimed(
    tariff: Tariff,
    claim: Claim,
    at: datetime,
    *,
    quantum: Quantity = _ONE,
    opened_on: date | None = None,
    holders: bool = False,
) -> Usage:
    """What a node assumed when it priced a purchase at ``at`` (aware), to price it once more.

    A ``quantum`` of 1 fits any quantity: what was sold has a price in any case.  ``opened_on`` is
    the account's opening day, where that bears on the period or on fixed charges; ``holders``
    says that a part period that no version began was another holder's.

    Raises:
        OpeningUnknown: the period begins with the account, and ``opened_on`` is not given.
    """
    today = at.astimezone(tariff.zone).date()
    period = period_named(tariff, claim.period, opened_on) or period_of(tariff, at, opened_on)
    return Usage(
        used=Quantity(claim.used_before),
        quantum=quantum,
        persons=claim.persons or None,
        area_m2=Quantity(claim.heated_area) or None,
        heating_year_paid=not claim.heating_year,
        heat_class=claim.heat_class,
        heat_days=claim.heat_days or None,
        heat_suspended=bool(claim.heat_suspended),
        months_due=claim.months_due,
        month=claim.charged_through or month_of(today),
        opened_month=None if opened_on is None else month_of(opened_on),
        free=Quantity(claim.free),
        equipment=tuple(claim.equipment.split()),
        on=today,
        period=period.id,
        part_days=days_that_count(tariff, claim.period, period, at, holders=holders),
        consumed=Quantity(claim.consumed) if tariff.counts_consumption else None,
    )


def _months_due(tariff: Tariff, facts: Facts, tally: Tally, today: date) -> int:
    if not tariff.fixed_charges:
        return 0
    if tally.charged_through:
        through = tally.charged_through
    else:
        begins = tariff.effective_from.astimezone(tariff.zone).date()
        through = month_of(max(facts.opened_on, begins)) - 1
    return max(0, month_of(today) - through)


def _free_due(tariff: Tariff, tally: Tally, today: date, quantum: Quantity) -> Quantity:
    free = tariff.free_allocation
    if free is None:
        return _NOTHING
    if not tally.free_day:
        times = 1
    elif free.per is Per.MONTH:
        times = month_of(today) - month_of(day_of_free(tally.free_day))
    else:
        times = free_day_of(today) - tally.free_day
    due = min(max(0, times) * free.quantity, free.most)
    return Quantity(due - due % quantum)


def _equipment(tariff: Tariff, facts: Facts) -> tuple[str, ...]:
    """The registered equipment that bears on this tariff's prices."""
    seasonal = tariff.seasonal_quota
    if seasonal is None or seasonal.equipment not in facts.equipment:
        return ()
    return (seasonal.equipment,)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heat:
    """The inputs of the basic fee; neutral where a tariff has none."""

    paid: bool = True
    area: Quantity | None = None
    heat_class: str = ""
    days: int | None = None
    suspended: bool = False


def _heat_at(tariff: Tariff, facts: Facts, tally: Tally, at: datetime) -> _Heat:
    fee = tariff.heat_basic_fee
    if fee is None:
        return _Heat()
    year = heating_year_of(tariff, at)
    days = _days_heated(fee, facts.heat_from, year)
    return _Heat(
        paid=tally.heating_year >= year or days == 0,
        area=facts.inner_m2 if fee.area is HeatedArea.INNER else facts.gross_m2,
        heat_class=facts.heat_class,
        days=days or None,
        suspended=year in facts.suspended,
    )


def _days_heated(fee: HeatBasicFee, heat_from: date | None, year: int) -> int | None:
    """Days of the year's season that premises heated from that day on have; ``None``: all."""
    if (
        fee.late_opening is LateOpening.FULL
        or fee.season_starts is None
        or fee.days is None
        or heat_from is None
    ):
        return None
    late = (heat_from - _season_start(fee.season_starts, fee.heating_year_starts, year)).days
    return None if late <= 0 else max(0, fee.days - late)


def _season_start(season: MonthDay, year_starts: MonthDay, year: int) -> date:
    """The first such day of the heating year that begins in ``year``."""
    later = (season.month, season.day) < (year_starts.month, year_starts.day)
    return date(year + later, season.month, season.day)
