"""The statements behind the supply network: who hangs where, and what was sold and used there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    case,
    exists,
    func,
    select,
    update,
)

from yika_central.db.database import add, add_new
from yika_central.db.network_tables import FOR_GOOD
from yika_central.db.projections import Values
from yika_central.db.report_store import Window, counted_at
from yika_central.db.suspense import BATCH
from yika_central.db.tables import (
    NetworkBranch,
    NetworkMeter,
    NetworkReading,
    Reading,
    Sale,
    Suspense,
    table_of,
)

_BRANCH, _HANGS = table_of(NetworkBranch), table_of(NetworkMeter)
_READ, _SALE = table_of(NetworkReading), table_of(Sale)

_hung_then = (counted_at >= _HANGS.c.since, counted_at < _HANGS.c.until)
"""That a meter hung on a branch when a sale to it counts."""


def branches(connection: Connection, service: str = "") -> Sequence[RowMapping]:
    """The branches of a service, or of all, by code."""
    query = select(_BRANCH).order_by(_BRANCH.c.branch)
    if service:
        query = query.where(_BRANCH.c.service == service)
    return connection.execute(query).mappings().all()


def hanging(connection: Connection, codes: Collection[str]) -> dict[str, int]:
    """How many meters hang on each of these branches now."""
    rows = connection.execute(
        select(_HANGS.c.branch, func.count().label("meters"))
        .where(_HANGS.c.branch.in_(sorted(codes)), _HANGS.c.until == FOR_GOOD)
        .group_by(_HANGS.c.branch)
    ).all()
    return {row.branch: row.meters for row in rows}


def meters_on(connection: Connection, code: str, after: str, limit: int) -> list[str]:
    """The meters that hang on a branch itself now, by number."""
    query = (
        select(_HANGS.c.meter)
        .where(_HANGS.c.branch == code, _HANGS.c.until == FOR_GOOD, _HANGS.c.meter > after)
        .order_by(_HANGS.c.meter)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def readings(connection: Connection, code: str, limit: int) -> Sequence[RowMapping]:
    """The newest readings that hold of a branch, newest first."""
    query = (
        select(_READ)
        .where(_READ.c.branch == code, _READ.c.withdrawn_by == "")
        .order_by(_READ.c.number.desc())
        .limit(limit)
    )
    return connection.execute(query).mappings().all()


def newest_readings(connection: Connection, codes: Collection[str]) -> list[RowMapping]:
    """The two newest readings that hold of each branch, by branch, newest first."""
    numbered = (
        select(
            _READ,
            func.row_number()
            .over(partition_by=_READ.c.branch, order_by=_READ.c.number.desc())
            .label("place"),
        )
        .where(_READ.c.branch.in_(sorted(codes)), _READ.c.withdrawn_by == "")
        .subquery()
    )
    query = select(numbered).where(numbered.c.place <= 2)  # noqa: PLR2004 - the two of an interval
    query = query.order_by(numbered.c.branch, numbered.c.place)
    return list(connection.execute(query).mappings())


def next_reading(connection: Connection, code: str) -> int:
    """The number of the next reading of a branch."""
    newest = connection.execute(
        select(func.max(_READ.c.number)).where(_READ.c.branch == code)
    ).scalar()
    return int(newest or 0) + 1


def withdraw(connection: Connection, code: str, number: int, by: str, reason: str) -> bool:
    """Let a reading count no more; False: it did not."""
    done = connection.execute(
        update(_READ)
        .where(_READ.c.branch == code, _READ.c.number == number, _READ.c.withdrawn_by == "")
        .values(withdrawn_by=by, reason=reason)
    )
    return bool(done.rowcount)


def hang(connection: Connection, meters: Mapping[str, str], at: int, by: str) -> int:
    """Hang meters onto branches from ``at`` on (seconds; empty: onto none); how many changed.

    The first branch that a meter is said to hang on counts as far back as its sales go.
    """
    changed = 0
    for some in _batches(sorted(meters)):
        rows = connection.execute(
            select(_HANGS.c.meter, _HANGS.c.since, _HANGS.c.until, _HANGS.c.branch)
            .where(_HANGS.c.meter.in_(some))
            .order_by(_HANGS.c.meter, _HANGS.c.since)
        ).all()
        newest = {row.meter: row for row in rows}
        now = {row.meter: row.branch for row in newest.values() if row.until == FOR_GOOD}
        moved = [meter for meter in some if now.get(meter, "") != meters[meter]]
        connection.execute(
            update(_HANGS)
            .where(_HANGS.c.meter.in_(moved), _HANGS.c.until == FOR_GOOD)
            .values(until=at)
        )
        begun = {
            meter: max(at, newest[meter].since + 1) if meter in newest else 0 for meter in moved
        }
        add(
            connection,
            NetworkMeter,
            [_hung(meter, begun[meter], meters[meter], by) for meter in moved if meters[meter]],
        )
        changed += len(moved)
    return changed


def follow_swaps(connection: Connection, swaps: Iterable[Values]) -> None:
    """Hang each meter that took another's place where that one hung; not if it hangs already."""
    by_old = {swap["old"]: swap for swap in swaps}
    for some in _batches(sorted(by_old)):
        rows = connection.execute(
            select(_HANGS.c.meter, _HANGS.c.since, _HANGS.c.until, _HANGS.c.branch).where(
                _HANGS.c.meter.in_(some)
            )
        ).all()
        placed = [
            (by_old[row.meter], row.branch)
            for row in rows
            if row.since <= by_old[row.meter]["swapped_at"] < row.until
        ]
        new = {swap["new"] for swap, _ in placed}
        known = set(
            connection.execute(
                select(_HANGS.c.meter).where(_HANGS.c.meter.in_(sorted(new)))
            ).scalars()
        )
        add_new(
            connection,
            NetworkMeter,
            [
                _hung(swap["new"], swap["swapped_at"], branch, swap["operator"])
                for swap, branch in placed
                if swap["new"] not in known
            ],
        )


