"""The node's time: the wall clock, held up by what is known to have passed.

A clock that was set back, or lost its battery, is not believed when headquarters' signed time or
our own last record is later: the later one is used until the clock has caught up.  A record far
ahead of the clock (more than :data:`LEAP_S`) was itself made by a wrong clock and holds nothing
up, so that one wrong day does not last for ever.  No sale is refused for the clock: headquarters
brackets each sale's time between two exchanges.  A clock that shows no time that a card can hold
is taken for the nearest one.
"""

import threading
from datetime import datetime
from typing import Final

from yika_common.clock import Clock, from_timestamp, to_timestamp

LEAP_S: Final = 48 * 3600

LATEST: Final = 2**32 - 1
"""The last second that fits a credit record (:mod:`yika_common.cards.record`), in 2106."""


def believable(now: int, last_record: int, headquarters: int) -> int:
    """The time to use, all in seconds since 1970."""
    floor = max(now, headquarters)
    return last_record if floor < last_record <= floor + LEAP_S else floor


class TrustedClock:
    """The clock that records are stamped with; any thread may ask it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0
        self._headquarters = 0
        self.ahead_s: int | None = None
        """By how much the wall clock was ahead of headquarters' when they last spoke."""

    def __call__(self) -> datetime:
        """The present moment, as far as it can be believed, and no earlier than the last."""
        with self._lock:
            now = believable(to_timestamp(self._clock()), self._last, self._headquarters)
            self._last = min(max(now, 0), LATEST)
            return from_timestamp(self._last)

    def recorded(self, at: int) -> None:
        """The journal's last record carries this time."""
        self._last = at

    def headquarters_said(self, at: int) -> None:
        """Headquarters signed this time; it only moves forward."""
        self._headquarters = max(self._headquarters, at)

    def compared(self, at: int) -> None:
        """Headquarters answered just now, at this time of its own clock."""
        self.ahead_s = to_timestamp(self._clock()) - at
