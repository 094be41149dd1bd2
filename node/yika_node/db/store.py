"""Opening a node's database: tables brought up to date, one writer, one pool of readers.

SQLAlchemy takes longer to load than the first page takes without it, so it is loaded when tables
are first asked for, or have to be migrated.  What must hold before anything is served, the
settings of the file and the state of its tables, is looked at with SQLite alone.
"""

import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yika_common.infra.late import LateModule
from yika_common.infra.revisions import behind
from yika_common.infra.sqlite import open_for_money
from yika_common.infra.sqlite_errors import named_failures

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from yika_common.infra import engine, migrations
else:
    engine = LateModule("yika_common.infra.engine")
    migrations = LateModule("yika_common.infra.migrations")

FILE_NAME: Final = "node.db"
MIGRATIONS: Final = "yika_node.db.migrations"

CACHE_KIB: Final = 400
"""What each connection keeps in memory: a counter's pages lie together, and memory is short."""


class Store:
    """The file and the engine that reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine: Engine | None = None
        self._making = threading.Lock()

    @property
    def engine(self) -> "Engine":
        """SQLAlchemy's readers, made when first asked for, in whatever thread."""
        with self._making:
            if self._engine is None:
                self._engine = engine.sqlalchemy_engine(self.path, cache_kib=CACHE_KIB)
            return self._engine

    def close(self) -> None:
        """Close every reader's connection."""
        with self._making:
            if self._engine is not None:
                self._engine.dispose()


def needs_update(folder: Path) -> bool:
    """Whether the data folder's tables are an earlier program's; a new folder has none yet."""
    path = folder / FILE_NAME
    revision = _revision(path) if path.exists() else None
    return revision is not None and bool(behind(revision, MIGRATIONS))


def open_store(folder: Path) -> Store:
    """The database of a data folder, created or migrated as needed.

    Raises:
        NotDurable, StrangersFile, TablesTooNew, DatabaseUnreachable, DatabaseDamaged: see there.
    """
    path = folder / FILE_NAME
    if behind(_revision(path), MIGRATIONS):
        migrating = engine.sqlalchemy_engine(path, pooled=False)
        try:
            migrations.upgrade(migrating, MIGRATIONS)
        finally:
            migrating.dispose()
    return Store(path)


def _revision(path: Path) -> str | None:
    """The migration the file stands at; None for a new file."""
    with closing(open_for_money(path)) as connection, named_failures(path):
        named = "SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'"
        if connection.execute(named).fetchone() is None:
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if row is None else str(row[0])
