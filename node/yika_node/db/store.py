"""Opening a node's database: tables brought up to date, one writer, one pool of readers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from yika_common.infra.migrations import upgrade
from yika_common.infra.sqlite import sqlalchemy_engine

FILE_NAME: Final = "node.db"
MIGRATIONS: Final = "yika_node.db.migrations"

CACHE_KIB: Final = 400
"""What each connection keeps in memory: a counter's pages lie together, and memory is short."""


@dataclass(frozen=True, slots=True)
class Store:
    """The file and the engine that reads it."""

    path: Path
    engine: Engine


def open_store(folder: Path) -> Store:
    """The database of a data folder, created or migrated as needed.

    Raises:
        NotDurable, StrangersFile, TablesTooNew, DatabaseUnreachable, DatabaseDamaged: see there.
    """
    path = folder / FILE_NAME
    migrating = sqlalchemy_engine(path, pooled=False)
    try:
        upgrade(migrating, MIGRATIONS)
    finally:
        migrating.dispose()
    return Store(path, sqlalchemy_engine(path, cache_kib=CACHE_KIB))
