"""The statements behind the pages: one page of rows at a time, found by key, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, func, or_, select, tuple_
from sqlmodel import Session

from yika_central.db.base import one_of
from yika_central.db.refund_store import REFUND
from yika_central.db.report_store import Query, rated
from yika_central.db.rerating_store import PLACE
from yika_central.db.tables import (
    Account,
    Posting,
    Quarantine,
    Rating,
    RatingShare,
    Record,
    RerateQueue,
    Row,
    Sale,
    SaleLine,
    Segment,
    Suspense,
    table_of,
)

_SALE, _ACCOUNT, _RATING = table_of(Sale), table_of(Account), table_of(Rating)

Key = tuple[int, str, int, int, int]
"""Where a row stands in a list: its time, then its place."""

Place = tuple[str, int, int, int]
"""Node, epoch, branch and seq of a sale."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which sales a list shows; empty fields choose nothing.  Times are seconds."""

    node: str = ""
    area: str = ""
    service: str = ""
    operator: str = ""
    account: str = ""
    outcome: str = ""
    start: int | None = None
    end: int | None = None
    differing: bool = False


def sales(
    session: Session, criteria: Criteria, *, before: Key | None, after: Key | None, most: int
) -> list[RowMapping]:
    """At most ``most`` sales before (older than) or after (newer than) a key, newest first."""
    keys = [_SALE.c.stamped_at, *(_SALE.c[name] for name in PLACE)]
    query = _with_rating().where(*_conditions(criteria))
    return _page(session, query, keys, before=before, after=after, most=most)


def sale(session: Session, place: Place) -> RowMapping | None:
    """One sale with its account's area and its rating."""
    query = _with_rating().where(*(_SALE.c[n] == v for n, v in zip(PLACE, place, strict=True)))
    return session.execute(query).mappings().first()


def of_sale(session: Session, row: type[Row], place: Place, *order: str) -> list[RowMapping]:
    """The rows of another table about one sale: lines, shares, postings, suspense."""
    table = table_of(row)
    query = select(table).where(*(table.c[n] == v for n, v in zip(PLACE, place, strict=True)))
    return list(session.execute(query.order_by(*(table.c[name] for name in order))).mappings())


def lines(session: Session, place: Place) -> list[RowMapping]:
    """The price lines of a sale."""
    return of_sale(session, SaleLine, place, "line")


def shares(session: Session, place: Place) -> list[RowMapping]:
    """The causes of a sale's difference."""
    return of_sale(session, RatingShare, place, "cause")


def postings(session: Session, place: Place) -> list[RowMapping]:
    """What was posted for a sale."""
    return of_sale(session, Posting, place, "number")


def doubts(session: Session, place: Place) -> list[RowMapping]:
    """Why a sale is in suspense."""
    return of_sale(session, Suspense, place, "reason")


def segment_of(session: Session, place: Place) -> RowMapping | None:
    """The segment that brought a sale's record."""
    record, segment = table_of(Record), table_of(Segment)
    query = (
        select(segment.c.first, segment.c.last, segment.c.sha256, segment.c.received_at)
        .join_from(
            record,
            segment,
            and_(segment.c.node == record.c.node, segment.c.sha256 == record.c.segment),
        )
        .where(*(record.c[n] == v for n, v in zip(PLACE, place, strict=True)))
    )
    return session.execute(query).mappings().first()


def shares_of_page(session: Session, places: Sequence[Place]) -> list[RowMapping]:
    """The causes of several sales' differences."""
    if not places:
        return []
    table = table_of(RatingShare)
    here = one_of([table.c[name] for name in PLACE], places)
    return list(session.execute(select(table).where(here)).mappings())


def suspense(
    session: Session, *, before: Key | None, after: Key | None, most: int
) -> list[RowMapping]:
    """A page of what waits for a person, newest first."""
    table = table_of(Suspense)
    keys = [table.c.opened_at, *(table.c[name] for name in PLACE)]
    query = select(table).where(table.c.state == "OPEN")
    return _page(session, query, keys, before=before, after=after, most=most)


