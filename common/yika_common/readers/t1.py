"""T=1: how a command travels in blocks between the program and the card.

Source: ISO/IEC 7816-3:2006 section 11.  A block::

    offset  size  field
    0       1     NAD, 0
    1       1     PCB
    2       1     n, length of the information, 0 to 254
    3       n     information
    3+n     1     LRC, xor of everything before it

PCB::

    0 N M 00000   I-block: N sequence number, M more of this chain follows
    1 0 0 N 00EE  R-block: N the number expected next; EE 0 fine, 1 wrong LRC, 2 other error
    1 1 A TTTTTT  S-block: A 1 in an answer; T 0 resynchronise, 1 block size, 2 abort, 3 more time

The program's side is :mod:`yika_common.readers.t1_host`, the card's
:mod:`yika_common.simulated.t1_card`: state machines without a clock.  A lost or damaged answer is
asked for again by an R-block, which never makes the card execute a command twice.
"""

from yika_common.readers.iso7816 import checksum
from yika_common.values import dataclass

INFORMATION_MAX = 254
RESYNCHRONISE, BLOCK_SIZE, ABORT, MORE_TIME = 0, 1, 2, 3

DAMAGED, UNEXPECTED = 1, 2

_R, _S, _S_ANSWER = 0x80, 0xC0, 0x20
_KIND_MASK = 0xC0
_TOPIC_MASK = 0x1F
_MORE = 0x20
_EPILOGUE = 4


class BlockDamaged(ValueError):
    """The bytes are no block: wrong length or wrong LRC."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block; see the module's tables."""

    pcb: int
    information: bytes = b""

    def __post_init__(self) -> None:
        if len(self.information) > INFORMATION_MAX:
            raise ValueError(f"{len(self.information)} bytes do not fit a block")

    @property
    def is_information(self) -> bool:
        """I-block."""
        return not self.pcb & _R

    @property
    def is_ready(self) -> bool:
        """R-block."""
        return self.pcb & _KIND_MASK == _R

    @property
    def is_request(self) -> bool:
        """S-block that asks."""
        return self.pcb & (_KIND_MASK | _S_ANSWER) == _S

    @property
    def is_answer(self) -> bool:
        """S-block that answers."""
        return self.pcb & (_KIND_MASK | _S_ANSWER) == _S | _S_ANSWER

    @property
    def topic(self) -> int:
        """What an S-block is about."""
        return self.pcb & _TOPIC_MASK

    @property
    def sequence(self) -> int:
        """N of an I-block or an R-block, 0 or 1."""
        return self.pcb >> (6 if self.is_information else 4) & 1

    @property
    def more(self) -> bool:
        """M of an I-block."""
        return bool(self.pcb & _MORE)

    def encode(self) -> bytes:
        """The bytes on the wire."""
        body = bytes([0, self.pcb, len(self.information)]) + self.information
        return body + bytes([checksum(body)])


def decode_block(data: bytes) -> Block:
    """Check the length and the LRC, then take the block apart.

    Raises:
        BlockDamaged: nothing of it may be believed.
    """
    if len(data) < _EPILOGUE or len(data) != _EPILOGUE + data[2] or data[2] > INFORMATION_MAX:
        raise BlockDamaged(f"{len(data)} bytes")
    if checksum(data) != 0:
        raise BlockDamaged("LRC")
    return Block(data[1], data[3:-1])


def information_block(sequence: int, information: bytes, *, more: bool = False) -> Block:
    """An I-block."""
    return Block(sequence << 6 | (_MORE if more else 0), information)


def ready_block(expected: int, error: int = 0) -> Block:
    """An R-block."""
    return Block(_R | expected << 4 | error)


def supervisory_request(topic: int, information: bytes = b"") -> Block:
    """An S-block that asks."""
    return Block(_S | topic, information)


def supervisory_answer(topic: int, information: bytes = b"") -> Block:
    """An S-block that answers."""
    return Block(_S | _S_ANSWER | topic, information)


def split(data: bytes, size: int) -> list[bytes]:
    """The informations of a chain; one empty one for no data."""
    return [data[at : at + size] for at in range(0, len(data), size)] or [b""]
