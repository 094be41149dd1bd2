"""SQLAlchemy's way to the file that :mod:`yika_common.infra.sqlite` opens."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from yika_common.infra.sqlite import CACHE_KIB, open_for_money
from yika_common.infra.sqlite_errors import named, named_failures


def sqlalchemy_engine(path: Path, *, pooled: bool = True, cache_kib: int = CACHE_KIB) -> Engine:
    """An engine over :func:`open_for_money`, for SQLModel sessions and migrations.

    A session reads one snapshot: its first statement begins a transaction.  ``pooled=False``
    closes every connection after use, so that the file can be moved or removed.  Otherwise the
    connection used last is used first: each keeps pages and statements of its own in memory, and
    taking turns would fill them all.
    """
    engine = create_engine(
        "sqlite://",
        creator=lambda: open_for_money(path, cache_kib=cache_kib),
        **({"poolclass": QueuePool, "pool_use_lifo": True} if pooled else {"poolclass": NullPool}),
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The driver is in autocommit mode, so nobody else says it.
        connection.exec_driver_sql("BEGIN")

    return engine


@contextmanager
def named_engine_failures() -> Iterator[None]:
    """:func:`named_failures`, for those that SQLAlchemy has wrapped as well."""
    try:
        with named_failures():
            yield
    except DBAPIError as failure:
        error = named(failure.orig)
        if error is None:
            raise
        raise error from failure
