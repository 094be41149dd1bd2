"""Time is UTC, aware, in whole seconds, and comes in through the constructor."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment: aware, UTC, microsecond 0."""


def from_timestamp(seconds: int) -> datetime:
    """The moment ``seconds`` after the epoch of 1970, as an aware UTC time."""
    return datetime.fromtimestamp(seconds, UTC)


def to_timestamp(moment: datetime) -> int:
    """Whole seconds since 1970 of an aware time.

    Raises:
        ValueError: the time is naive, so nobody can say which moment it means.
    """
    if moment.tzinfo is None:
        raise ValueError("a naive time names no moment")
    return int(moment.timestamp())
