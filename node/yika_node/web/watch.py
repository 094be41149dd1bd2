"""Whether a card is in the reader: asked of the reader at most once a second, however many look.

Pages ask every second and must never queue up behind a card that is being written, nor behind a
reader that hangs: the reader is asked in the background, and a page waits a moment at most.  While
there is no answer, or somebody works with the card, the last one stands.

An answer is as old as its question: what the reader tells while the card leaves is asked for anew
the next second.  Whoever reads a card meanwhile knows better, and his answer stands.

Insertions are counted: a page that was made for the card of one says so when it is over, even if
another card has taken its place since.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from yika_common.clock import Clock
from yika_common.errors import YikaError
from yika_common.readers.errors import ReaderError
from yika_common.values import dataclass
from yika_node.errors import NotEnrolled
from yika_node.hardware.errors import ReaderBusy


class Presence(StrEnum):
    """What the reader says."""

    EMPTY = "empty"
    CARD = "card"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Seen:
    """The last answer; ``problem`` says what the trouble is.

    ``insertion`` numbers the times that a card came in since the program began; it is the same as
    long as a card stays.
    """

    presence: Presence
    problem: YikaError | None = None
    insertion: int = 0

    @property
    def tag(self) -> str:
        """Differs when the answer does; safe in an address."""
        if self.problem is not None:
            return self.problem.code
        return f"card-{self.insertion}" if self.presence is Presence.CARD else self.presence


_NOBODY_LOOKED: Final = Seen(Presence.EMPTY)
PATIENCE: Final = timedelta(milliseconds=300)
"""A page waits so long for the reader's answer; a healthy one gives it in milliseconds."""


class CardWatch:
    """Looks into the reader for the pages."""

    def __init__(self, present: Callable[[], bool], clock: Clock) -> None:
        self._present = present
        self._clock = clock
        self._asking = threading.Lock()
        self._telling = threading.Lock()
        self._asked_at: datetime | None = None
        self._seen = _NOBODY_LOOKED

    def seen(self) -> Seen:
        """What is in the reader, no older than a second unless the reader is slow or at work."""
        if self._asked_at != self._clock() and self._asking.acquire(blocking=False):
            answered = threading.Event()
            threading.Thread(target=self._ask, args=(answered,), daemon=True).start()
            answered.wait(PATIENCE.total_seconds())
        return self._seen

    def read(self) -> Seen:
        """What is in the reader after somebody has read a card in it: a card."""
        with self._telling:
            last = self._seen
            if last.presence is not Presence.CARD:
                self._seen = Seen(Presence.CARD, None, last.insertion + 1)
            return self._seen

    def _ask(self, answered: threading.Event) -> None:
        try:
            asked_at, last = self._clock(), self._seen
            seen = self._look(last)
            if seen is None:
                return
            with self._telling:
                if self._seen is last:
                    self._seen = seen
            self._asked_at = asked_at
        finally:
            self._asking.release()
            answered.set()

    def _look(self, last: Seen) -> Seen | None:
        """What the reader says now; None: somebody is at it, and it says nothing."""
        try:
            present = self._present()
        except ReaderBusy:
            return None
        except (ReaderError, NotEnrolled) as problem:
            return Seen(Presence.TROUBLE, problem, last.insertion)
        if not present:
            return Seen(Presence.EMPTY, None, last.insertion)
        stayed = last.presence is Presence.CARD
        return Seen(Presence.CARD, None, last.insertion + (not stayed))
