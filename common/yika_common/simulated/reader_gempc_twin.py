"""The simulated GemPC Twin: bytes of the line in, bytes of the line out.

Source: the protocol of :mod:`yika_common.readers.ccid`; the escape commands and their answers as
libccid 1.5.2 sends and expects them::

    02            firmware text
    01 01 01      card movement is reported after a command and before its answer
    6A            feature query of newer readers; this one refuses it
"""

from yika_common.readers.ccid import (
    BAUD,
    DATA_MAX,
    NAK_FRAME,
    Damage,
    Decoder,
    ErrorByte,
    Event,
    Icc,
    Kind,
    Message,
    answer,
    movement_bytes,
)
from yika_common.simulated.firmware import NOISE, Disturbance, Disturbances
from yika_common.simulated.reader_slot import CardGone, Slot

FIRMWARE = b"GemTwin-V2.00-Yika simulator"
_ESCAPE_FIRMWARE = b"\x02"
_ESCAPE_MOVEMENT = b"\x01\x01\x01"


class GemPcTwin:
    """The reader's firmware around one slot.

    Args:
        slot: holds the card.
        echo: send each command back before its answer, as this reader does.
    """

    def __init__(self, slot: Slot, *, echo: bool = True) -> None:
        self.slot = slot
        self.disturbances = Disturbances()
        self._echo = echo
        self._decoder = Decoder()
        self._movement: bytes = b""
        self._movement_waits = False

    def restart(self) -> None:
        """Power comes back: settings and half a command are forgotten, the card has no power."""
        self._decoder.reset()
        self._movement_waits = False
        self.slot.power_off()

    def speed(self, after: bytes = b"") -> int:
        """Always the same."""
        return BAUD

    def moved(self, *, present: bool) -> bytes:
        """A card came or went; what to send at once (nothing where reports wait)."""
        report = movement_bytes(present=present)
        if not self._movement_waits:
            return report
        self._movement = report
        return b""

    def received(self, data: bytes) -> bytes:
        """What the reader sends for these bytes."""
        return b"".join(self._on(event) for event in self._decoder.feed(data))

    def _on(self, event: Event) -> bytes:
        match event:
            case Damage():
                return NAK_FRAME
            case Message() if not event.is_answer:
                return self._on_command(event)
            case _:
                return b""

    def _on_command(self, command: Message) -> bytes:
        disturbance = self.disturbances.next()
        if disturbance is Disturbance.NAK:
            return NAK_FRAME
        if disturbance is Disturbance.SILENCE:
            return b""
        response = self._execute(command)
        if disturbance is Disturbance.PARITY:
            response = answer(command, self._icc(), error=ErrorByte.PARITY)
        before = (command.to_frame() if self._echo else b"") + self._movement
        self._movement = b""
        return _spoiled(disturbance, before, response.to_frame())

    def _icc(self) -> Icc:
        if not self.slot.occupied:
            return Icc.ABSENT
        return Icc.POWERED if self.slot.powered else Icc.UNPOWERED

    def _execute(self, command: Message) -> Message:
        match command.kind:
            case Kind.POWER_ON:
                return self._data(command, self.slot.power_on())
            case Kind.POWER_OFF:
                self.slot.power_off()
            case Kind.TRANSFER:
                return self._transfer(command)
            case Kind.SET_PARAMETERS:
                return answer(command, self._icc(), command.data)
            case Kind.ESCAPE:
                return self._escape(command)
        supported = command.kind in (Kind.POWER_OFF, Kind.SLOT_STATUS)
        return answer(command, self._icc(), error=None if supported else ErrorByte.NOT_SUPPORTED)

    def _data(self, command: Message, data: bytes) -> Message:
        if not data:
            return answer(command, self._icc(), error=ErrorByte.MUTE)
        return answer(command, self._icc(), data[:DATA_MAX])

    def _transfer(self, command: Message) -> Message:
        try:
            return self._data(command, self.slot.transfer(command.data))
        except CardGone:
            if not self.slot.occupied:
                self._movement = movement_bytes(present=False)
            return answer(command, self._icc(), error=ErrorByte.MUTE)

    def _escape(self, command: Message) -> Message:
        if command.data == _ESCAPE_FIRMWARE:
            return answer(command, self._icc(), FIRMWARE)
        if command.data == _ESCAPE_MOVEMENT:
            self._movement_waits = True
            return answer(command, self._icc())
        return answer(command, self._icc(), error=ErrorByte.NOT_SUPPORTED)


def _spoiled(disturbance: Disturbance | None, before: bytes, frame: bytes) -> bytes:
    """The reader's bytes for one command, spoilt where there is a disturbance."""
    match disturbance:
        case Disturbance.BAD_LRC:
            return before + frame[:-2] + bytes([frame[-2] ^ 1]) + frame[-1:]
        case Disturbance.LOST_ANSWER:
            return before
        case Disturbance.CUT:
            return before + frame[: len(frame) // 2]
        case Disturbance.NOISE:
            return NOISE + before + NOISE + frame
        case Disturbance.CHATTER:
            chatter = movement_bytes(present=True)
            return chatter + before + chatter + chatter + frame
        case _:
            return before + frame
