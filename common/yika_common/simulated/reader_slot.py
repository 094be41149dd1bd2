"""The simulated reader's slot: a card that can be put in, powered, pulled and torn.

A *write* is a command APDU whose instruction changes the card's memory: in ISO/IEC 7816-4 and
7816-9 WRITE, UPDATE, ERASE, PUT, APPEND, ACTIVATE and TERMINATE.  A tear is set for the next
write:

* pulled after N bytes: the contact ends when N bytes of the APDU have crossed it.  The card gets
  no incomplete command; with N at least the APDU's length it gets the whole one and only the
  answer is lost.
* the answer pulled: the same with N beyond every length.

A memory chip has no APDUs: there every byte that a command writes crosses the contact for itself.
The chip is pulled in the middle of programming the byte after the N-th, whose value is then weak;
with N beyond every length when the command is done.

A card whose own storage fails falls silent, as a broken chip does.
"""

from collections.abc import Callable
from typing import Protocol

from yika_common.cards.errors import CardRemoved
from yika_common.errors import Phrase, YikaError
from yika_common.infra.system_errors import why_refused
from yika_common.readers.iso7816 import pps_answer
from yika_common.simulated.memory_chip import SimulatedChip
from yika_common.simulated.pace import Pace
from yika_common.simulated.t1_card import T1Card

