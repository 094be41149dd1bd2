"""The statements behind the supply network: who hangs where, and what was sold and used there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Subquery, and_, exists, func, select, update

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
_READ = table_of(NetworkReading)


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


def branch_of_meter(connection: Connection, meter: str) -> str:
    """The branch that a meter hangs on now; empty: none."""
    query = select(_HANGS.c.branch).where(_HANGS.c.meter == meter, _HANGS.c.until == FOR_GOOD)
    return connection.execute(query).scalar() or ""


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


def sold(connection: Connection, start: int, end: int, codes: Collection[str]) -> dict[str, int]:
    """What the meters on each of these branches were sold in a time, refunds taken off."""
    sale = table_of(Sale)
    query = (
        select(_HANGS.c.branch, func.sum(sale.c.quantity).label("sold"))
        .join_from(sale, _HANGS, _HANGS.c.meter == sale.c.meter)
        .where(
            Window(start, end).condition,
            counted_at >= _HANGS.c.since,
            counted_at < _HANGS.c.until,
            _HANGS.c.branch.in_(sorted(codes)),
        )
        .group_by(_HANGS.c.branch)
    )
    return {row.branch: int(row.sold) for row in connection.execute(query)}


def used(
    connection: Connection, start: int, end: int, codes: Collection[str]
) -> tuple[int, int, int]:
    """(meters that hang on these branches at the end, those read before both ends, their use).

    A meter's use is the difference of the newest figures that were read of it before each end.
    """
    chosen = sorted(codes)
    here = (
        select(_HANGS.c.meter)
        .where(_HANGS.c.branch.in_(chosen), _HANGS.c.since < end, _HANGS.c.until >= end)
        .subquery()
    )
    first, last = _figures(here, start), _figures(here, end)
    row = connection.execute(
        select(
            func.count().label("meters"),
            func.count(first.c.figure).label("read"),
            func.coalesce(func.sum(func.coalesce(last.c.figure - first.c.figure, 0)), 0).label(
                "used"
            ),
        )
        .select_from(here)
        .outerjoin(first, first.c.meter == here.c.meter)
        .outerjoin(last, last.c.meter == here.c.meter)
    ).one()
    return row.meters, row.read, int(row.used)


def _figures(meters: Subquery, before: int) -> Subquery:
    """The highest genuine figure of each meter's register that was read before a time."""
    reading, doubt = table_of(Reading), table_of(Suspense)
    false = exists().where(
        and_(*(doubt.c[name] == reading.c[name] for name in ("node", "epoch", "branch", "seq"))),
        doubt.c.reason == "false_reading",
    )
    return (
        select(reading.c.meter, func.max(reading.c.lifetime_use).label("figure"))
        .join_from(meters, reading, reading.c.meter == meters.c.meter)
        .where(reading.c.stamped_at < before, ~false)
        .group_by(reading.c.meter)
        .subquery()
    )


def _hung(meter: str, since: int, branch: str, by: str) -> dict[str, Any]:
    return {"meter": meter, "since": since, "until": FOR_GOOD, "branch": branch, "entered_by": by}


def _batches(meters: Sequence[str]) -> Iterable[Sequence[str]]:
    return (meters[start : start + BATCH] for start in range(0, len(meters), BATCH))
