"""T=1, the program's side: gives blocks to send, takes what came back.

Source: ISO/IEC 7816-3:2006 section 11.6, with its rules for repetition.  Resynchronising is left
out: after it nobody could say whether the command was executed, so a card that stays confused is
powered up anew.
"""

from yika_common.readers.t1 import (
    BLOCK_SIZE,
    DAMAGED,
    INFORMATION_MAX,
    MORE_TIME,
    UNEXPECTED,
    Block,
    BlockDamaged,
    decode_block,
    information_block,
    ready_block,
    split,
    supervisory_answer,
    supervisory_request,
)
from yika_common.values import dataclass

ANSWER_MAX = 65_536 + 2
RETRIES_MAX = 3


class ProtocolBroken(Exception):
    """The card could not be understood in :data:`RETRIES_MAX` repetitions, or gave up."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send this block and pass on what comes back.

    ``patience`` multiplies the card's usual time to answer.
    """

    block: bytes
    patience: int = 1


@dataclass(frozen=True, slots=True)
class Done:
    """The exchange is over; this is the card's whole answer."""

    data: bytes


class T1Host:
    """The program's side, for one card from reset to power-down.

    :meth:`begin` gives the first block of a command; each answer goes into :meth:`received`,
    which says what to send next or that the answer is complete.
    """

    def __init__(self, card_block_size: int) -> None:
        self._card_block_size = card_block_size
        self._mine = 0
        self._theirs = 0
        self._pieces: list[bytes] = []
        self._answer = bytearray()
        self._last = ready_block(0)
        self._retries = 0

    def offer_block_size(self) -> Send:
        """Tell the card that we take blocks of 254 bytes; it answers likewise."""
        self._begin_exchange([])
        return self._send(supervisory_request(BLOCK_SIZE, bytes([INFORMATION_MAX])))

    def begin(self, apdu: bytes) -> Send:
        """The first block of a command."""
        self._begin_exchange(split(apdu, self._card_block_size))
        return self._send_piece()

    def received(self, data: bytes | None) -> Send | Done:
        """Go on with what came back; None where nothing readable did.

        Raises:
            ProtocolBroken: too many repetitions, or the card gave up.  The card may have executed
                the command; it must be powered up anew.
        """
        try:
            block = decode_block(data or b"")
        except BlockDamaged:
            return self._repeat(DAMAGED)
        if block.is_information:
            return self._on_information(block)
        if block.is_ready:
            return self._on_ready(block)
        return self._on_supervisory(block)

    def _begin_exchange(self, pieces: list[bytes]) -> None:
        self._pieces = pieces
        self._answer.clear()
        self._retries = 0

    def _on_information(self, block: Block) -> Send | Done:
        if block.sequence != self._theirs or len(self._pieces) > 1 or self._last.is_request:
            return self._repeat(UNEXPECTED)
        if self._pieces:
            self._pieces.clear()
            self._mine ^= 1
        self._theirs ^= 1
        self._retries = 0
        self._answer += block.information
        if len(self._answer) > ANSWER_MAX:
            raise ProtocolBroken("the answer never ends")
        if block.more:
            return self._send(ready_block(self._theirs))
        return Done(bytes(self._answer))

    def _on_ready(self, block: Block) -> Send:
        if len(self._pieces) > 1 and block.sequence != self._mine:
            self._pieces.pop(0)
            self._mine ^= 1
            self._retries = 0
            return self._send_piece()
        self._count_retry()
        if self._pieces and block.sequence == self._mine:
            return self._send_piece()
        return self._send(self._last)

    def _on_supervisory(self, block: Block) -> Send | Done:
        information = block.information
        if block.is_answer:
            if self._last.is_request and self._last.topic == block.topic:
                return Done(information)
            return self._repeat(UNEXPECTED)
        if block.topic == MORE_TIME and information:
            return self._send(supervisory_answer(MORE_TIME, information), max(1, information[0]))
        if block.topic == BLOCK_SIZE and information[:1] not in (b"", b"\x00", b"\xff"):
            self._card_block_size = information[0]
            return self._send(supervisory_answer(BLOCK_SIZE, information))
        raise ProtocolBroken(f"S-block {block.pcb:02X}")

    def _repeat(self, error: int) -> Send:
        """Ask for the last block again; a request of ours is itself sent again."""
        self._count_retry()
        if self._last.is_request:
            return self._send(self._last)
        return Send(ready_block(self._theirs, error).encode())

    def _count_retry(self) -> None:
        self._retries += 1
        if self._retries > RETRIES_MAX:
            raise ProtocolBroken(f"{RETRIES_MAX} repetitions")

    def _send_piece(self) -> Send:
        more = len(self._pieces) > 1
        return self._send(information_block(self._mine, self._pieces[0], more=more))

    def _send(self, block: Block, patience: int = 1) -> Send:
        self._last = block
        return Send(block.encode(), patience)
