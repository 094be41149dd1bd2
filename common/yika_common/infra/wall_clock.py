"""The one place where the time of day, and the time that passes, enter the program."""

import time
from datetime import UTC, datetime

from yika_common.clock import Clock


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


system_clock: Clock = _now


def system_elapsed() -> int:
    """Whole seconds that have passed since the machine started; nobody can set them."""
    return int(time.monotonic())
