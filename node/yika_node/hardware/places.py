"""Places where a reader may be: groups of them, and one search through a group.

The places of a group are asked all at once, each in a thread of its own and each bounded by its
driver.  The first one that answers is taken, or one that answers just after it and stands before
it.  A place that another program holds is left alone.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Final

from yika_common.errors import Phrase
from yika_common.readers.errors import ReaderError
from yika_common.readers.port import NamedReader
from yika_common.values import dataclass
from yika_node.hardware.errors import PortBusy

_GRACE_S: Final = 0.3


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader may be.

    Attributes:
        name: a path, or what else tells it from the other places.
        make: gives the driver for whatever is there.
        is_held: whether another program has it.
    """

    name: str
    make: Callable[[], NamedReader]
    is_held: Callable[[], bool] = _never


@dataclass(frozen=True, slots=True)
class Group:
    """Places of one kind.

    Attributes:
        places: those that the machine has now; cheap, and asked often.
        said: the failure of each place, by its name, in words; None where there is nothing to say.
        quiet: asking there means nothing to any device, and may be repeated often.
    """

    places: Callable[[], Sequence[Place]]
    said: Callable[[dict[str, ReaderError]], Phrase | None]
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A reader that answered."""

    place: str
    reader: NamedReader


@dataclass
class GroupSearch:
    """One search through places, the likeliest first.

    Attributes:
        failures: why there is no reader, for each place that said so.
    """

    places: Sequence[Place]
    failures: dict[str, ReaderError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._found: dict[str, NamedReader] = {}
        self._over = False

    def run(self, limit_s: float) -> Found | None:
        """Ask every place; the reader that is chosen, or None."""
        for place in self.places:
            threading.Thread(target=self._ask, args=(place,), daemon=True).start()
        until = time.monotonic() + limit_s
        with self._changed:
            self._changed.wait_for(lambda: self._found or self._all_said, limit_s)
            if self._found:
                first_s = min(_GRACE_S, max(0.0, until - time.monotonic()))
                self._changed.wait_for(self._first_said, first_s)
            self._over = True
            answers = [place for place in self.places if place.name in self._found]
            readers = [self._found[place.name] for place in answers]
        for reader in readers[1:]:
            reader.close()
        return Found(answers[0].name, readers[0]) if answers else None

    @property
    def _all_said(self) -> bool:
        return len(self._found) + len(self.failures) == len(self.places)

    def _first_said(self) -> bool:
        """Whether no place that has not said anything stands before one that answered."""
        for place in self.places:
            if place.name in self._found:
                return True
            if place.name not in self.failures:
                return False
        return True

    def _ask(self, place: Place) -> None:
        try:
            if place.is_held():
                raise PortBusy(port=place.name)
            reader = place.make()
            try:
                reader.describe()
            except ReaderError:
                reader.close()
                raise
        except ReaderError as failure:
            with self._changed:
                self.failures[place.name] = failure
                self._changed.notify_all()
            return
        with self._changed:
            late = self._over
            if not late:
                self._found[place.name] = reader
                self._changed.notify_all()
        if late:
            reader.close()


def joined(phrases: Sequence[Phrase]) -> Phrase:
    """Phrases in one; there is one at least."""
    *before, last = phrases
    for phrase in reversed(before):
        last = Phrase("%(first)s; %(more)s", first=phrase, more=last)
    return last
