"""In which order, and at which time, purchases count.

Volume is a fact; when it was bought is evidence.  A purchase's time is the node's stamp clamped
into the bracket that headquarters' own clock gives it (a person may decide it instead), and never
before the purchase of the same meter that precedes it.  Within a meter the card's pair
(generation, count) gives the order; purchases of several meters merge by that time, and where it
is equal by position in the journal.  The result depends on the set of purchases alone: not on
when, how often or in which pieces they arrived.

Source: published practice of re-pricing card sales ("sort by the purchase count of the slot, then
trusted time, then node and sequence"); docs/re-rating.md works the examples.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from yika_common.numbers import Money, Quantity
from yika_common.tariffs.facts import Claim

_NOTHING: Final = Quantity(0)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a purchase stands: two of one (node, epoch, seq) differ in the record's hash."""

    node: str
    epoch: int
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class TariffUsed:
    """The tariff version a purchase names; ``digest`` is its first 8 bytes, as 16 hex digits.

    ``mixed`` names the second class's, where two classes share the meter, as in the journal.
    """

    id: str
    version: int
    digest: str
    mixed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One meter's purchase, as its node wrote it down.

    ``delivered`` is False for a superseded one: its credit never reached a meter and never will.
    ``voided`` and ``decided_at`` are a person's rulings at headquarters: the purchase is void, the
    time at which it counts.  ``heating_year`` is the year whose basic fee it charged, None where
    it charged none; what follows is as in the journal's record, with its neutral values.

    Raises:
        ValueError: the bracket ends before it begins, or a time is naive.
    """

    position: Position
    meter: str
    generation: int
    count: int
    stamped_at: datetime
    not_before: datetime
    not_after: datetime
    quantity: Quantity
    charged: Money
    tariff: TariffUsed
    used_before: Quantity
    period: str = ""
    persons: int | None = None
    area_m2: Quantity | None = None
    heating_year: int | None = None
    months_due: int = 0
    charged_through: int = 0
    free: Quantity = _NOTHING
    free_day: int = 0
    consumed: Quantity = _NOTHING
    heat_class: str = ""
    heat_days: int = 0
    heat_suspended: int = 0
    equipment: str = ""
    delivered: bool = True
    voided: bool = False
    decided_at: datetime | None = None

    def __post_init__(self) -> None:
        times = (self.stamped_at, self.not_before, self.not_after, self.decided_at)
        if any(time is not None and time.tzinfo is None for time in times):
            raise ValueError("a naive time names no moment")
        if self.not_after < self.not_before:
            raise ValueError(f"the bracket of {self.position} ends before it begins")

    @property
    def clamped(self) -> datetime:
        """The time decided, else the node's stamp, moved to the nearer edge of the bracket."""
        if self.decided_at is not None:
            return self.decided_at
        return max(self.not_before, min(self.stamped_at, self.not_after))

    @property
    def counts(self) -> bool:
        """Whether its quantity was bought and its fees were taken, as far as is known now."""
        return self.delivered and not self.voided

    @property
    def claim(self) -> Claim:
        """What its node assumed of the customer."""
        return Claim(
            used_before=self.used_before,
            period=self.period,
            persons=self.persons or 0,
            heated_area=self.area_m2 or 0,
            heating_year=self.heating_year or 0,
            heat_class=self.heat_class,
            heat_days=self.heat_days,
            heat_suspended=self.heat_suspended,
            months_due=self.months_due,
            charged_through=self.charged_through,
            free=self.free,
            free_day=self.free_day,
            equipment=self.equipment,
            consumed=self.consumed,
        )


@dataclass(frozen=True, slots=True)
class Timed:
    """A purchase and the time it counts at."""

    at: datetime
    purchase: Purchase


def in_order(purchases: Iterable[Purchase]) -> tuple[Timed, ...]:
    """The purchases of one account and service in the order they count, each once, with times.

    The times never fall from one to the next.
    """
    unique = {purchase.position: purchase for purchase in purchases}
    by_meter = sorted(unique.values(), key=lambda p: (p.meter, p.generation, p.count, p.position))
    meters = [_timed(list(group)) for _, group in groupby(by_meter, key=lambda p: p.meter)]
    # A merge, not a sort: between equal times the order within a meter must survive.
    merged = heapq.merge(*meters, key=lambda timed: (timed.at, timed.purchase.position))
    return tuple(merged)


def _timed(purchases: list[Purchase]) -> list[Timed]:
    timed: list[Timed] = []
    for purchase in purchases:
        at = max(timed[-1].at, purchase.clamped) if timed else purchase.clamped
        timed.append(Timed(at, purchase))
    return timed
