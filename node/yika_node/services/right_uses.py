"""When each operator last used each right, to the day: for whoever looks whether he needs it.

A use is a page or act that needs the right and was let through.  It is remembered here and written
down by a job, one row for each operator and right, so that no request waits for it and nothing
grows with history.  What was not written when the power failed is lost: the day before still
stands.
"""

import sqlite3
import threading
from typing import Final

from yika_common.clock import Clock, to_timestamp
from yika_node.db.journal import Journal
from yika_node.services.rights import Right

_DAY: Final = 86_400
_KEEP: Final = 'INSERT OR REPLACE INTO right_use (operator, "right", at) VALUES (?, ?, ?)'


class RightUses:
    """Remembers uses; any thread may tell one."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._days: dict[tuple[str, str], int] = {}
        self._new: dict[tuple[str, str], int] = {}

    def used(self, operator: str, right: Right) -> None:
        """An operator uses a right now; only the first time of a day counts."""
        now, key = to_timestamp(self._clock()), (operator, right.name)
        if self._days.get(key) == now // _DAY:
            return
        with self._lock:
            self._days[key] = now // _DAY
            self._new[key] = now

    def keep(self) -> None:
        """Write down what is not written yet; raises DiskFull and its like, and tries again."""
        with self._lock:
            rows = [(*key, at) for key, at in self._new.items()]
            if not rows:
                return
            self._journal.keep(lambda connection: _put(connection, rows))
            self._new.clear()


def _put(connection: sqlite3.Connection, rows: list[tuple[str, str, int]]) -> None:
    connection.executemany(_KEEP, rows)
