"""Whether a card is in the reader: asked of the reader at most once a second, however many look.

Pages ask every second and must never queue up behind a card that is being written, nor behind a
reader that hangs: the reader is asked in the background, and a page waits a moment at most.  While
there is no answer, or somebody works with the card, the last one stands.
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
    """The last answer; ``problem`` says what the trouble is."""

    presence: Presence
    problem: YikaError | None = None

    @property
    def tag(self) -> str:
        """Differs when the answer does; safe in an address."""
        return self.presence if self.problem is None else self.problem.code


_NOBODY_LOOKED: Final = Seen(Presence.EMPTY)
PATIENCE: Final = timedelta(milliseconds=300)
"""A page waits so long for the reader's answer; a healthy one gives it in milliseconds."""


class CardWatch:
    """Looks into the reader for the pages."""

    def __init__(self, present: Callable[[], bool], clock: Clock) -> None:
        self._present = present
        self._clock = clock
        self._asking = threading.Lock()
        self._asked_at: datetime | None = None
        self._seen = _NOBODY_LOOKED

    def seen(self) -> Seen:
        """What is in the reader, no older than a second unless the reader is slow or at work."""
        if self._asked_at != self._clock() and self._asking.acquire(blocking=False):
            answered = threading.Event()
            threading.Thread(target=self._ask, args=(answered,), daemon=True).start()
            answered.wait(PATIENCE.total_seconds())
        return self._seen

    def _ask(self, answered: threading.Event) -> None:
        try:
            self._seen = self._look()
            self._asked_at = self._clock()
        finally:
            self._asking.release()
            answered.set()

    def _look(self) -> Seen:
        try:
            return Seen(Presence.CARD if self._present() else Presence.EMPTY)
        except ReaderBusy:
            return self._seen
        except (ReaderError, NotEnrolled) as problem:
            return Seen(Presence.TROUBLE, problem)