def differences_by_cause(session: Session) -> dict[str, tuple[int, int]]:
    """For each cause: how many sales, and the sum of its shares."""
    table = table_of(RatingShare)
    query = select(table.c.cause, func.count(), func.sum(table.c.amount)).group_by(table.c.cause)
    return {cause: (count, int(added)) for cause, count, added in session.execute(query).all()}


def sold_since(session: Session, since: int) -> dict[str, int]:
    """Sales, their money and the postings since a time."""
    posting = table_of(Posting)
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(_SALE.c.amount), 0)).where(
            _SALE.c.stamped_at >= since, _SALE.c.booked == 1
        )
    ).one()
    posted = select(func.coalesce(func.sum(posting.c.amount), 0))
    return {
        "sales": int(row[0]),
        "amount": int(row[1]),
        "posted": _number(session, posted.where(posting.c.posted_at >= since)),
    }


def waiting(session: Session) -> dict[str, int]:
    """How much waits: for a person, for a price, and what was refused and kept."""
    doubts = table_of(Suspense)
    return {
        "suspense": _number(session, select(func.count()).where(doubts.c.state == "OPEN")),
        "queue": _number(session, select(func.count()).select_from(table_of(RerateQueue))),
        "quarantine": _number(session, select(func.count()).select_from(table_of(Quarantine))),
    }


def operators(session: Session) -> list[str]:
    """Every operator's name that a sale carries."""
    query = select(_SALE.c.operator).distinct().order_by(_SALE.c.operator)
    return list(session.execute(query).scalars())


def _with_rating() -> Query:
    same = and_(*(_RATING.c[name] == _SALE.c[name] for name in PLACE))
    return (
        select(
            _SALE,
            func.coalesce(_ACCOUNT.c.area, "").label("area"),
            *rated(),
        )
        .join(_ACCOUNT, _ACCOUNT.c.account == _SALE.c.account, isouter=True)
        .join(_RATING, same, isouter=True)
    )


def _conditions(criteria: Criteria) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        _SALE.c[name] == value
        for name in ("node", "service", "operator", "account")
        if (value := getattr(criteria, name))
    ]
    if criteria.outcome:
        found.append(_ended(criteria.outcome))
    if criteria.area:
        found.append(_ACCOUNT.c.area == criteria.area)
    if criteria.start is not None:
        found.append(_SALE.c.stamped_at >= criteria.start)
    if criteria.end is not None:
        found.append(_SALE.c.stamped_at < criteria.end)
    if criteria.differing:
        found.append(or_(_RATING.c.difference != 0, _marked()))
    return found


def _ended(outcome: str) -> ColumnElement[bool]:
    """Sales that ended so, in the terms of reports: refunds and what they gave back apart."""
    if outcome == "REFUND":
        return _SALE.c.act == REFUND
    if outcome == "REFUNDED":
        return _SALE.c.refunded != 0
    return and_(_SALE.c.outcome == outcome, _SALE.c.act != REFUND, _SALE.c.refunded == 0)


def _marked() -> ColumnElement[bool]:
    return or_(_RATING.c.straddles, _RATING.c.problem != "")


def _page(
    session: Session,
    query: Query,
    keys: Sequence[ColumnElement[Any]],
    *,
    before: Key | None,
    after: Key | None,
    most: int,
) -> list[RowMapping]:
    if after is not None:
        newer = query.where(tuple_(*keys) > after).order_by(*keys).limit(most)
        return list(reversed(list(session.execute(newer).mappings())))
    if before is not None:
        query = query.where(tuple_(*keys) < before)
    ordered = query.order_by(*(key.desc() for key in keys)).limit(most)
    return list(session.execute(ordered).mappings())


def _number(session: Session, query: Query) -> int:
    return int(session.execute(query).scalar_one())
