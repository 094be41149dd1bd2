"""What an account's prices rest on: its facts, and the tally of what it bought and was charged.

Facts and tallies belong to premises: facts to an account, a tally to an account and a service, so
that several meters of one service share one quota, one basic fee and one free allocation.  A tally
travels on the card, in a node's journal and in headquarters' account sheets; whoever holds several
takes the furthest of each part (:meth:`Tally.newest`).

Periods are named as in :mod:`yika_common.tariffs.period`: ``2026``, ``2026-04``, and ``20260415``
for what is left of a period when a version, or another holder's quota, begins inside it.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.tariffs.mixture import Mixture, mixtures_of
from yika_common.tariffs.parts import MONTHS_IN_A_YEAR
from yika_common.values import dataclass

FREE_EPOCH: Final = date(2000, 1, 1)
"""Day 0 of :attr:`Tally.free_day`."""

_PERIOD = re.compile(r"([0-9]{4})(?:-([0-9]{2})|([0-9]{2})([0-9]{2}))?", re.ASCII)
_NEVER = (0, 0, 0)
_NOTHING = Quantity(0)
_NO_MONEY = Money(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What of an account sets its price; days are local ones.

    Attributes:
        opened_on: when the account was opened.
        persons: members of the household; ``None`` where nobody said.
        persons_until: the last day on which the proof of their number holds; ``None``: for ever.
        inner_m2: heated inner area, 1/1000 m²; ``None`` where nobody recorded it.
        gross_m2: heated gross area.
        heat_class: the class of the premises' heating coefficient; empty for coefficient 1.
        heat_from: since when the premises are heated; ``None``: always.
        suspended: the heating years in which the supply of heat is suspended.
        equipment: codes of the registered equipment.
        quota_from: since when another holder has had a quota of his own; ``None``: the quota has
            gone on whoever held the account.
        mixtures: the services of which a second class has a part.
    """

    opened_on: date
    persons: int | None = None
    persons_until: date | None = None
    inner_m2: Quantity | None = None
    gross_m2: Quantity | None = None
    heat_class: str = ""
    heat_from: date | None = None
    suspended: tuple[int, ...] = ()
    equipment: tuple[str, ...] = ()
    quota_from: date | None = None
    mixtures: tuple[Mixture, ...] = ()

    @classmethod
    def recorded(
        cls,
        zone: ZoneInfo,
        *,
        opened: int,
        persons: int = 0,
        persons_until: int = 0,
        inner_area: int = 0,
        gross_area: int = 0,
        heat_class: str = "",
        heat_from: int = 0,
        suspended: tuple[int, ...] = (),
        equipment: str = "",
        quota_from: int = 0,
        mixed: str = "",
    ) -> "Facts":
        """The facts as journals and account sheets write them down.

        Times are seconds since 1970 UTC and become days in ``zone``, areas are 1/1000 m²; 0 is
        "not known" or "no end".  ``equipment`` is codes separated by spaces, ``mixed`` as
        :func:`~yika_common.tariffs.mixture.mixtures_of` reads it.
        """
        return cls(
            opened_on=_day(opened, zone),
            persons=persons or None,
            persons_until=_day(persons_until, zone) if persons_until else None,
            inner_m2=Quantity(inner_area) or None,
            gross_m2=Quantity(gross_area) or None,
            heat_class=heat_class,
            heat_from=_day(heat_from, zone) if heat_from else None,
            suspended=suspended,
            equipment=tuple(equipment.split()),
            quota_from=_day(quota_from, zone) if quota_from else None,
            mixtures=mixtures_of(mixed),
        )

    def mixture_of(self, service: Service) -> Mixture | None:
        """The second class that has a part of the service; ``None``: there is none."""
        return next((one for one in self.mixtures if one.service is service), None)

    def persons_on(self, day: date) -> int | None:
        """The proven number of persons on that day; ``None``: the tariff's included number."""
        lapsed = self.persons_until is not None and day > self.persons_until
        return None if lapsed else self.persons


