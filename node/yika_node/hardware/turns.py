"""Whose turn it is at the reader: one page at a time, the others wait.

A turn that was never given up is lost by being left alone, or when its own thread takes another.
"""

import threading
from collections.abc import Callable

from yika_node.hardware.errors import ReaderBusy


class Turn:
    """The right to use the reader, until it is given up or taken over."""

    def __init__(self, turns: "Turns", used_at: float) -> None:
        self._turns = turns
        self.thread = threading.get_ident()
        self.used_at = used_at

    def renew(self) -> bool:
        """Whether it is still this turn; if so, its idle time begins again."""
        return self._turns.renew(self)

    def give_up(self) -> None:
        """Let the next have theirs; harmless when repeated."""
        self._turns.end(self)


class Turns:
    """Hands out turns.

    Args:
        idle_s: a turn left alone for so long may be taken over.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(self, idle_s: float, monotonic: Callable[[], float]) -> None:
        self._idle_s = idle_s
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._current: Turn | None = None

    def take(self, wait_s: float) -> Turn:
        """The next turn, as soon as the reader is free.

        Raises:
            ReaderBusy: it did not become free in time.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_free, wait_s):
                raise ReaderBusy
            self._current = Turn(self, self._monotonic())
            return self._current

    def renew(self, turn: Turn) -> bool:
        """See :meth:`Turn.renew`."""
        with self._changed:
            turn.used_at = self._monotonic()
            return self._current is turn

    def end(self, turn: Turn | None = None) -> None:
        """End that turn, or whichever it is."""
        with self._changed:
            if turn in (None, self._current):
                self._current = None
                self._changed.notify()

    def _is_free(self) -> bool:
        current = self._current
        return (
            current is None
            or current.thread == threading.get_ident()
            or self._monotonic() - current.used_at >= self._idle_s
        )
