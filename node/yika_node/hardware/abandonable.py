"""Calls that may block for ever, made so that whoever asked can go on without their answer.

A library that waits for another program can't be told to stop.  Each call runs in a thread of its
own; one that does not come back in time is abandoned.  There is one such thread at most: while an
abandoned call still blocks, every other one fails as well instead of queueing up behind it.
"""

import threading
from collections.abc import Callable
from typing import Any


class Stuck(Exception):
    """The call has not come back; it may still do its work."""


class Abandonable:
    """Makes one call at a time; a call returns and never raises."""

    def __init__(self) -> None:
        self._free = threading.Lock()

    def run(
        self,
        call: Callable[[], tuple[Any, ...]],
        wait_s: float,
        late: Callable[[tuple[Any, ...]], object],
    ) -> tuple[Any, ...]:
        """What the call returns, if it comes back in time.

        Args:
            call: may block.
            wait_s: how long to wait for an earlier call to end, and then for this one.
            late: given what an abandoned call returned after all, to take it back.

        Raises:
            Stuck: it has not come back, or an earlier one still blocks.
        """
        if not self._free.acquire(timeout=wait_s):
            raise Stuck
        job = _Job(call, late, self._free)
        threading.Thread(target=job.run, daemon=True).start()
        return job.outcome(wait_s)


class _Job:
    def __init__(
        self,
        call: Callable[[], tuple[Any, ...]],
        late: Callable[[tuple[Any, ...]], object],
        free: threading.Lock,
    ) -> None:
        self._call, self._late, self._free = call, late, free
        self._done = threading.Condition()
        self._result: tuple[Any, ...] | None = None
        self._abandoned = False

    def run(self) -> None:
        try:
            result = self._call()
            with self._done:
                self._result = result
                self._done.notify()
                abandoned = self._abandoned
            if abandoned:
                self._late(result)
        finally:
            self._free.release()

    def outcome(self, wait_s: float) -> tuple[Any, ...]:
        with self._done:
            self._done.wait_for(lambda: self._result is not None, wait_s)
            self._abandoned = self._result is None
        if self._result is None:
            raise Stuck
        return self._result
