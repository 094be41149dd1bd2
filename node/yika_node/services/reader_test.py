"""A look at the reader itself: which one it is, how fast it answers, what the card in it says.

It runs in the background, one at a time, so that no page waits for a reader that hangs.  No
secret is presented to the card and nothing is written to it.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from yika_common.cards.contact import recognise
from yika_common.cards.errors import CardAbsent
from yika_common.clock import Clock
from yika_common.errors import Phrase, YikaError
from yika_common.readers.port import NamedReader, ReaderDescription
from yika_common.values import dataclass
from yika_node.services.counter import Counter

_ROUND_TRIPS: Final = 5


@dataclass(frozen=True, slots=True)
class ReaderReport:
    """What one look at the reader told.

    Attributes:
        at: when it ended.
        reader: which reader it is; None where none answered.
        round_trip_us: microseconds from a question to the reader's answer, the median of some.
        card: the card's number, empty for a blank one; None where ``problem`` says why.
        problem: what is wrong with the reader, or with the card in it.
    """

    at: datetime
    reader: ReaderDescription | None = None
    round_trip_us: int = 0
    card: str | None = None
    problem: YikaError | None = None

    @property
    def empty(self) -> bool:
        """The reader is well and has no card."""
        return isinstance(self.problem, CardAbsent)


class ReaderTest:
    """The reader's test: begun by a page, looked at by others.

    Args:
        reader: the counter's reader.
        counter: lends its card.
        clock: the wall clock.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        reader: NamedReader,
        counter: Counter,
        clock: Clock,
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._reader = reader
        self._counter = counter
        self._clock = clock
        self._monotonic = monotonic
        self._running = threading.Lock()
        self._report: ReaderReport | None = None

    @property
    def running(self) -> bool:
        """A test is under way."""
        return self._running.locked()

    @property
    def report(self) -> ReaderReport | None:
        """What the last test told; None before the first one."""
        return self._report

    def begin(self) -> None:
        """Begin a test in the background, unless one is under way."""
        if self._running.acquire(blocking=False):
            threading.Thread(target=self._run, name="reader-test", daemon=True).start()

    def _run(self) -> None:
        try:
            self._report = self._tested()
        finally:
            self._running.release()

    def _tested(self) -> ReaderReport:
        try:
            found = self._reader.describe()
            round_trip_us = self._round_trip_us()
        except YikaError as problem:
            return ReaderReport(self._clock(), problem=problem)
        card, trouble = self._card()
        return ReaderReport(self._clock(), found, round_trip_us, card, trouble)

    def _round_trip_us(self) -> int:
        spans = []
        for _ in range(_ROUND_TRIPS):
            begun = self._monotonic()
            self._reader.card_present()
            spans.append(self._monotonic() - begun)
        return round(sorted(spans)[_ROUND_TRIPS // 2] * 1_000_000)

    def _card(self) -> tuple[str | None, YikaError | None]:
        try:
            with self._counter.card() as contact:
                return recognise(contact).number, None
        except YikaError as problem:
            return None, problem


def way_of(found: ReaderDescription) -> str:
    """How a reader is spoken to: protocol, then speed or way of transfer, then firmware.

    A :class:`Phrase`, or a name as it is.
    """
    protocol = said = found.protocol
    if found.transfer == "byte":
        said = Phrase("%(protocol)s by whole bytes", protocol=protocol)
    elif found.transfer:
        said = Phrase("%(protocol)s by half bytes", protocol=protocol)
    elif found.baud:
        said = Phrase("%(protocol)s at %(baud)s baud", protocol=protocol, baud=found.baud)
    if not found.firmware:
        return said
    return Phrase("%(way)s, firmware %(firmware)s", way=said, firmware=found.firmware)
