"""The review: what two deliveries taken at the same moment could not see of each other.

On PostgreSQL the journals of two nodes are taken in side by side.  A sale and the account it is on
may then pass each other, and so may two sales with one purchase count.  The review looks again at
what has arrived lately; it ends in the state that one delivery after the other would have left.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, exists, or_, select

from yika_central.db.base import one_of
from yika_central.db.database import Database, add_new
from yika_central.db.projections import suspense_row
from yika_central.db.suspense import BATCH
from yika_central.db.tables import Account, Card, Meter, Row, Sale, Suspense, table_of
from yika_common.clock import to_timestamp

LOOK_BACK = timedelta(hours=1)
"""Longer than any delivery takes; nothing older can have been missed."""

_KNOWN: tuple[tuple[str, type[Row], str], ...] = (
    ("unknown_account", Account, "account"),
    ("unknown_meter", Meter, "meter"),
    ("unknown_card", Card, "number"),
)


def review(database: Database, at: datetime) -> None:
    """Settle doubts whose answer is here, and show counts taken twice among recent sales."""
    with database.writing() as connection:
        for reason, row, column in _KNOWN:
            _settle(connection, reason, row, column)
        _show_counts(connection, to_timestamp(at - LOOK_BACK), to_timestamp(at))


def _settle(connection: Connection, reason: str, row: type[Row], column: str) -> None:
    suspense, known = table_of(Suspense), table_of(row)
    here = exists().where(known.c[column] == suspense.c.subject)
    connection.execute(delete(suspense).where(suspense.c.reason == reason, here))


def _show_counts(connection: Connection, since: int, at: int) -> None:
    sale = table_of(Sale)
    counts = _counts_taken_lately(connection, since)
    for start in range(0, len(counts), BATCH):
        rows = connection.execute(
            select(sale).where(
                one_of([sale.c[name] for name in _COUNT], counts[start : start + BATCH])
            )
        ).mappings()
        doubts = [
            suspense_row(
                dict(row),
                "count_taken",
                subject="/".join(str(row[name]) for name in _COUNT),
                amount=row["amount"],
                at=at,
            )
            for row in rows
        ]
        add_new(connection, Suspense, doubts)


def _counts_taken_lately(connection: Connection, since: int) -> list[tuple[str, int, int]]:
    """The purchase counts of recent sales that another sale, recent or not, carries too."""
    recent, other = table_of(Sale).alias("recent"), table_of(Sale).alias("other")
    same_count = and_(*(recent.c[name] == other.c[name] for name in _COUNT))
    another = or_(*(recent.c[name] != other.c[name] for name in _PLACE))
    rows = connection.execute(
        select(*(recent.c[name] for name in _COUNT)).where(
            recent.c.not_after >= since, exists().where(same_count, another)
        )
    ).all()
    return sorted({(row[0], row[1], row[2]) for row in rows})


_PLACE = ("node", "epoch", "branch", "seq")
_COUNT = ("meter", "generation", "count")
