"""Which quota period a sale belongs to, and what is counted in it already.

What is bought counts in the period that runs.  A part period that a version began counts on in
the period around it too: a later version that carries the count carries that one, and so does a
node that has not heard of the version yet.

Another holder's quota, where it does not go on with the one before, is such a part too: from the
first purchase on that knows of it, a tally of nothing, named for its day.  Its bounds are those of
an account that is opened on that day: whole, or scaled if the tariff says so.  Where a tariff
counts consumption, meters tell of months and not of days, so there the quota goes on.

Where a tariff counts consumption, meters tell their use by months and only when their card is
seen, so what was used at the end of a period is known in the next one.  Periods are therefore
settled one after the other: a sale settles the oldest period, from the tally's own to the one that
runs, of which more is known to be used than was settled; where there is none, the tally stays
where it is.  What is bought is priced at the first step in any case, so it does not matter in
which period that is.  Only periods in which the version at hand was in force are settled by it,
and no month before the one in which the account was opened: that use was another customer's.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, date, datetime

from yika_common.numbers import Quantity
from yika_common.tariffs.facts import (
    Claim,
    Consumption,
    Facts,
    Tally,
    is_part,
    month_of,
    period_start,
)
from yika_common.tariffs.model import MONTHS_IN_A_YEAR, Tariff
from yika_common.tariffs.period import Period, period_of
from yika_common.values import dataclass

_NOTHING = Quantity(0)


@dataclass(frozen=True, slots=True)
class Quota:
    """The period that counts, by its tally's name, and what is counted in it.

    ``consumed`` is what is known to be used in it; ``None``: consumption does not count, or
    nobody knows it.  ``part_days`` are as in :class:`.period.Period`.
    """

    period: str
    used: Quantity
    consumed: Quantity | None
    part_days: tuple[int, int] | None


def quota_at(
    tariff: Tariff,
    facts: Facts,
    tally: Tally,
    at: datetime,
    consumption: Consumption | None = None,
) -> Quota:
    """The quota of a sale at ``at`` (aware)."""
    running = period_of(tariff, at, facts.opened_on)
    if tariff.counts_consumption:
        return _settled(tariff, facts, tally, running, consumption)
    if counts_on(tariff, tally, running):
        holders = facts.quota_from is not None
        days = days_that_count(tariff, tally.period, running, at, holders=holders)
        return Quota(tally.period, tally.counted, None, days)
    return Quota(running.id, _NOTHING, None, running.part_days)


def days_that_count(
    tariff: Tariff, name: str, running: Period, at: datetime, *, holders: bool
) -> tuple[int, int] | None:
    """As :attr:`.period.Period.part_days`, for what counts under that name at ``at`` (aware).

    ``holders``: a part that no version began was begun by another holder, as by an opening.
    """
    if not holders or name == running.id or not is_part(name) or tariff.cycle.anchor is None:
        return running.part_days
    return period_of(tariff, at, date(*period_start(name))).part_days


def counts_on(tariff: Tariff, tally: Tally, period: Period) -> bool:
    """Whether what was counted in the tally's period counts in this one."""
    if tally.period == period.id:
        return True
    if not is_part(tally.period):
        return False
    start, end = (_numbers(edge, tariff) for edge in (period.start, period.end))
    return start < period_start(tally.period) < end


def consumption_claimed(tariff: Tariff, facts: Facts, claim: Claim) -> Consumption | None:
    """What a node knew to be consumed as it settled; ``None`` where consumption does not count.

    All of the period's use is put into its first month that counts.
    """
    if not tariff.counts_consumption:
        return None
    first = max(_first_month(claim.period), month_of(facts.opened_on))
    return Consumption(((first, Quantity(claim.consumed)),))


def period_named(tariff: Tariff, name: str, opened_on: date | None = None) -> Period | None:
    """The period of that name; ``None`` if this version has none.

    Raises:
        OpeningUnknown: periods begin with the account, and nobody knows when it was opened.
    """
    anchor = opened_on if tariff.cycle.anchor is None else tariff.cycle.anchor
    year, month, day = period_start(name, 1 if anchor is None else anchor.day)
    if not (MINYEAR < year < MAXYEAR and 1 <= month <= MONTHS_IN_A_YEAR):
        return None
    day = min(day, monthrange(year, month)[1])
    period = period_of(tariff, datetime(year, month, day, 23, tzinfo=tariff.zone), opened_on)
    return period if period.id == name else None


def _settled(
    tariff: Tariff,
    facts: Facts,
    tally: Tally,
    running: Period,
    consumption: Consumption | None,
) -> Quota:
    if consumption is None:
        return Quota(tally.period or running.id, tally.counted, None, running.part_days)
    for period in _periods_used(tariff, facts, tally, running, consumption):
        name, used, since = period.id, _NOTHING, month_of(facts.opened_on)
        if counts_on(tariff, tally, period):
            name, used = tally.period, tally.counted
            since = max(since, _first_month(tally.period))
        consumed = _consumed(tariff, period, since, consumption)
        if consumed > used:
            return Quota(name, used, consumed, period.part_days)
    return Quota(tally.period or running.id, tally.counted, tally.counted, running.part_days)


def _periods_used(
    tariff: Tariff,
    facts: Facts,
    tally: Tally,
    running: Period,
    consumption: Consumption,
) -> Iterator[Period]:
    """The periods that use is known of, from the tally's to the running one, the oldest first."""
    begun = month_of(running.start.astimezone(tariff.zone).date())
    oldest = max(_first_month(tally.period) if tally.period else begun, month_of(facts.opened_on))
    last: Period | None = None
    for used_in, _ in sorted(consumption.by_month):
        if used_in < oldest:
            continue
        year, index = divmod(used_in, MONTHS_IN_A_YEAR)
        midway = datetime(year, index + 1, 15, tzinfo=tariff.zone)
        period = period_of(tariff, midway, facts.opened_on)
        if period.start > running.start:
            return
        if period != last and period.end > tariff.effective_from:
            yield period
        last = period


def _consumed(tariff: Tariff, period: Period, since: int, consumption: Consumption) -> Quantity:
    first, after = (
        month_of(edge.astimezone(tariff.zone).date()) for edge in (period.start, period.end)
    )
    return consumption.between(max(first, since), after)


def _first_month(period: str) -> int:
    year, month, _ = period_start(period)
    return year * MONTHS_IN_A_YEAR + month - 1


def _numbers(moment: datetime, tariff: Tariff) -> tuple[int, int, int]:
    local = moment.astimezone(tariff.zone)
    return local.year, local.month, local.day
