"""A card in an ASEDrive: which family it is of, blocks to a CPU card, commands to a chip."""

from yika_common.cards.errors import CardAbsent, CardMute, CardRemoved
from yika_common.readers.asedrive import Command, Reply, StatusCode
from yika_common.readers.asedrive_data import (
    CardParameters,
    Family,
    ReaderFacts,
    clocks_of,
    memory_read,
    memory_write,
)
from yika_common.readers.errors import ReaderError
from yika_common.readers.iso7816 import Atr
from yika_common.readers.port import MemoryKind
from yika_node.hardware.asedrive_link import AseDriveLink
from yika_node.hardware.attempts import ATTEMPTS
from yika_node.hardware.timing import Timing

_FIVE_VOLT, _THREE_VOLT = 5, 3
_PPS1 = 2
_LEFT = frozenset({StatusCode.NO_CARD, StatusCode.NOT_POWERED})
_WIRES = {MemoryKind.SLE4442: Family.TWO_WIRE, MemoryKind.SLE4428: Family.MEMORY}


class AseDriveCard:
    """A :class:`yika_node.hardware.t1_session.TpduReader` and a ``ChipReader``."""

    def __init__(self, link: AseDriveLink, timing: Timing, facts: ReaderFacts) -> None:
        self._link = link
        self._timing = timing
        self._facts = facts

    def find_chip(self) -> MemoryKind | None:
        """Power up as a memory chip; its kind, or None where no chip of ours answers.

        Raises:
            CardAbsent: the slot is empty.
            ReaderError: the reader failed.
        """
        answer = self._reset(Family.MEMORY, _FIVE_VOLT)
        for kind, family in _WIRES.items():
            if answer[:1] == kind.facts.atr[:1]:
                self._configure(CardParameters(family=family))
                return kind
        return None

    def power_up(self) -> bytes:
        """See :class:`TpduReader`."""
        for volt in (_FIVE_VOLT, _THREE_VOLT):
            self._configure(CardParameters())
            if answer := self._reset(Family.CPU, volt):
                return answer
        raise CardMute

    def power_down(self) -> None:
        """See :class:`TpduReader`."""
        self._link.command(Command.POWER_OFF)

    def grants(self, request: bytes, *, wait_s: float, until: float) -> bool:
        """See :class:`TpduReader`; the card is not asked for what this reader can't do."""
        if clocks_of(request[_PPS1]) < self._facts.unit_min:
            return False
        answer = self._link.once(Command.SPEED, request, wait_s=wait_s, until=until)
        return answer is not None and answer.data == request

    def configure(self, atr: Atr, speed: int) -> None:
        """See :class:`TpduReader`."""
        self._configure(CardParameters.of_t1_card(atr, speed))

    def pass_on(self, block: bytes, *, wait_s: float, until: float) -> bytes | None:
        """See :class:`TpduReader`; a card that was silent or unreadable is asked again."""
        answer = self._link.once(Command.BLOCK, block, wait_s=wait_s, until=until)
        return None if answer is None else _from_card(answer)

    def failure(self, *, garbled: bool) -> ReaderError:
        """See :class:`TpduReader`."""
        return self._link.failure(garbled=garbled)

    def read_chip(self, control: int, address: int, count: int) -> bytes:
        """See :class:`ChipReader`."""
        return self._carried(memory_read(control, address, count), count).data or b""

    def write_chip(self, control: int, address: int, data: bytes) -> None:
        """See :class:`ChipReader`."""
        self._carried(memory_write(control, address, data), 0)

    def compare(self, control: int, address: int, data: bytes) -> bool:
        """See :class:`ChipReader`."""
        order = memory_write(control, address, data)
        answer = self._link.once(Command.MEMORY, order, size=0)
        return answer is not None and _carried_out(answer)

    def _carried(self, order: bytes, size: int) -> Reply:
        """Let the chip carry out a command; repeated where the reader could not hear the chip.

        Raises:
            CardRemoved: the card is not there any more, or not the one that was powered.
            CardMute: the chip can't be heard.
        """
        for _ in range(ATTEMPTS):
            answer = self._link.command(Command.MEMORY, order, size=size)
            if _carried_out(answer):
                return answer
        raise CardMute

    def _configure(self, parameters: CardParameters) -> None:
        self._link.command(Command.PARAMETERS, parameters.data)

    def _reset(self, family: Family, volt: int) -> bytes:
        """The answer to a cold reset; empty from a card that is not of this family."""
        answer = self._link.command(
            Command.POWER_ON, bytes([family, volt]), wait_s=self._timing.power_s
        )
        if answer.status is StatusCode.NO_CARD:
            raise CardAbsent
        return answer.data or b""


def _carried_out(answer: Reply) -> bool:
    """Whether the chip did as it was told; False where it could not be heard.

    Raises:
        CardRemoved: see :func:`_from_card`.
    """
    _from_card(answer)
    return answer.status is StatusCode.OK


def _from_card(answer: Reply) -> bytes | None:
    """What came from the card; None where nothing readable did.

    Raises:
        CardRemoved: the card is not there any more, or not the one that was powered.
    """
    if answer.status in _LEFT:
        raise CardRemoved
    return answer.data
