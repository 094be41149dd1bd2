"""In which order, and at which time, purchases count.

Volume is a fact; when it was bought is evidence.  A purchase's time is the node's stamp clamped
into the bracket that headquarters' own clock gives it, and never before the purchase of the same
meter that precedes it.  Within a meter the card's pair (generation, count) gives the order;
purchases of several meters merge by that time, and where it is equal by position in the journal.
The result depends on the set of purchases alone: not on when, how often or in which pieces they
arrived.

Source: published practice of re-pricing card sales ("sort by the purchase count of the slot, then
trusted time, then node and sequence"); docs/re-rating.md works the examples.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from yika_common.numbers import Money, Quantity


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a purchase stands: two of one (node, epoch, seq) differ in the record's hash."""

    node: str
    epoch: int
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class TariffUsed:
    """The tariff version a purchase names; ``digest`` is its first 8 bytes, as 16 hex digits."""

    id: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One meter's purchase, as its node wrote it down.

    ``delivered`` is False for a superseded one: its credit never reached a meter and never will.
    ``heating_year`` is the year whose basic fee it charged, None where it charged none.

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
    persons: int | None = None
    area_m2: Quantity | None = None
    heating_year: int | None = None
    months_due: int = 0
    delivered: bool = True

    def __post_init__(self) -> None:
        if any(t.tzinfo is None for t in (self.stamped_at, self.not_before, self.not_after)):
            raise ValueError("a naive time names no moment")
        if self.not_after < self.not_before:
            raise ValueError(f"the bracket of {self.position} ends before it begins")

    @property
    def clamped(self) -> datetime:
        """The node's stamp, moved to the nearer edge if it lies outside the bracket."""
        return max(self.not_before, min(self.stamped_at, self.not_after))


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