WRITE_INSTRUCTIONS = frozenset(
    {0x0E, 0x0F, 0x44, 0xD0, 0xD2, 0xD6, 0xD7, 0xD8, 0xDA, 0xDB, 0xDC, 0xDD, 0xE2, 0xE6, 0xE8}
)
AFTER_EVERYTHING = 1 << 20
_TEAR_LONGEST = AFTER_EVERYTHING - 1
_PPSS = b"\xff"
_INSTRUCTION_AT = 1
_PPS_WITH_SPEED, _PPS_SPEED_AT = 4, 2

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
        pace: the time that contact and chip take; none of it is None.
    """

    def __init__(self, emit: Emit, *, time_requests: int = 0, pace: Pace | None = None) -> None:
        self._emit = emit
        self._pace = pace
        self._time_requests = time_requests
        self._card: IntegratedCircuitCard | SimulatedChip | None = None
        self._contact: T1Card | SimulatedChip | None = None
        self._tear_after: int | None = None
        self._crossed = 0
        self._written = 0

    @property
    def occupied(self) -> bool:
        """A card is in the slot."""
        return self._card is not None

    @property
    def powered(self) -> bool:
        """The card has power and answered to reset."""
        return self._contact is not None

    @property
    def answer_to_reset(self) -> bytes:
        """What the card would answer, as a reader remembers it; empty without a CPU card."""
        return (
            b"" if self._card is None or isinstance(self._card, SimulatedChip) else self._card.atr
        )

    def insert(self, card: IntegratedCircuitCard | SimulatedChip) -> None:
        """Put a card in; one that is there is exchanged for it."""
        self.remove()
        self._card = card

    def remove(self) -> None:
        """Take the card out; harmless when there is none."""
        if isinstance(self._card, SimulatedChip):
            self._card.power_down()
            self._card.cut_at = None
        self._card = self._contact = None

    def tear_next_write(self, after: int) -> None:
        """Pull the card when ``after`` bytes of the next write have crossed the contact."""
        self._tear_after = after
        self._crossed = 0

    def power_on(self) -> bytes:
        """Cold reset of a CPU card; empty from a silent card, a memory chip, or without one."""
        self._contact = None
        if self._card is None or isinstance(self._card, SimulatedChip):
            return b""
        try:
            answer = self._card.reset()
        except (OSError, YikaError) as failure:
            self._emit("failed", {"why": _why(failure)})
            return b""
        if answer:
            if self._pace is not None:
                self._pace.reset(answer)
            self._contact = T1Card(self._execute, time_requests=self._time_requests)
            self._emit("powered", {})
        return answer

    def power_on_chip(self) -> bytes:
        """Cold reset of a memory chip; empty from a CPU card or without one."""
        self._contact = None
        if not isinstance(self._card, SimulatedChip):
            return b""
        try:
            answer = self._card.power_up()
        except (OSError, YikaError) as failure:
            self._emit("failed", {"why": _why(failure)})
            return b""
        self._contact = self._card
        self._emit("powered", {})
        return answer

    def power_off(self) -> None:
        """Take the power away."""
        if isinstance(self._contact, SimulatedChip):
            self._contact.power_down()
        if self._contact is not None:
            self._emit("unpowered", {})
        self._contact = None

    def read_chip(self, control: int, address: int, count: int) -> bytes:
        """A memory chip's answer to one of its commands.

        Raises:
            CardGone: there is no powered chip.
        """
        if not isinstance(self._contact, SimulatedChip):
            raise CardGone
        return self._contact.command(control, address, count=count)

    def write_chip(self, control: int, address: int, data: bytes) -> None:
        """A memory chip's command for each byte.

        Raises:
            CardGone: there is no powered chip, or it was pulled on the way.
        """
        chip = self._contact
        if not isinstance(chip, SimulatedChip):
            raise CardGone
        for at, byte in enumerate(data):
            try:
                if self._tear_after == 0:
                    chip.cut(1, within=True)
                chip.command(control, address + at, byte)
            except CardRemoved as gone:
                raise self._torn(self._crossed, taken=False) from gone
            except (OSError, YikaError) as failure:
                self._emit("failed", {"why": _why(failure)})
                raise CardGone from failure
            self._count_byte()
        if self._tear_after is not None and self._tear_after > _TEAR_LONGEST:
            raise self._torn(len(data), taken=True)

    def _count_byte(self) -> None:
        """One byte more of the write to be torn has crossed the contact."""
        if self._tear_after is not None and 0 < self._tear_after <= _TEAR_LONGEST:
            self._tear_after -= 1
            self._crossed += 1

    def transfer(self, data: bytes) -> bytes:
        """Pass one block or PPS request over the contact; returns the card's.

        Raises:
            CardGone: the card was pulled on the way, or is not powered.
        """
        if not isinstance(self._contact, T1Card):
            raise CardGone
        if data[:1] == _PPSS:
            answer = pps_answer(data)
            self._pass(data, answer)
            if self._pace is not None and len(answer) == _PPS_WITH_SPEED:
                self._pace.agreed(answer[_PPS_SPEED_AT])
            return answer
        command = self._contact.command_with(data)
        if command is not None and is_write(command) and self._tears_before(len(command)):
            raise self._torn(self._tear_after or 0, taken=False)
        self._written = 0
        answer = self._contact.received(data)
        self._pass(data, answer)
        if self._tears_with_answer():
            raise self._torn(min(self._tear_after or 0, self._written), taken=True)
        return answer

    def exchange(self, apdu: bytes) -> bytes:
        """Pass one whole command over the contact, for a reader that speaks T=1 itself.

        Raises:
            CardGone: the card was pulled on the way, or is not powered.
        """
        if not isinstance(self._contact, T1Card):
            raise CardGone
        if is_write(apdu) and self._tears_before(len(apdu)):
            raise self._torn(self._tear_after or 0, taken=False)
        self._written = 0
        answer = self._execute(apdu)
        self._pass(apdu, answer)
        if self._tears_with_answer():
            raise self._torn(min(self._tear_after or 0, self._written), taken=True)
        return answer

    def _pass(self, sent: bytes, received: bytes) -> None:
        if self._pace is not None:
            self._pace.contact(len(sent), len(received))

    def _tears_before(self, crossed: int) -> bool:
        return self._tear_after is not None and self._tear_after < crossed

    def _tears_with_answer(self) -> bool:
        return self._tear_after is not None and self._written > 0

    def _torn(self, after: int, *, taken: bool) -> CardGone:
        self._tear_after = None
        self.remove()
        self._emit("torn", {"after": after, "taken": taken})
        return CardGone()

    def _execute(self, apdu: bytes) -> bytes:
        if self._card is None or isinstance(self._card, SimulatedChip):
            raise CardGone
        try:
            answer = self._card.transmit(apdu)
        except (OSError, YikaError) as failure:
            self._emit("failed", {"why": _why(failure)})
            raise CardGone from failure
        if is_write(apdu):
            self._written = len(apdu)
        if self._pace is not None:
            self._pace.chip(len(apdu) if is_write(apdu) else 0)
        return answer


def _why(failure: OSError | YikaError) -> Phrase:
    return failure.as_phrase() if isinstance(failure, YikaError) else why_refused(failure)
