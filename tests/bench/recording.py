"""What a program wrote to its database, statement by statement, and the same done bare.

While :func:`recorded` is on, connections opened by anybody note every statement that is no query,
with its parameters.  A :class:`Twin` is a copy of the database file on the same disk; it repeats
the notes through plain :mod:`sqlite3` with nothing around it.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from yika_common.infra.sqlite import open_for_money
from yika_node.db.store import CACHE_KIB

Note = tuple[str, Any]
"""A statement and its parameters."""


class Recorder(sqlite3.Connection):
    """A connection that notes what changes the database."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.notes: list[Note] = []

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if not sql.startswith("SELECT"):
            self.notes.append((sql, parameters))
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        cursor = self.cursor()
        for row in parameters:
            cursor = self.execute(sql, row)
        return cursor

    def taken(self) -> list[Note]:
        """The notes since the last call."""
        notes, self.notes = self.notes, []
        return notes


@contextmanager
def recorded() -> Iterator[list[Recorder]]:
    """Every connection opened within is a recorder, and stands in the list that this gives."""
    opened: list[Recorder] = []

    def made(*arguments: Any, **options: Any) -> Recorder:
        recorder = Recorder(*arguments, **options)
        opened.append(recorder)
        return recorder

    with patch.object(sqlite3, "connect", partial(sqlite3.connect, factory=made)):
        yield opened


class Twin:
    """A copy of a database, to which only bare statements go."""

    def __init__(self, original: Path, copy: Path) -> None:
        """Copy the file; nothing of ``original`` may be left in its write-ahead log."""
        shutil.copyfile(original, copy)
        # The node's own settings and memory for pages: WAL and FULL, read back, among them.
        self._connection = open_for_money(copy, cache_kib=CACHE_KIB)

    def repeat(self, notes: Sequence[Note]) -> None:
        """The statements, their transactions included."""
        execute = self._connection.execute
        for sql, parameters in notes:
            execute(sql, parameters)

    def rows(self, table: str) -> list[Any]:
        """Everything in a table."""
        query = f"SELECT * FROM {table} ORDER BY 1, 2"  # noqa: S608 - a test names the table
        return self._connection.execute(query).fetchall()

    def close(self) -> None:
        self._connection.close()
