"""The simulated reader's slot: a card that can be put in, powered, pulled and torn.

A *write* is a command APDU whose instruction changes the card's memory: in ISO/IEC 7816-4 and
7816-9 WRITE, UPDATE, ERASE, PUT, APPEND, ACTIVATE and TERMINATE.  A tear is set for the next
write:

* pulled after N bytes: the contact ends when N bytes of the APDU have crossed it.  The card gets
  no incomplete command; with N at least the APDU's length it gets the whole one and only the
  answer is lost.
* the answer pulled: the same with N beyond every length.

A card whose own storage fails falls silent, as a broken chip does.
"""

from collections.abc import Callable
from typing import Protocol

from yika_common.errors import Phrase, YikaError
from yika_common.infra.system_errors import why_refused
from yika_common.readers.iso7816 import pps_answer
from yika_common.simulated.t1_card import T1Card

WRITE_INSTRUCTIONS = frozenset(
    {0x0E, 0x0F, 0x44, 0xD0, 0xD2, 0xD6, 0xD7, 0xD8, 0xDA, 0xDB, 0xDC, 0xDD, 0xE2, 0xE6, 0xE8}
)
AFTER_EVERYTHING = 1 << 20
_PPSS = b"\xff"
_INSTRUCTION_AT = 1

Emit = Callable[[str, dict[str, str | int]], None]
"""Takes the name of an event and its facts."""


class IntegratedCircuitCard(Protocol):
    """A contact card, as its contacts show it.

    Attributes:
        atr: its answer to reset; empty for a card that stays silent.
    """

    atr: bytes

    def reset(self) -> bytes:
        """Power it up; everything unfinished is forgotten. Returns the answer to reset."""
        ...

    def transmit(self, apdu: bytes) -> bytes:
        """Execute one command APDU; returns response data, SW1 and SW2."""
        ...


class CardGone(Exception):
    """The contact ended before the card's answer was out."""


def is_write(apdu: bytes) -> bool:
    """Whether a command, or the part of it that is known, changes the card's memory."""
    return len(apdu) > _INSTRUCTION_AT and apdu[_INSTRUCTION_AT] in WRITE_INSTRUCTIONS


class Slot:
    """One slot and the card in it.

    Args:
        emit: told of powered, unpowered, torn, failed.
        time_requests: how often every card asks for more time before an answer.
    """

    def __init__(self, emit: Emit, *, time_requests: int = 0) -> None:
        self._emit = emit
        self._time_requests = time_requests
        self._card: IntegratedCircuitCard | None = None
        self._contact: T1Card | None = None
        self._tear_after: int | None = None
        self._written = 0

    @property
    def occupied(self) -> bool:
        """A card is in the slot."""
        return self._card is not None

    @property
    def powered(self) -> bool:
        """The card has power and answered to reset."""
        return self._contact is not None

    def insert(self, card: IntegratedCircuitCard) -> None:
        """Put a card in; one that is there is exchanged for it."""
        self._card, self._contact = card, None

    def remove(self) -> None:
        """Take the card out; harmless when there is none."""
        self._card = self._contact = None

    def tear_next_write(self, after: int) -> None:
        """Pull the card when ``after`` bytes of the next write have crossed the contact."""
        self._tear_after = after

    def power_on(self) -> bytes:
        """Cold reset; the answer to reset, empty from a silent card or without one."""
        self._contact = None
        if self._card is None:
            return b""
        try:
            answer = self._card.reset()
        except (OSError, YikaError) as failure:
            self._emit("failed", {"why": _why(failure)})
            return b""
        if answer:
            self._contact = T1Card(self._execute, time_requests=self._time_requests)
            self._emit("powered", {})
        return answer

    def power_off(self) -> None:
        """Take the power away."""
        if self._contact is not None:
            self._emit("unpowered", {})
        self._contact = None

    def transfer(self, data: bytes) -> bytes:
        """Pass one block or PPS request over the contact; returns the card's.

        Raises:
            CardGone: the card was pulled on the way, or is not powered.
        """
        if self._contact is None:
            raise CardGone
        if data[:1] == _PPSS:
            return pps_answer(data)
        command = self._contact.command_with(data)
        if command is not None and is_write(command) and self._tears_before(len(command)):
            raise self._torn(len(command), taken=False)
        self._written = 0
        answer = self._contact.received(data)
        if self._tears_with_answer():
            raise self._torn(self._written, taken=True)
        return answer

    def _tears_before(self, crossed: int) -> bool:
        return self._tear_after is not None and self._tear_after < crossed

    def _tears_with_answer(self) -> bool:
        return self._tear_after is not None and self._written > 0

    def _torn(self, crossed: int, *, taken: bool) -> CardGone:
        after = min(self._tear_after or 0, crossed)
        self._tear_after = None
        self.remove()
        self._emit("torn", {"after": after, "taken": taken})
        return CardGone()

    def _execute(self, apdu: bytes) -> bytes:
        if self._card is None:
            raise CardGone
        try:
            answer = self._card.transmit(apdu)
        except (OSError, YikaError) as failure:
            self._emit("failed", {"why": _why(failure)})
            raise CardGone from failure
        if is_write(apdu):
            self._written = len(apdu)
        return answer


def _why(failure: OSError | YikaError) -> Phrase:
    return failure.as_phrase() if isinstance(failure, YikaError) else why_refused(failure)