def _day(seconds: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class Tally:
    """What was bought and charged so far for one account and service.

    Attributes:
        period: the quota period that ``counted`` belongs to; empty: nothing was bought yet.
        counted: counted against the steps in that period, 1/1000 of the unit; where the tariff
            counts consumption, what of the period's consumption is settled.
        heating_year: the newest heating year whose basic fee was charged; 0: none.
        charged_through: the last month whose fixed charges were taken, as year x 12 + month - 1;
            0: none ever.
        free_day: the last day on which free units were claimed, in days since 2000-01-01; 0: none
            ever.
    """

    period: str = ""
    counted: Quantity = _NOTHING
    heating_year: int = 0
    charged_through: int = 0
    free_day: int = 0

    def newest(self, other: "Tally", *, anchor_day: int = 1) -> "Tally":
        """Of each part the further one: the later period, in one period the higher count.

        Commutative, associative and idempotent, so slots and sources can be joined in any order.
        ``anchor_day`` is the day of the month on which whole periods start.
        """
        further = max(
            (self, other),
            key=lambda tally: (
                period_start(tally.period, anchor_day),
                tally.period,
                tally.counted,
            ),
        )
        return Tally(
            period=further.period,
            counted=further.counted,
            heating_year=max(self.heating_year, other.heating_year),
            charged_through=max(self.charged_through, other.charged_through),
            free_day=max(self.free_day, other.free_day),
        )


def period_start(period: str, anchor_day: int = 1) -> tuple[int, int, int]:
    """Year, month and day with which a period of that name starts; zeros if it names none.

    Whole periods start on ``anchor_day``.  In months that lack the day the result lies behind the
    month's last day: it is for comparing, not for calendars.
    """
    match = _PERIOD.fullmatch(period)
    if match is None:
        return _NEVER
    year, month, cut_month, cut_day = match.groups()
    if cut_month is not None:
        return int(year), int(cut_month), int(cut_day)
    return int(year), int(month or 1), anchor_day


def is_part(period: str) -> bool:
    """Whether it names a part period, which a version of a tariff or another holder began."""
    match = _PERIOD.fullmatch(period)
    return match is not None and match[3] is not None


def part_from(day: date) -> str:
    """The name of the part period that begins on that day."""
    return f"{day:%Y%m%d}"


def month_of(day: date) -> int:
    """Months since January of year 0."""
    return day.year * MONTHS_IN_A_YEAR + day.month - 1


def free_day_of(day: date) -> int:
    """A day as :attr:`Tally.free_day` counts it; 0 for days before that count begins."""
    return max(0, (day - FREE_EPOCH).days)


def day_of_free(free_day: int) -> date:
    """The day that a :attr:`Tally.free_day` above 0 names."""
    return FREE_EPOCH + timedelta(days=free_day)


@dataclass(frozen=True, slots=True)
class Consumption:
    """What meters used, month by month, from the rings that they write back onto the card.

    ``by_month`` holds (year x 12 + month - 1, use in 1/1000 of the unit), each month once.
    """

    by_month: tuple[tuple[int, Quantity], ...]

    def __post_init__(self) -> None:
        if len(dict(self.by_month)) != len(self.by_month):
            raise ValueError("a month's use is stated twice")

    def __add__(self, other: "Consumption") -> "Consumption":
        """The use of two meters together, in the order of the months."""
        total: dict[int, int] = {}
        for month, use in (*self.by_month, *other.by_month):
            total[month] = total.get(month, 0) + use
        return Consumption(tuple((month, Quantity(total[month])) for month in sorted(total)))

    def joined(self, other: "Consumption") -> "Consumption":
        """The use of the same meters, read at two times: a month's use only ever grows."""
        known = dict(self.by_month)
        for month, use in other.by_month:
            known[month] = max(use, known.get(month, use))
        return Consumption(tuple(sorted(known.items())))

    def between(self, first: int, last: int) -> Quantity:
        """The use in the months from ``first`` up to, and without, ``last``."""
        return Quantity(sum(use for month, use in self.by_month if first <= month < last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What was sold and charged so far, of one account and service, for limits per day and month.

    Attributes:
        today: sold on the local day of the sale, 1/1000 of the unit.
        this_month: and in its local month.
        spent_today: money charged on the local day.
        spent_this_month: and in the local month.
    """

    today: Quantity = _NOTHING
    this_month: Quantity = _NOTHING
    spent_today: Money = _NO_MONEY
    spent_this_month: Money = _NO_MONEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a node assumed of a customer as it priced a purchase, as its journal carries it.

    Fields and neutral values are those of :class:`yika_common.journal.bodies.Intent`: 0 and ""
    where nothing was known or nothing applied; ``equipment`` is codes separated by spaces.
    """

    used_before: int = 0
    period: str = ""
    persons: int = 0
    heated_area: int = 0
    heating_year: int = 0
    heat_class: str = ""
    heat_days: int = 0
    heat_suspended: int = 0
    months_due: int = 0
    charged_through: int = 0
    free: int = 0
    free_day: int = 0
    equipment: str = ""
    consumed: int = 0
