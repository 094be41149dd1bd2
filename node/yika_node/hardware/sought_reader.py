"""A reader that is found by itself, and found again after it was plugged in elsewhere.

Groups of places are searched one after the other, see :mod:`yika_node.hardware.places`.  The
search runs in the background; a page waits for it a moment at most, and else says that it is under
way.  What was found is used until it fails, and is preferred in the next search.

A search that found nothing is repeated at once when a place appears or goes.  Otherwise only quiet
groups are asked often; a greeting on a serial port may mean something to a device that is no card
reader, so those are asked ever more rarely.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from yika_common.errors import Phrase
from yika_common.readers.errors import ReaderError
from yika_common.readers.port import Contact, NamedReader, ReaderDescription
from yika_common.values import dataclass
from yika_node.hardware.errors import ReaderBusy, ReaderNotFound, ReaderSought
from yika_node.hardware.places import Found, Group, GroupSearch, joined

_PAUSES_S: Final = (2.0, 5.0, 15.0, 60.0)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds.

    Attributes:
        glance_s: a look for a card waits so long for a search under way.
        page_s: whoever wants the card waits so long.
        group_s: a search gives the places of a group so long.
    """

    glance_s: float = 0.2
    page_s: float = 3.0
    group_s: float = 10.0


class SoughtReader:
    """A :class:`yika_common.readers.port.NamedReader`, wherever it is.

    Args:
        groups: where to look, in this order.
        patience: how long is waited.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        *,
        patience: Patience | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._groups = groups
        self._patience = patience or Patience()
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._searching = False
        self._found: Found | None = None
        self._lost: list[NamedReader] = []
        self._last_place = ""
        self._closed = 0
        self._forget()

    def describe(self) -> ReaderDescription:
        """See :class:`NamedReader`; searches at once where none is known, and to the end."""
        with self._changed:
            self._forget()
        whole_s = len(self._groups) * (self._patience.group_s + 1)
        return self._with(whole_s, lambda reader: reader.describe())

    def card_present(self) -> bool:
        """See :class:`yika_common.readers.port.CardReader`, as for all that follow."""
        return self._with(self._patience.glance_s, lambda reader: reader.card_present())

    def connect(self) -> Contact:
        """Power the card up."""
        return self._with(self._patience.page_s, lambda reader: reader.connect())

    def close(self) -> None:
        """Release the reader; the next call looks for it anew."""
        with self._changed:
            found, self._found = self._found, None
            self._closed += 1
            self._forget()
        if found is not None:
            found.reader.close()

    def _with(self, wait_s: float, use: Callable[[NamedReader], T]) -> T:
        """Use the reader; one that fails is looked for anew."""
        found = self._awaited(wait_s)
        try:
            return use(found.reader)
        except ReaderBusy:
            raise
        except ReaderError:
            self._lose(found)
            raise

    def _awaited(self, wait_s: float) -> Found:
        """The reader, if it is known by then.

        Raises:
            ReaderSought: the first search is not over.
            ReaderNotFound: it is, and nothing answered.
        """
        with self._changed:
            if self._found is None and not self._searching:
                self._search_what_is_due()
            self._changed.wait_for(lambda: not self._searching, wait_s)
            if self._found is not None:
                return self._found
            if self._searching and not self._said:
                raise ReaderSought
            raise ReaderNotFound(tried=joined([*self._said.values()]))

    def _lose(self, found: Found) -> None:
        with self._changed:
            if self._found is not found:
                return
            self._found = None
            self._lost.append(found.reader)
            self._forget()
            self._search_what_is_due()

    def _forget(self) -> None:
        """Nothing was tried yet, as far as the next search is concerned."""
        self._said: dict[int, Phrase] = {}
        self._places: frozenset[str] | None = None
        self._failures, self._whole_at, self._ended_at = 0, 0.0, 0.0

    def _search_what_is_due(self) -> None:
        places = [list(group.places()) for group in self._groups]
        names = frozenset(place.name for group in places for place in group)
        now = self._monotonic()
        everything = names != self._places or now - self._whole_at >= _PAUSES_S[self._pause]
        if not everything and now - self._ended_at < _PAUSES_S[0]:
            return
        if names != self._places:
            self._failures = 0
        if everything:
            self._failures += 1
            self._whole_at = now
        self._places = names
        self._searching = True
        due = [everything or group.quiet for group in self._groups]
        threading.Thread(target=self._search, args=(due, self._closed), daemon=True).start()

    @property
    def _pause(self) -> int:
        """Which pause follows the searches that found nothing."""
        return max(0, min(self._failures, len(_PAUSES_S)) - 1)

    def _search(self, due: Sequence[bool], closed: int) -> None:
        lost, self._lost = self._lost, []
        for reader in lost:
            reader.close()
        found, said = None, dict(self._said)
        try:
            for at, group in enumerate(self._groups):
                if due[at] and found is None:
                    found = self._searched(group, said, at)
        finally:
            with self._changed:
                wanted = closed == self._closed
                if wanted:
                    self._found, self._said = found, said
                self._searching = False
                self._ended_at = self._monotonic()
                self._changed.notify_all()
            if found is not None and not wanted:
                found.reader.close()

    def _searched(self, group: Group, said: dict[int, Phrase], at: int) -> Found | None:
        places = sorted(group.places(), key=lambda place: place.name != self._last_place)
        search = GroupSearch(places)
        found = search.run(self._patience.group_s)
        outcome = group.said(dict(search.failures))
        if outcome is not None:
            said[at] = outcome
        if found is not None:
            self._last_place = found.place
        return found
