"""How long the background waits with its next exchange after the line failed.

Longer each time, up to a limit, and never twice the same: when a line comes back, the vending
points that it serves do not all call in one second.  Whoever presses the button waits for nothing.
"""

from typing import Final

from yika_common.infra.entropy import RandomSource

LEAST_S: Final = 10
MOST_S: Final = 900
_DOUBLINGS = 8
_STEPS = 256


class Patience:
    """Counts failures in a row; times are seconds of a clock that only runs forward."""

    def __init__(self, random: RandomSource) -> None:
        self._random = random
        self._failures = 0
        self._until = 0

    def over(self, now: int) -> bool:
        """Whether it is time to try."""
        return now >= self._until

    def failed(self, now: int) -> None:
        """Wait half to all of twice the last span, :data:`MOST_S` at most."""
        span = min(LEAST_S << min(self._failures, _DOUBLINGS), MOST_S)
        self._failures += 1
        self._until = now + span - span * self._random(1)[0] // (2 * _STEPS)

    def reached(self) -> None:
        """Headquarters answered: begin anew."""
        self._failures, self._until = 0, 0
