"""One way to the database, whether SQLite or PostgreSQL.

Reading is a SQLModel session over one snapshot.  Writing is one transaction on a plain connection,
for statements over many rows.  SQLite takes its write lock when the transaction begins, so two
writers queue instead of failing; PostgreSQL locks the rows that :func:`lock_node` names.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool
from sqlmodel import Session

from yika_central.db.base import Row, table_of
from yika_central.db.office_tables import Node
from yika_central.errors import DatabaseAway, UnknownNode
from yika_common.infra.engine import named_engine_failures
from yika_common.infra.sqlite import open_for_money

Insert = postgresql.Insert | sqlite.Insert

_POSTGRESQL = ("postgresql://", "postgres://")

_OFFICE = 0x59494B41
"""The number under which PostgreSQL keeps the office's lock; SQLite has one writer anyway."""


class Database:
    """Headquarters' database; every thread opens its own reading or writing."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: commits at the end, and leaves nothing when anything is raised.

        Raises:
            DiskFull, DatabaseBusy, DatabaseDamaged, DatabaseAway: nothing was written.
        """
        with (
            _failures(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and changes nothing.

        Raises:
            DatabaseAway, DatabaseBusy, DatabaseDamaged: nothing was read.
        """
        with _failures(), Session(self.engine) as session:
            yield session

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


@contextmanager
def _failures() -> Iterator[None]:
    try:
        with named_engine_failures():
            yield
    except OperationalError as failure:
        raise DatabaseAway from failure


def open_database(url: str, folder: Path) -> Database:
    """The database a configuration names; the empty ``url`` is the folder's ``central.db``."""
    if url.startswith(_POSTGRESQL):
        return Database(
            create_engine(
                f"postgresql+psycopg://{url.split('://', 1)[1]}",
                pool_pre_ping=True,
                isolation_level="READ COMMITTED",
            )
        )
    path = Path(url.removeprefix("sqlite:///")) if url else folder / "central.db"
    # The dialect's own choice for a URL without a file closes other threads' connections.
    engine = create_engine("sqlite://", creator=lambda: open_for_money(path), poolclass=QueuePool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return Database(engine)


def lock_node(connection: Connection, node: str) -> RowMapping:
    """Hold the node's row until the transaction ends, so that its journal has one writer.

    Raises:
        UnknownNode: there is no such node.
    """
    table = table_of(Node)
    row = connection.execute(select(table).where(table.c.node == node).with_for_update()).first()
    if row is None:
        raise UnknownNode(node=node)
    return row._mapping


def hold_office(connection: Connection) -> None:
    """Let nobody else publish, stock, invite or enrol until the transaction ends.

    Such acts read what another one writes: numbers given, versions, a node's areas.  Whoever also
    locks nodes does so afterwards, in the order of their names; journals are taken in meanwhile.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_OFFICE)))


def lock_nodes(connection: Connection) -> None:
    """Hold every node's row until the transaction ends: no journal is taken in meanwhile."""
    table = table_of(Node)
    connection.execute(select(table.c.node).order_by(table.c.node).with_for_update()).all()


def add(connection: Connection, row: type[Row], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows with one statement; a key that is taken is an error."""
    if rows:
        connection.execute(table_of(row).insert(), list(rows))


def add_new(connection: Connection, row: type[Row], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose key is not taken, and leave the others as they are."""
    if rows:
        statement = insert_or(connection, row).on_conflict_do_nothing()
        connection.execute(statement, list(rows))


def put(
    connection: Connection,
    row: type[Row],
    rows: Sequence[Mapping[str, Any]],
    changing: Iterable[str],
) -> None:
    """Insert the rows, or change the named columns where the key is taken."""
    if rows:
        statement = insert_or(connection, row)
        keys = [column.name for column in table_of(row).primary_key]
        changed = {name: statement.excluded[name] for name in changing}
        connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows)
        )


def insert_or(connection: Connection, row: type[Row]) -> Insert:
    """An insert that can say what happens when the key is taken; both dialects say it alike."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table_of(row))
    return sqlite.insert(table_of(row))
