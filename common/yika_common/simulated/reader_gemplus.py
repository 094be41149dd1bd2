"""The simulated GCR410: bytes of the line in, bytes of the line out.

Source: the protocol of :mod:`yika_common.readers.gemplus`, as ``libgcr410`` 2.4.0 speaks it.  The
reader speaks T=1 with the card by itself and tells nothing of cards that come and go.
"""

import time
from collections.abc import Callable

from yika_common.readers.gemplus import (
    DATA_MAX,
    RESTARTED,
    UNEXPECTED,
    WRONG_EDC,
    Block,
    BlockDecoder,
    Damage,
    Way,
    information_block,
    repeat_block,
)
from yika_common.readers.gemplus_commands import (
    FIRMWARE_AT,
    FIRMWARE_SIZE,
    SPEED_CODES,
    START_BAUD,
    Command,
    Status,
    speed_of,
)
from yika_common.simulated.firmware import NOISE, Disturbance, Disturbances
from yika_common.simulated.gemplus_card import CardSide
from yika_common.simulated.reader_slot import Slot

FIRMWARE = b"GemCore-R1.21-YK"
_QUIET_S = 0.2
"""A block whose bytes are further apart is forgotten."""
_FLIPPED = 0x40
_MODE_SIZE, _READ_SIZE = 2, 4


class Gemplus:
    """The reader's firmware around one slot.

    Args:
        slot: holds the card.
        baud: the speed at which a program left it.
        fastest: the highest speed it takes.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        slot: Slot,
        *,
        baud: int = START_BAUD,
        fastest: int = max(SPEED_CODES),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.slot = slot
        self.disturbances = Disturbances()
        self._baud = baud
        self._fastest = fastest
        self._monotonic = monotonic
        self._decoder = BlockDecoder(Way.TO_READER)
        self._heard_at = monotonic()
        self._card = CardSide(slot)
        self._mine = self._theirs = 0
        self._last: Block | None = None

    def restart(self) -> None:
        """Power comes back: the speed, the numbers, half a block; the card has no power."""
        self._baud = START_BAUD
        self._decoder.reset()
        self._begin_again()
        self.slot.power_off()

    def speed(self, after: bytes = b"") -> int:
        """Bits a second, or what they will be when these bytes have been obeyed."""
        ordered = self._baud
        for block in BlockDecoder(Way.TO_READER).feed(after):
            if isinstance(block, Block) and block.is_information and _orders_speed(block.data):
                ordered = speed_of(block.data[1]) or ordered
        return ordered

    def moved(self, *, present: bool) -> bytes:
        """A card came or went; this reader is silent until it is asked."""
        return b""

    def received(self, data: bytes) -> bytes:
        """What the reader sends for these bytes."""
        before, self._heard_at = self._heard_at, self._monotonic()
        if self._heard_at - before > _QUIET_S:
            self._decoder.reset()
        return b"".join(self._on(event) for event in self._decoder.feed(data))

    def _on(self, event: Block | Damage) -> bytes:
        if isinstance(event, Damage):
            return self._refusal(WRONG_EDC)
        disturbance = self.disturbances.next()
        if disturbance is Disturbance.NAK:
            return self._refusal(WRONG_EDC)
        if disturbance is Disturbance.SILENCE:
            return b""
        return _spoiled(disturbance, self._answer(event, disturbance))

    def _answer(self, block: Block, disturbance: Disturbance | None) -> bytes:
        if block.is_restart:
            self._begin_again()
            self._last = RESTARTED
        elif block.is_information and block.number == self._theirs:
            self._theirs ^= 1
            data = self._execute(block.data)
            if disturbance is Disturbance.PARITY:
                data = bytes([Status.PARITY])
            self._last = information_block(self._mine, data)
            self._mine ^= 1
        elif not block.is_repeat or self._last is None:
            return self._refusal(UNEXPECTED)
        return self._last.encode(Way.FROM_READER)

    def _begin_again(self) -> None:
        self._mine = self._theirs = 0
        self._last = None

    def _refusal(self, error: int) -> bytes:
        return repeat_block(self._theirs, error).encode(Way.FROM_READER)

    def _execute(self, command: bytes) -> bytes:
        doers: dict[int, Callable[[bytes], bytes]] = {
            Command.MODE: lambda rest: _done(len(rest) == _MODE_SIZE),
            Command.LINE: self._set_line,
            Command.POWER_OFF: self._card.power_off,
            Command.POWER_ON: self._card.power_on,
            Command.APDU: self._card.exchange,
            Command.STATUS: self._card.status,
            Command.READ_MEMORY: _read_memory,
        }
        doer = doers.get(command[0]) if command else None
        return bytes([Status.UNKNOWN_COMMAND]) if doer is None else doer(command[1:])

    def _set_line(self, rest: bytes) -> bytes:
        if not rest:
            return bytes([Status.OK, DATA_MAX])
        baud = speed_of(rest[0])
        if baud is None or baud > self._fastest:
            return bytes([Status.WRONG_PARAMETER])
        self._baud = baud
        return bytes([Status.OK])


def _orders_speed(command: bytes) -> bool:
    return command[:1] == bytes([Command.LINE]) and len(command) > 1


def _read_memory(rest: bytes) -> bytes:
    """The firmware's name is all that can be read here."""
    if len(rest) != _READ_SIZE or int.from_bytes(rest[1:3], "big") != FIRMWARE_AT:
        return bytes([Status.WRONG_PARAMETER])
    return bytes([Status.OK]) + FIRMWARE[: min(rest[3], FIRMWARE_SIZE)]


def _done(right: bool) -> bytes:  # noqa: FBT001 - the one thing it is about
    return bytes([Status.OK if right else Status.WRONG_PARAMETER])


def _spoiled(disturbance: Disturbance | None, block: bytes) -> bytes:
    """The reader's bytes for one block, spoilt where there is a disturbance."""
    match disturbance:
        case Disturbance.BAD_LRC:
            return bytes([*block[:-1], block[-1] ^ _FLIPPED])
        case Disturbance.LOST_ANSWER:
            return b""
        case Disturbance.CUT:
            return block[: len(block) // 2]
        case Disturbance.NOISE:
            return NOISE + block
        case Disturbance.CHATTER:
            return RESTARTED.encode(Way.FROM_READER) + block
        case _:
            return block
