"""A CPU card in a Gemplus reader, which speaks T=1 with it by itself and takes whole commands."""

from collections.abc import Callable
from typing import Final

from yika_common.cards.errors import CardAbsent, CardForeign, CardMute, CardRemoved
from yika_common.errors import YikaError
from yika_common.readers.gemplus_commands import (
    WITH_RESPONSE,
    Command,
    Status,
    apdu_commands,
    fetch_rest,
    power_up,
    power_up_at,
)
from yika_common.readers.iso7816 import TA1_DEFAULT, parse_atr
from yika_node.hardware.gemplus_link import GemplusLink
from yika_node.hardware.timing import Timing

_T1 = 1
_LEFT: Final = frozenset({Status.ABSENT, Status.NOT_POWERED, Status.PULLED_OUT})
_SW_SIZE = 2


class GemplusCard:
    """A :class:`yika_node.hardware.connection.ApduSession`.

    Once a command failed, every later one fails the same way.

    Args:
        link: the conversation with the reader.
        timing: how long to wait.
        monotonic: seconds of a clock that never goes back.

    Raises:
        CardAbsent: the slot is empty.
        CardMute: the card does not answer to reset.
        CardForeign: the card does not speak T=1 with an LRC, so it is not ours.
        AtrRefused: its answer to reset makes no sense.
        ReaderError: the reader failed; the card is untouched.
    """

    def __init__(self, link: GemplusLink, timing: Timing, monotonic: Callable[[], float]) -> None:
        self._link = link
        self._timing = timing
        self._monotonic = monotonic
        self._failure: YikaError | None = None
        atr = parse_atr(self._reset())
        if _T1 not in atr.protocols or atr.crc:
            self.power_down()
            raise CardForeign
        if atr.speed != TA1_DEFAULT and not atr.specific and not self._agree_on(atr.speed):
            self._reset()
        self.atr = atr.raw
        self._card_answer_s = atr.answer_ms / 1000 + timing.margin_s

    def transmit(self, apdu: bytes) -> bytes:
        """See :class:`yika_common.readers.port.CardConnection`.

        Raises:
            CardRemoved: the card was pulled or exchanged; it may have taken the command.
            CardMute: the card stopped answering; it may have taken the command.
            ReaderError: the reader failed; the card may have taken the command.
            ValueError: no short APDU is that long; nothing was sent.
        """
        if self._failure is not None:
            raise self._failure
        commands = apdu_commands(apdu)
        try:
            return self._carry(commands)
        except YikaError as failure:
            self._failure = failure
            raise

    def power_down(self) -> None:
        """Take the card's power away.

        Raises:
            ReaderError: the reader failed.
        """
        self._link.command(bytes([Command.POWER_OFF]))

    def _reset(self) -> bytes:
        """The answer to a cold reset, at the speed with which every card begins."""
        status, answer = self._power(power_up())
        if status == Status.ABSENT:
            raise CardAbsent
        if status != Status.OK:
            raise CardMute
        return answer

    def _agree_on(self, speed: int) -> bool:
        """Reset the card and ask for its fastest speed; False where it has to be left slow."""
        status, _ = self._power(power_up_at(speed, _T1))
        return status == Status.OK

    def _power(self, command: bytes) -> tuple[int | None, bytes]:
        return _parted(self._link.command(command, wait_s=self._timing.power_s))

    def _carry(self, commands: list[bytes]) -> bytes:
        """The card's response to a command in one part or two."""
        until = self._monotonic() + self._timing.operation_s
        status, response = None, b""
        for command in commands:
            status, response = self._pass_on(command, until)
        if status == Status.MORE_DATA:
            _, rest = self._pass_on(fetch_rest(), until)
            response += rest
        if len(response) < _SW_SIZE:
            raise CardMute
        return response

    def _pass_on(self, command: bytes, until: float) -> tuple[int, bytes]:
        """What the reader says to one part; its status is a good one.

        Raises:
            CardRemoved: the card is not there any more, or not the one that was powered.
            CardMute: the reader can't hear the card, or nobody knows what it did.
        """
        answer = self._link.once(command, wait_s=self._card_answer_s, until=until)
        status, data = _parted(answer or b"")
        if status in _LEFT:
            raise CardRemoved
        if status is None or status not in WITH_RESPONSE | {Status.MORE_DATA}:
            raise CardMute
        return status, data


def _parted(answer: bytes) -> tuple[int | None, bytes]:
    """Status and what follows; None for an answer without a status."""
    return (answer[0], answer[1:]) if answer else (None, b"")
