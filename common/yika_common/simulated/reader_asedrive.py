"""The simulated ASEDrive: bytes of the line in, bytes of the line out.

Source: the protocol of :mod:`yika_common.readers.asedrive`, with the order of steps as
``libasedrive-serial`` 3.7 takes them.  Once it was started, the reader tells of cards that come
and go.
"""

from collections.abc import Callable

from yika_common.readers.asedrive import (
    BAUD,
    Command,
    CommandDecoder,
    Damage,
    Order,
    Reply,
    StatusCode,
    answer_frame,
    movement_frame,
    status_frame,
)
from yika_common.readers.asedrive_data import ChipMode, ChipOrder, Family, ReaderFacts
from yika_common.simulated.firmware import NOISE, Disturbance, Disturbances
from yika_common.simulated.reader_slot import CardGone, Slot

_PARAMETERS_SIZE, _POWER_SIZE = 11, 2
_READ_3_WIRE, _READ_PROTECTION_2_WIRE = 0x0E, 0x34
_CHATTER = movement_frame(present=True)
_FLIPPED = 0x40


class AseDrive:
    """The reader's firmware around one slot.

    Args:
        slot: holds the card.
        facts: what the reader says of itself.
    """

    def __init__(self, slot: Slot, facts: ReaderFacts | None = None) -> None:
        self.slot = slot
        self._facts = facts or ReaderFacts()
        self.disturbances = Disturbances()
        self._decoder = CommandDecoder()
        self._started = False
        self._last = b""

    def restart(self) -> None:
        """Power comes back: settings and half a command are forgotten, the card has no power."""
        self._decoder.reset()
        self._started = False
        self._last = b""
        self.slot.power_off()

    def speed(self, after: bytes = b"") -> int:
        """Always the same."""
        return BAUD

    def moved(self, *, present: bool) -> bytes:
        """A card came or went; what to send at once."""
        return movement_frame(present=present) if self._started else b""

    def received(self, data: bytes) -> bytes:
        """What the reader sends for these bytes."""
        return b"".join(self._on(event) for event in self._decoder.feed(data))

    def _on(self, event: Order | Damage) -> bytes:
        if isinstance(event, Damage):
            return status_frame(event.status)
        disturbance = self.disturbances.next()
        if disturbance is Disturbance.NAK:
            return status_frame(StatusCode.WRONG_CHECK)
        if disturbance is Disturbance.SILENCE:
            return b""
        if event.command != Command.REPEAT:
            occupied = self.slot.occupied
            self._last = _frame(self._execute(event))
            if occupied and not self.slot.occupied and self._started:
                self._last = movement_frame(present=False) + self._last
        if disturbance is Disturbance.PARITY:
            return status_frame(StatusCode.CARD_GARBLED)
        return _spoiled(disturbance, self._last)

    def _execute(self, order: Order) -> Reply:
        doers: dict[int, Callable[[Order], Reply]] = {
            Command.START: self._start,
            Command.STOP: self._stop,
            Command.STATUS: lambda _: Reply(data=bytes([self.slot.occupied, 0])),
            Command.PARAMETERS: lambda order: _expect(order, _PARAMETERS_SIZE),
            Command.LIGHT: lambda order: _expect(order, 1),
            Command.POWER_ON: self._power_on,
            Command.RESET: self._reset,
            Command.POWER_OFF: self._power_off,
            Command.BLOCK: self._block,
            Command.SPEED: self._block,
            Command.MEMORY: self._memory,
        }
        doer = doers.get(order.command)
        return Reply(StatusCode.UNKNOWN_COMMAND) if doer is None else doer(order)

    def _start(self, _: Order) -> Reply:
        self._started = True
        return Reply(data=self._facts.data)

    def _stop(self, order: Order) -> Reply:
        self._started = False
        return self._power_off(order)

    def _power_off(self, _: Order) -> Reply:
        self.slot.power_off()
        return Reply()

    def _power_on(self, order: Order) -> Reply:
        if len(order.data) != _POWER_SIZE:
            return Reply(StatusCode.WRONG_PARAMETER)
        if order.data[0] in (Family.CPU, Family.CPU_T1):
            return self._reset(order)
        chip = order.data[0] in (Family.TWO_WIRE, Family.MEMORY)
        answer = self.slot.power_on_chip() if chip else b""
        return Reply(data=answer) if answer else self._silence()

    def _reset(self, _: Order) -> Reply:
        answer = self.slot.power_on()
        return Reply(data=answer) if answer else self._silence()

    def _block(self, order: Order) -> Reply:
        if self.slot.occupied and not self.slot.powered:
            return Reply(StatusCode.NOT_POWERED)
        try:
            answer = self.slot.transfer(order.data)
        except CardGone:
            return self._silence()
        return Reply(data=answer) if answer else self._silence()

    def _memory(self, order: Order) -> Reply:
        """A memory chip's own commands: it never says that one was refused."""
        chip = ChipOrder.from_data(order.data)
        if chip is None:
            return Reply(StatusCode.WRONG_PARAMETER)
        if self.slot.occupied and not self.slot.powered:
            return Reply(StatusCode.NOT_POWERED)
        try:
            if chip.mode == ChipMode.WRITE:
                self.slot.write_chip(chip.control, chip.address, chip.data)
                return Reply()
            return Reply(data=self._read_chip(chip))
        except CardGone:
            return self._silence()

    def _read_chip(self, order: ChipOrder) -> bytes:
        """What a chip answers, in the bytes that this reader makes of its bits."""
        at, count = order.address, order.count
        if order.mode == ChipMode.READ_PAIRS:
            count = order.count // 2
            data = self.slot.read_chip(_READ_3_WIRE, at, count)
            frozen = self.slot.read_chip(order.control, at, count)
            pairs = zip(data, frozen, strict=True)
            return b"".join(bytes([byte, not is_frozen]) for byte, is_frozen in pairs)
        if order.control == _READ_PROTECTION_2_WIRE:
            frozen = self.slot.read_chip(order.control, 0, 8 * count)
            writable = sum((not bit) << place for place, bit in enumerate(frozen))
            return writable.to_bytes(count, "little")
        return self.slot.read_chip(order.control, at, count)

    def _silence(self) -> Reply:
        """Nothing came from the card: there is none, or it is mute."""
        return Reply(StatusCode.TIME_OUT if self.slot.occupied else StatusCode.NO_CARD)


def _expect(order: Order, size: int) -> Reply:
    """The answer to a command with that many bytes of data, which changes nothing here."""
    right = len(order.data) == size
    return Reply() if right else Reply(StatusCode.WRONG_PARAMETER)


def _frame(reply: Reply) -> bytes:
    return status_frame(reply.status) if reply.data is None else answer_frame(reply.data)


def _spoiled(disturbance: Disturbance | None, frame: bytes) -> bytes:
    """The reader's bytes for one command, spoilt where there is a disturbance."""
    match disturbance:
        case Disturbance.BAD_LRC:
            return bytes([*frame[:-1], frame[-1] ^ _FLIPPED])
        case Disturbance.LOST_ANSWER:
            return b""
        case Disturbance.CUT:
            return frame[: len(frame) // 2]
        case Disturbance.NOISE:
            return NOISE + frame
        case Disturbance.CHATTER:
            return _CHATTER + _CHATTER + frame
        case _:
            return frame
