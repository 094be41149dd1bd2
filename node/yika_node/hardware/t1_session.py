"""One card in a TPDU-level reader, from power-up on: speed, parameters, T=1.

Source: ISO/IEC 7816-3:2006 section 9 for the speed; the order of steps as libccid does it.
"""

from collections.abc import Callable
from typing import NoReturn, Protocol

from yika_common.cards.errors import CardForeign, CardMute
from yika_common.errors import YikaError
from yika_common.readers.errors import ReaderError
from yika_common.readers.iso7816 import TA1_DEFAULT, Atr, parse_atr, pps_request
from yika_common.readers.t1_host import Done, ProtocolBroken, Send, T1Host
from yika_node.hardware.timing import Timing

_T1 = 1


class TpduReader(Protocol):
    """A reader that carries blocks to and from a card, whatever its own protocol.

    Every method raises a :class:`ReaderError` where the reader fails.
    """

    def power_up(self) -> bytes:
        """Reset the card; its answer.

        Raises:
            CardAbsent: the slot is empty.
            CardMute: the card does not answer.
        """
        ...

    def power_down(self) -> None:
        """Take the card's power away."""
        ...

    def grants(self, request: bytes, *, wait_s: float, until: float) -> bool:
        """Whether the card grants a PPS request, whole."""
        ...

    def configure(self, atr: Atr, speed: int) -> None:
        """Talk to the card as its answer to reset says, at the speed of TA1."""
        ...

    def pass_on(self, block: bytes, *, wait_s: float, until: float) -> bytes | None:
        """The card's block in answer to ours; None where none came readable.

        Raises:
            CardRemoved: the card was pulled or exchanged.
            CardMute: the card stopped answering.
        """
        ...

    def failure(self, *, garbled: bool) -> ReaderError:
        """Give the port up; the error that says why."""
        ...


class T1Session:
    """A powered card; once an exchange failed, every later one fails the same way.

    Args:
        reader: carries the blocks.
        timing: how long to wait.
        monotonic: seconds of a clock that never goes back.

    Raises:
        CardAbsent: the slot is empty.
        CardMute: the card does not answer to reset.
        CardForeign: the card does not speak T=1 with an LRC, so it is not ours.
        AtrRefused: its answer to reset makes no sense.
        ReaderError: the reader failed; the card is untouched.
    """

    def __init__(self, reader: TpduReader, timing: Timing, monotonic: Callable[[], float]) -> None:
        self._reader = reader
        self._timing = timing
        self._monotonic = monotonic
        self._failure: YikaError | None = None
        atr = parse_atr(reader.power_up())
        if _T1 not in atr.protocols or atr.crc:
            self.power_down()
            raise CardForeign
        speed = atr.speed
        if speed != TA1_DEFAULT and not atr.specific and not self._agree_on(speed):
            speed = TA1_DEFAULT
            reader.power_up()
        self.atr = atr.raw
        self._card_answer_s = atr.answer_ms / 1000 + timing.margin_s
        self._host = T1Host(atr.ifsc)
        reader.configure(atr, speed)
        self._run(self._host.offer_block_size())

    def transmit(self, apdu: bytes) -> bytes:
        """Send a command APDU; response data, SW1 and SW2.

        Raises:
            CardRemoved: the card was pulled or exchanged; it may have taken the command.
            CardMute: the card stopped answering; it may have taken the command.
            ReaderError: the reader failed; the card may have taken the command.
        """
        if self._failure is not None:
            raise self._failure
        return self._run(self._host.begin(apdu))

    def power_down(self) -> None:
        """Take the card's power away.

        Raises:
            ReaderError: the reader failed.
        """
        self._reader.power_down()

    def _agree_on(self, speed: int) -> bool:
        """Ask the card for its fastest speed; False where it has to be reset and left slow."""
        request = pps_request(_T1, speed)
        until = self._monotonic() + self._timing.operation_s
        return self._reader.grants(request, wait_s=self._timing.power_s, until=until)

    def _run(self, step: Send | Done) -> bytes:
        """Send and receive until the command's whole answer is here."""
        until = self._monotonic() + self._timing.operation_s
        try:
            while isinstance(step, Send):
                step = self._host.received(self._pass_on(step, until))
        except ProtocolBroken as cause:
            self._fail(CardMute(), cause)
        except YikaError as failure:
            self._failure = failure
            raise
        return step.data

    def _pass_on(self, step: Send, until: float) -> bytes | None:
        """The card's block in answer to ours; None where none came readable."""
        if self._monotonic() >= until:
            raise self._reader.failure(garbled=False)
        wait_s = self._card_answer_s * step.patience
        return self._reader.pass_on(step.block, wait_s=wait_s, until=until)

    def _fail(self, failure: YikaError, cause: Exception) -> NoReturn:
        self._failure = failure
        raise failure from cause
