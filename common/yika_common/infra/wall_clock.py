"""The one place where the time of day, and the time that passes, enter the program."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from yika_common.clock import Clock


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


system_clock: Clock = _now
system_elapsed: Callable[[], float] = time.monotonic
"""Seconds that have passed since the machine started; nobody can set them."""
