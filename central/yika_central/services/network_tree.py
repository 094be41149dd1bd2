"""The network's tree as pages show it: what went into each branch, and what came of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping

from yika_central.db import network_store as store
from yika_common.clock import from_timestamp
from yika_common.numbers import Quantity

READINGS_SHOWN: Final = 13
_WHOLE, _STEP = 1_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Interval:
    """What went into a branch between two readings, and what came of it, in 1/1000 units.

    ``used`` is what ``read`` of the ``meters`` reported to have delivered; None: nobody asked.
    """

    start: datetime
    end: datetime
    supplied: Quantity
    sold: Quantity
    used: Quantity | None = None
    read: int = 0
    meters: int = 0

    @property
    def unsold(self) -> Quantity:
        """What went in and was not sold; below zero where more was sold than went in."""
        return Quantity(self.supplied - self.sold)

    @property
    def unsold_share(self) -> int | None:
        """That as millionths of what went in, to the nearest 1000; None: nothing did."""
        return _share(self.unsold, self.supplied)

    @property
    def unmetered(self) -> Quantity | None:
        """What went in and no meter reported; None where not every meter was read."""
        if self.used is None or self.read < self.meters:
            return None
        return Quantity(self.supplied - self.used)


@dataclass(frozen=True, slots=True)
class BranchView:
    """A branch in its tree: ``depth`` 0 is fed by nothing measured.

    ``meters`` hang on it itself; ``interval`` is that of its two newest readings.
    """

    code: str
    service: str
    name: str
    parent: str
    depth: int
    meters: int
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class ReadingView:
    """A reading that holds, and what came of the time from the one before it to it."""

    number: int
    day: datetime
    reading: Quantity
    begins: Quantity | None
    by: str
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class BranchStatement:
    """A branch, what feeds it and what it feeds, its readings (newest first), its meters."""

    view: BranchView
    feeds: tuple[BranchView, ...]
    readings: tuple[ReadingView, ...]
    meters: tuple[str, ...]


class Tree:
    """The branches as they feed each other."""

    def __init__(self, rows: Sequence[RowMapping]) -> None:
        self.rows = {row["branch"]: row for row in rows}
        self.below: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            self.below[row["parent"]].append(row["branch"])

    def walk(self, top: str = "", depth: int = 0) -> Iterator[tuple[str, int]]:
        """What a branch feeds, each before what it feeds itself; with its depth."""
        for code in self.below.get(top, ()):
            yield code, depth
            yield from self.walk(code, depth + 1)

    def depth(self, code: str) -> int:
        """How many branches feed it, one behind the other."""
        found = 0
        while code := self.rows[code]["parent"]:
            found += 1
        return found

    def whole(self, code: str) -> list[str]:
        """A branch and all below it."""
        return [code, *(below for below, _ in self.walk(code))]


def branch_views(connection: Connection, tree: Tree, codes: Sequence[str]) -> Iterator[BranchView]:
    """These branches, in this order."""
    meters = store.hanging(connection, codes)
    pairs: dict[str, list[RowMapping]] = defaultdict(list)
    for row in store.newest_readings(connection, codes):
        pairs[row["branch"]].append(row)
    # District meters of one walk are read on one day: few intervals, each asked for once.
    sold: dict[tuple[int, int], dict[str, int]] = {}
    for code in codes:
        interval = None
        if len(pairs[code]) > 1:
            last, first = pairs[code]
            when = first["read_at"], last["read_at"]
            if when not in sold:
                sold[when] = store.sold(connection, *when)
            amount = sum(sold[when].get(one, 0) for one in tree.whole(code))
            interval = _interval(first, last, amount)
        row = tree.rows[code]
        names = (row["branch"], row["service"], row["name"], row["parent"])
        yield BranchView(*names, tree.depth(code), meters.get(code, 0), interval)


def reading_views(
    connection: Connection, tree: Tree, code: str, rows: Sequence[RowMapping]
) -> Iterator[ReadingView]:
    """A branch's readings from their rows, newest first; at most :data:`READINGS_SHOWN`."""
    whole = tree.whole(code)
    bounds = [row["read_at"] for row in reversed(rows)]
    sold, used = [], []
    if len(bounds) > 1:
        sold = store.sold_between(connection, bounds, whole)[::-1]
        used = store.used_between(connection, bounds, whole)[::-1]
    for place, row in enumerate(rows[:READINGS_SHOWN]):
        interval = None
        if place + 1 < len(rows):
            interval = _interval(rows[place + 1], row, sold[place], used[place])
        begins = None if row["begins"] is None else Quantity(row["begins"])
        yield ReadingView(
            row["number"],
            from_timestamp(row["read_at"]),
            Quantity(row["reading"]),
            begins,
            row["entered_by"],
            interval,
        )


def _interval(
    first: Mapping[Any, Any],
    last: Mapping[Any, Any],
    sold: int,
    used: store.Used | None = None,
) -> Interval:
    told = used or store.Used(0, 0, 0)
    return Interval(
        start=from_timestamp(first["read_at"]),
        end=from_timestamp(last["read_at"]),
        supplied=Quantity(last["reading"] - goes_on(first)),
        sold=Quantity(sold),
        used=None if used is None else Quantity(told.amount),
        read=told.read,
        meters=told.meters,
    )


def goes_on(reading: Mapping[Any, Any]) -> int:
    """The figure from which the meter, or the one that took its place, went on counting."""
    return int(reading["reading"] if reading["begins"] is None else reading["begins"])


def _share(part: int, whole: int) -> int | None:
    if not whole:
        return None
    steps = (2 * abs(part) * _WHOLE // _STEP + whole) // (2 * whole) * _STEP
    return steps if part >= 0 else -steps
