"""The statements behind a workbook: rows in order, and the same figures added up.

A sale counts at its node's stamp, clamped into its bracket: a clock that is years ahead puts no
sale outside every report.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, false, func, select
from sqlmodel import Session

from yika_central.db.rerating_store import PLACE
from yika_central.db.tables import (
    Account,
    Branch,
    LateSale,
    Node,
    Posting,
    Rating,
    RatingShare,
    Sale,
    SaleLine,
    Segment,
    TariffVersion,
    table_of,
)
from yika_central.domain.ratings import Cause

Query = Select[*tuple[Any, ...]]

STREAMED = 1000
"""Rows that are in memory at once."""

_SALE, _ACCOUNT, _RATING = table_of(Sale), table_of(Account), table_of(Rating)

counted_at: ColumnElement[int] = case(
    (_SALE.c.stamped_at < _SALE.c.not_before, _SALE.c.not_before),
    (_SALE.c.stamped_at > _SALE.c.not_after, _SALE.c.not_after),
    else_=_SALE.c.stamped_at,
)

_area: ColumnElement[str] = func.coalesce(_ACCOUNT.c.area, "")


@dataclass(frozen=True, slots=True)
class Window:
    """Sales from ``start`` to before ``end`` (seconds), perhaps of one node or area."""

    start: int
    end: int
    node: str = ""
    area: str = ""

    @property
    def condition(self) -> ColumnElement[bool]:
        """What a sale in the window fulfils; its account must be joined."""
        conditions: list[ColumnElement[bool]] = [
            # Says the same of the clamped time in words that an index understands.
            _SALE.c.not_after >= self.start,
            _SALE.c.not_before < self.end,
            counted_at >= self.start,
            counted_at < self.end,
            _SALE.c.booked == 1,
        ]
        if self.node:
            conditions.append(_SALE.c.node == self.node)
        if self.area:
            conditions.append(_area == self.area)
        return and_(*conditions)


def hold_still(session: Session) -> None:
    """Let the session see one state of the database, however many statements it takes.

    SQLite does so by itself; PostgreSQL must be told before the first statement.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def sales(session: Session, window: Window) -> Iterator[RowMapping]:
    """The window's sales with account, rating and causes (``cause_…``), by time and place."""
    shares = _shares_by_cause(window)
    names = {f"cause_{cause}": column for cause, column in _causes(shares)}
    query = (
        _joined(
            select(
                _SALE,
                counted_at.label("at"),
                _area.label("area"),
                *rated(),
                table_of(LateSale).c.month.label("late_month"),
                *(column.label(name) for name, column in names.items()),
            )
        )
        .join(table_of(LateSale), _same_place(table_of(LateSale).c), isouter=True)
        .join(shares, _same_place(shares.c), isouter=True)
        .where(window.condition)
        .order_by(counted_at, *_places())
    )
    yield from _streamed(session, query)


def rated() -> list[ColumnElement[Any]]:
    """What is right of a sale: what its rating says; a sale without one is right as it stands."""
    said = _RATING.c.node.is_not(None)
    return [
        func.coalesce(_RATING.c.amount, _SALE.c.amount).label("right_amount"),
        func.coalesce(_RATING.c.difference, 0).label("difference"),
        func.coalesce(_RATING.c.counted_at, _SALE.c.stamped_at).label("counted_at"),
        *(
            case((said, _RATING.c[name]), else_=_SALE.c[name]).label(f"right_{name}")
            for name in ("tariff_id", "tariff_version", "tariff_hash", "used_before", "period")
        ),
        func.coalesce(_RATING.c.straddles, false()).label("straddles"),
        func.coalesce(_RATING.c.problem, "").label("problem"),
    ]


def lines(session: Session, window: Window) -> Iterator[RowMapping]:
    """The price lines of the window's sales, in the same order."""
    line = table_of(SaleLine)
    query = (
        select(line, _SALE.c.hash, _SALE.c.service, counted_at.label("at"))
        .join_from(_SALE, line, _same_place(line.c))
        .join(_ACCOUNT, _ACCOUNT.c.account == _SALE.c.account, isouter=True)
        .where(window.condition)
        .order_by(counted_at, *_places(), line.c.line)
    )
    yield from _streamed(session, query)


def totals(session: Session, window: Window) -> RowMapping:
    """Rows, charged, right and difference of the window's sales."""
    query = _joined(
        select(
            func.count().label("sales"),
            _sum(_SALE.c.amount).label("amount"),
            _sum(func.coalesce(_RATING.c.amount, _SALE.c.amount)).label("right_amount"),
            _sum(_RATING.c.difference).label("difference"),
        )
    ).where(window.condition)
    return session.execute(query).mappings().one()


def differing(session: Session, window: Window) -> int:
    """How many of the window's sales should have been charged another amount."""
    query = _joined(select(func.count())).where(window.condition, _RATING.c.difference != 0)
    return int(session.execute(query).scalar_one())


def posted(session: Session, window: Window) -> int:
    """The sum of all postings for the window's sales, whenever they were made."""
    posting = table_of(Posting)
    query = (
        select(_sum(posting.c.amount))
        .select_from(_SALE)
        .join(posting, _same_place(posting.c))
        .join(_ACCOUNT, _ACCOUNT.c.account == _SALE.c.account, isouter=True)
        .where(window.condition)
    )
    return int(session.execute(query).scalar_one())


