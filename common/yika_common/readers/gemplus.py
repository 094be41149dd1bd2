"""The Gemplus Block Protocol (GBP) of GemCore readers, the GCR410 among them: blocks on the line.

Source: Gemplus' own driver for Linux (``libgcr410`` 2.4.0), checked by running that driver against
our simulated reader.  It is T=1 in small: a command of the program and its answer are one block
each, and either side asks for a block that came damaged.

The line has 8 data bits, no parity and 1 stop bit; a reader that was just powered has 9600 baud.
A block::

    offset  size  field
    0       1     NAD, to whom and from whom: 42 to the reader, 24 to the program
    1       1     PCB
    2       1     n, 0 to 255
    3       n     data
    3+n     1     EDC, xor of everything before it

PCB::

    0 N 0 00000   I-block, a command or an answer: N its number, 0 and 1 by turns on each side
    1 0 0 N 00EE  R-block, a request to repeat: N the number expected next; EE 1 wrong EDC, 2 other
    1 1 0 00000   S-block of the program: both sides begin again with number 0
    1 1 1 00000   the reader's answer to that

What the data says is in :mod:`yika_common.readers.gemplus_commands`.
"""

from enum import IntEnum

from yika_common.readers.iso7816 import checksum
from yika_common.values import dataclass

DATA_MAX = 255
BITS_A_BYTE = 10
"""On the line: the start bit, 8 data bits and the stop bit."""

WRONG_EDC, UNEXPECTED = 1, 2

_R, _S, _S_ANSWER = 0x80, 0xC0, 0xE0
_R_MASK, _R_REST = 0xC0, 0x2C
_I_REST = 0x3F
_HEAD, _EPILOGUE = 3, 1


class Way(IntEnum):
    """NAD: which way a block goes."""

    TO_READER = 0x42
    FROM_READER = 0x24


@dataclass(frozen=True, slots=True)
class Block:
    """One block; see the module's tables."""

    pcb: int
    data: bytes = b""

    def __post_init__(self) -> None:
        if len(self.data) > DATA_MAX:
            raise ValueError(f"{len(self.data)} bytes do not fit a block")

    @property
    def is_information(self) -> bool:
        """I-block."""
        return not self.pcb & (_R | _I_REST)

    @property
    def is_repeat(self) -> bool:
        """R-block."""
        return self.pcb & (_R_MASK | _R_REST) == _R

    @property
    def is_restart(self) -> bool:
        """S-block of the program."""
        return self.pcb == _S

    @property
    def is_restarted(self) -> bool:
        """The reader's answer to an S-block."""
        return self.pcb == _S_ANSWER

    @property
    def number(self) -> int:
        """N of an I-block or an R-block, 0 or 1."""
        return self.pcb >> (6 if self.is_information else 4) & 1

    def encode(self, way: Way) -> bytes:
        """The bytes on the line."""
        body = bytes([way, self.pcb, len(self.data)]) + self.data
        return body + bytes([checksum(body)])


@dataclass(frozen=True, slots=True)
class Damage:
    """A block whose EDC is wrong."""


RESTART = Block(_S)
RESTARTED = Block(_S_ANSWER)


def information_block(number: int, data: bytes) -> Block:
    """A command or an answer."""
    return Block(number << 6, data)


def repeat_block(expected: int, error: int = 0) -> Block:
    """A request to repeat the last block."""
    return Block(_R | expected << 4 | error)


def wire_time(count: int, baud: int) -> float:
    """Seconds that so many bytes take on the line."""
    return count * BITS_A_BYTE / baud


class BlockDecoder:
    """Takes the bytes of one way as they come in and gives back what became complete.

    Nothing marks where a block begins but its NAD.  Bytes that are none are skipped and counted
    in ``noise``; after a damaged block everything that has come in is dropped.

    Args:
        way: of the blocks that are waited for.
    """

    def __init__(self, way: Way) -> None:
        self.noise = 0
        self._way = bytes([way])
        self._buffer = bytearray()

    @property
    def in_block(self) -> bool:
        """Whether the beginning of a block still waits for its rest."""
        return bool(self._buffer)

    def reset(self) -> None:
        """Forget a half-received block and the noise."""
        self._buffer.clear()
        self.noise = 0

    def feed(self, data: bytes) -> list[Block | Damage]:
        """What became complete with these bytes, in order."""
        self._buffer += data
        events: list[Block | Damage] = []
        while self._skip_noise() and (length := self._length()):
            found = bytes(self._buffer[:length])
            if checksum(found) != 0:
                self._buffer.clear()
                events.append(Damage())
            else:
                del self._buffer[:length]
                events.append(Block(found[1], found[_HEAD:-_EPILOGUE]))
        return events

    def _skip_noise(self) -> bool:
        """Drop what begins no block; whether something is left."""
        begins = self._buffer.find(self._way)
        skipped = begins if begins >= 0 else len(self._buffer)
        self.noise += skipped
        del self._buffer[:skipped]
        return bool(self._buffer)

    def _length(self) -> int:
        """Bytes of the block that the buffer begins with; 0 where it is not whole yet."""
        if len(self._buffer) < _HEAD:
            return 0
        length = _HEAD + self._buffer[_HEAD - 1] + _EPILOGUE
        return length if len(self._buffer) >= length else 0
