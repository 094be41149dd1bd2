"""The review: what two deliveries taken at the same moment could not see of each other.

On PostgreSQL the journals of two nodes are taken in side by side.  A sale and the account it is on
may then pass each other, and so may two sales with one purchase count.  The review looks again at
what has arrived lately; it ends in the state that one delivery after the other would have left.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, String, and_, cast, delete, exists, or_, select

from yika_central.db.database import Database, add_new
from yika_central.db.projections import suspense_row
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
    recent, other = table_of(Sale).alias("recent"), table_of(Sale).alias("other")
    same_count = and_(
        *(recent.c[name] == other.c[name] for name in ("meter", "generation", "count"))
    )
    another = or_(*(recent.c[name] != other.c[name] for name in _PLACE))
    subject = (
        other.c.meter + "/" + cast(other.c.generation, String) + "/" + cast(other.c.count, String)
    )
    # Each of the two sees the other, whichever of them is recent.
    for side in (recent, other):
        rows = connection.execute(
            select(*(side.c[name] for name in _PLACE), side.c.amount, subject.label("subject"))
            .distinct()
            .select_from(recent.join(other, and_(same_count, another)))
            .where(recent.c.not_after >= since)
        ).mappings()
        doubts = [
            suspense_row(
                dict(row), "count_taken", subject=row["subject"], amount=row["amount"], at=at
            )
            for row in rows
        ]
        add_new(connection, Suspense, doubts)


_PLACE = ("node", "epoch", "branch", "seq")
