"""The one place where the time of day enters the program."""

from datetime import UTC, datetime

from yika_common.clock import Clock


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


system_clock: Clock = _now