def line_totals(session: Session, window: Window) -> tuple[int, int]:
    """How many price lines the window's sales have, and their sum."""
    line = table_of(SaleLine)
    query = (
        select(func.count(), _sum(line.c.amount))
        .select_from(_SALE)
        .join(line, _same_place(line.c))
        .join(_ACCOUNT, _ACCOUNT.c.account == _SALE.c.account, isouter=True)
        .where(window.condition)
    )
    row = session.execute(query).one()
    return int(row[0]), int(row[1])


def quantities(session: Session, window: Window) -> dict[str, int]:
    """The quantity sold, by service."""
    query = _joined(select(_SALE.c.service, _sum(_SALE.c.quantity).label("sold"))).where(
        window.condition
    )
    rows = session.execute(query.group_by(_SALE.c.service)).all()
    return {row.service: int(row.sold) for row in rows}


def groups(session: Session, window: Window) -> list[RowMapping]:
    """Every combination of node, area, service and operator there is."""
    columns = (_SALE.c.node, _area.label("area"), _SALE.c.service, _SALE.c.operator)
    query = _joined(select(*columns)).where(window.condition).distinct()
    return list(session.execute(query).mappings())


def node_names(session: Session) -> dict[str, str]:
    """What the nodes are called."""
    node = table_of(Node)
    return {row.node: row.name for row in session.execute(select(node.c.node, node.c.name))}


def journals(session: Session, window: Window) -> list[RowMapping]:
    """Every journal with its sales in the window and its segments."""
    branch, node, segment = table_of(Branch), table_of(Node), table_of(Segment)
    counted = (
        _joined(select(_SALE.c.node, _SALE.c.epoch, _SALE.c.branch, func.count().label("sales")))
        .where(window.condition)
        .group_by(_SALE.c.node, _SALE.c.epoch, _SALE.c.branch)
        .subquery()
    )
    taken = (
        select(func.count())
        .where(segment.c.node == branch.c.node, segment.c.epoch == branch.c.epoch)
        .scalar_subquery()
    )
    same = (counted.c[name] == branch.c[name] for name in ("node", "epoch", "branch"))
    query = (
        select(
            branch,
            node.c.name,
            node.c.last_contact,
            func.coalesce(counted.c.sales, 0).label("sales"),
            taken.label("segments"),
        )
        .join_from(branch, node, node.c.node == branch.c.node)
        .join(counted, and_(*same), isouter=True)
        .order_by(branch.c.node, branch.c.epoch, branch.c.branch)
    )
    if window.node:
        query = query.where(branch.c.node == window.node)
    return list(session.execute(query).mappings())


def parked(session: Session) -> dict[tuple[str, int], tuple[tuple[int, int], ...]]:
    """The first and last records of the segments that wait, by journal."""
    segment = table_of(Segment)
    found: dict[tuple[str, int], tuple[tuple[int, int], ...]] = {}
    query = select(segment.c.node, segment.c.epoch, segment.c.first, segment.c.last)
    for row in session.execute(query.where(segment.c.state == "PARKED")).all():
        key = (row.node, row.epoch)
        found[key] = (*found.get(key, ()), (row.first, row.last))
    return found


def tariffs_used(session: Session, window: Window) -> list[RowMapping]:
    """The tariff versions that the window's sales name, with their sales and money."""
    names = (_SALE.c.tariff_id, _SALE.c.tariff_version, _SALE.c.tariff_hash)
    query = (
        _joined(select(*names, func.count().label("sales"), _sum(_SALE.c.amount).label("amount")))
        .where(window.condition)
        .group_by(*names)
        .order_by(*names)
    )
    return list(session.execute(query).mappings())


def tariffs_published(session: Session) -> Mapping[tuple[str, int, str], RowMapping]:
    """Every published version, by id, version and the digest's first 8 bytes in hex."""
    table = table_of(TariffVersion)
    columns = ("tariff_id", "version", "digest", "effective_from", "officers")
    rows = session.execute(select(*(table.c[name] for name in columns))).mappings()
    return {
        (row["tariff_id"], row["version"], bytes(row["digest"])[:8].hex()): row for row in rows
    }


def _joined(query: Query) -> Query:
    return (
        query.select_from(_SALE)
        .join(_ACCOUNT, _ACCOUNT.c.account == _SALE.c.account, isouter=True)
        .join(_RATING, _same_place(_RATING.c), isouter=True)
    )


def _same_place(columns: Any) -> ColumnElement[bool]:
    return and_(*(columns[name] == _SALE.c[name] for name in PLACE))


def _places() -> list[ColumnElement[Any]]:
    return [_SALE.c[name] for name in PLACE]


def _sum(column: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(column), 0)


def _shares_by_cause(window: Window) -> Any:
    """One row for each sale with causes: its share by each cause, in columns."""
    share = table_of(RatingShare)
    places = [share.c[name] for name in PLACE]
    columns = [
        func.sum(case((share.c.cause == cause.value, share.c.amount), else_=None)).label(
            cause.value
        )
        for cause in Cause
    ]
    query = select(*places, *columns).group_by(*places)
    if window.node:
        query = query.where(share.c.node == window.node)
    return query.subquery()


def _causes(shares: Any) -> list[tuple[str, ColumnElement[int]]]:
    return [(cause.value, shares.c[cause.value]) for cause in Cause]


def _streamed(session: Session, query: Query) -> Iterator[RowMapping]:
    result = session.execute(query, execution_options={"yield_per": STREAMED})
    yield from result.mappings()