def sold(connection: Connection, start: int, end: int) -> dict[str, int]:
    """What the meters on each branch itself were sold in a time, refunds taken off."""
    query = (
        select(_HANGS.c.branch, func.sum(_SALE.c.quantity).label("sold"))
        .where(
            Window(start, end).condition,
            # A meter that no index knows: few sales are as new, and a search by meters would look
            # at each that was ever made.
            _HANGS.c.meter == func.coalesce(_SALE.c.meter, ""),
            *_hung_then,
        )
        .group_by(_HANGS.c.branch)
    )
    return {row.branch: int(row.sold) for row in connection.execute(query)}


def sold_between(
    connection: Connection, bounds: Sequence[int], codes: Collection[str]
) -> list[int]:
    """What the meters on these branches together were sold from each of the bounds to the next.

    ``bounds`` rise; there are at least two.
    """
    spans = [
        func.coalesce(
            func.sum(
                case((and_(counted_at >= start, counted_at < end), _SALE.c.quantity), else_=0)
            ),
            0,
        )
        for start, end in pairwise(bounds)
    ]
    query = select(*spans).where(
        Window(bounds[0], bounds[-1]).condition,
        _HANGS.c.meter == _SALE.c.meter,
        *_hung_then,
        _HANGS.c.branch.in_(sorted(codes)),
    )
    return [int(amount) for amount in connection.execute(query).one()]


class Used(NamedTuple):
    """What meters delivered in a time: those there at its end, those read before both ends."""

    meters: int
    read: int
    amount: int


def used_between(
    connection: Connection, bounds: Sequence[int], codes: Collection[str]
) -> list[Used]:
    """What the meters on these branches delivered from each of the bounds to the next.

    A meter's use is the difference of the highest genuine figures that were read of it before each
    end.  Every reading is looked at once.
    """
    reading, doubt = table_of(Reading), table_of(Suspense)
    false = exists().where(
        and_(*(doubt.c[name] == reading.c[name] for name in ("node", "epoch", "branch", "seq"))),
        doubt.c.reason == "false_reading",
    )
    figures = [
        func.max(case((reading.c.stamped_at < bound, reading.c.lifetime_use))).label(f"at_{place}")
        for place, bound in enumerate(bounds)
    ]
    here = (
        select(_HANGS.c.since, _HANGS.c.until, *figures)
        .select_from(_HANGS)
        .outerjoin(reading, and_(reading.c.meter == _HANGS.c.meter, ~false))
        .where(_HANGS.c.branch.in_(sorted(codes)))
        .group_by(_HANGS.c.meter, _HANGS.c.since, _HANGS.c.until)
        .subquery()
    )
    columns: list[ColumnElement[int]] = []
    for place, end in enumerate(bounds[1:]):
        there = and_(here.c.since < end, here.c.until >= end)
        first, last = here.c[f"at_{place}"], here.c[f"at_{place + 1}"]
        columns += [
            func.count(case((there, 1))),
            func.count(case((there, first))),
            func.coalesce(func.sum(case((there, last - first))), 0),
        ]
    found = [int(value) for value in connection.execute(select(*columns)).one()]
    return [Used(*found[start : start + 3]) for start in range(0, len(found), 3)]


def _hung(meter: str, since: int, branch: str, by: str) -> dict[str, Any]:
    return {"meter": meter, "since": since, "until": FOR_GOOD, "branch": branch, "entered_by": by}


def _batches(meters: Sequence[str]) -> Iterable[Sequence[str]]:
    return (meters[start : start + BATCH] for start in range(0, len(meters), BATCH))
