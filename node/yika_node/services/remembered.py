"""A value that is costly to read and holds until it is said to be out of date."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Reads once and remembers; any thread may ask, and any may say that the value is old.

    A reading that was under way when the value became old serves whoever asked for it, and is
    not remembered: it may have seen what was before.
    """

    def __init__(self, read: Callable[[], Value]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._times_forgotten = 0
        self._value: Value | None = None

    def __call__(self) -> Value:
        """The value; raises what reading it raises."""
        with self._lock:
            if self._value is not None:
                return self._value
            before = self._times_forgotten
        value = self._read()
        with self._lock:
            if before == self._times_forgotten:
                self._value = value
        return value

    def forget(self) -> None:
        """Read anew next time."""
        with self._lock:
            self._times_forgotten += 1
            self._value = None
