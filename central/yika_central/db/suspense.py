"""Suspense: records that are in the ledger and wait for a person or for what they refer to."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete

from yika_central.db.tables import Suspense, table_of

BATCH = 1000
"""Values in one statement; both databases take more."""


def settle(connection: Connection, reason: str, subjects: Iterable[str]) -> None:
    """What these records referred to has arrived: they need nobody's attention any more.

    The ledger is then as if it had arrived first.
    """
    table = table_of(Suspense)
    known = list(subjects)
    for start in range(0, len(known), BATCH):
        connection.execute(
            delete(table).where(
                table.c.reason == reason, table.c.subject.in_(known[start : start + BATCH])
            )
        )
