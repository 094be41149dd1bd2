"""Wrong passwords close a name: for seconds, then for minutes, then until somebody releases it.

Source: security 6.  The first two failures in a row cost nothing; then

==================  ==============================================================
failures in a row   the next attempt is looked at
==================  ==============================================================
3, 4, 6 … 9 …       after 1, 2, 8, 16, 32, 60, 60 … seconds
5, 10, 15           after a quarter of an hour
20                  when a supervisor has released the name
==================  ==============================================================

The count is in the database, so a restart does not clear it.  A wait is measured by how long the
program has been running since the failure, never by the time of day: a clock that is set forward
opens nothing early, one that is set back closes nothing for longer, and a restart begins the
wait anew.  Names that nobody has are counted together for the machine, and only ever wait; so are
wrong codes of headquarters.
"""

from collections.abc import Callable
from typing import Final

from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_
from yika_common.infra.sessions import TooManyAttempts
from yika_node.db.journal import Journal
from yika_node.db.queries import Queries

FREE: Final = 2
LONG_EVERY: Final = 5
LONG_S: Final = 15 * 60
SHORT_MOST_S: Final = 60
CLOSED_AT: Final = 20
NOBODY: Final = ""
"""Stands for every name that nobody has."""
PHONE: Final = "\tphone"
"""Stands for codes of headquarters; no name is written like this."""

Elapsed = Callable[[], int]
"""Whole seconds that have passed since some moment of this process; it only grows."""


class NameClosed(TooManyAttempts):
    """So many wrong passwords in a row that no further one is looked at."""

    code = "name_closed"
    sentence = N_(
        "Too many wrong passwords: this name is closed. You are not signed in. A supervisor "
        "releases it on the page of operators."
    )


def wait_after(failures: int) -> int:
    """Seconds until the attempt after so many failures in a row is looked at."""
    if failures <= FREE:
        return 0
    if failures % LONG_EVERY == 0:
        return LONG_S
    return int(min(2 ** (failures - FREE - 1), SHORT_MOST_S))


class Lockout:
    """The doors that wrong passwords close; whoever uses it lets one in at a time."""

    def __init__(self, journal: Journal, queries: Queries, clock: Clock, elapsed: Elapsed) -> None:
        self._journal = journal
        self._queries = queries
        self._clock = clock
        self._elapsed = elapsed
        self._started = elapsed()
        self._since: dict[str, int] = {}

    def failures(self, name: str) -> int:
        """Wrong passwords in a row under the name, whose door is open now.

        Raises:
            TooManyAttempts: the wait is not over.
            NameClosed: there is no end to wait for.
        """
        attempt = self._queries.attempt(name)
        failures = 0 if attempt is None else attempt.failures
        if name not in (NOBODY, PHONE) and failures >= CLOSED_AT:
            raise NameClosed
        wait = wait_after(failures)
        if wait:
            left = wait - (self._elapsed() - self._since.get(name, self._started))
            if left > 0:
                raise TooManyAttempts(seconds=left)
        return failures

    def failed(self, name: str, failures: int) -> None:
        """Count one more; the wait begins."""
        self._journal.note(
            "INSERT OR REPLACE INTO attempt (operator, failures, last_at) VALUES (?, ?, ?)",
            (name, failures, to_timestamp(self._clock())),
        )
        self._since[name] = self._elapsed()

    def forget(self, name: str) -> None:
        """Open the door: the right password came, or somebody released the name."""
        self._journal.note("DELETE FROM attempt WHERE operator = ?", (name,))
        self._since.pop(name, None)

    def released_at_console(self, name: str) -> bool:
        """Whether whoever keeps the machine has released the name since its last sign-in."""
        attempt = self._queries.attempt(name)
        return attempt is not None and bool(attempt.console)

    def release_at_console(self, name: str) -> None:
        """Open the door without a signature; the next sign-in tells the journal."""
        self._journal.note(
            "INSERT OR REPLACE INTO attempt (operator, failures, last_at, console)"
            " VALUES (?, 0, ?, 1)",
            (name, to_timestamp(self._clock())),
        )
        self._since.pop(name, None)
