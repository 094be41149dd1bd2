"""T=1, the card's side: collects a command, has it executed, hands out the answer.

Source: ISO/IEC 7816-3:2006 section 11.  A block that comes twice is executed once.
"""

from collections.abc import Callable

from yika_common.readers.t1 import (
    BLOCK_SIZE,
    DAMAGED,
    MORE_TIME,
    RESYNCHRONISE,
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

_HOST_BLOCK_SIZE_DEFAULT = 32


class T1Card:
    """The card from reset to power-down.

    Args:
        execute: takes a command APDU and returns response data, SW1 and SW2.
        time_requests: how often the card asks for more time before each answer.
    """

    def __init__(self, execute: Callable[[bytes], bytes], *, time_requests: int = 0) -> None:
        self._execute = execute
        self._time_requests = time_requests
        self._waits_left = 0
        self._host_block_size = _HOST_BLOCK_SIZE_DEFAULT
        self._mine = 0
        self._theirs = 0
        self._command = bytearray()
        self._pieces: list[bytes] = []
        self._last = ready_block(0)

    def command_with(self, data: bytes) -> bytes | None:
        """The command as far as it would be known with this block, None if it adds nothing."""
        try:
            block = decode_block(data)
        except BlockDamaged:
            return None
        if not block.is_information or block.sequence != self._theirs:
            return None
        return bytes(self._command) + block.information

    def received(self, data: bytes) -> bytes:
        """The card's block in answer to the host's."""
        try:
            block = decode_block(data)
        except BlockDamaged:
            return ready_block(self._theirs, DAMAGED).encode()
        if block.is_information:
            return self._on_information(block)
        if block.is_ready:
            return self._on_ready(block)
        return self._on_supervisory(block)

    def _on_information(self, block: Block) -> bytes:
        if block.sequence != self._theirs:
            return ready_block(self._theirs, UNEXPECTED).encode()
        self._theirs ^= 1
        self._acknowledge_answer()
        self._command += block.information
        if block.more:
            return self._send(ready_block(self._theirs))
        command = bytes(self._command)
        self._command.clear()
        self._pieces = split(self._execute(command), self._host_block_size)
        self._waits_left = self._time_requests
        return self._send_waiting_or_piece()

    def _on_ready(self, block: Block) -> bytes:
        last_was_answer = self._last.is_information
        if last_was_answer and block.sequence != self._mine and len(self._pieces) > 1:
            self._pieces.pop(0)
            self._mine ^= 1
            return self._send_piece()
        if not last_was_answer or block.sequence == self._mine:
            return self._last.encode()
        return ready_block(self._theirs, UNEXPECTED).encode()

    def _on_supervisory(self, block: Block) -> bytes:
        if block.is_answer:
            waited = block.topic == MORE_TIME and self._last.is_request
            return self._send_waiting_or_piece() if waited else self._last.encode()
        if block.topic == BLOCK_SIZE and block.information:
            self._host_block_size = block.information[0]
        elif block.topic == RESYNCHRONISE:
            self._mine = self._theirs = 0
            self._command.clear()
            self._pieces.clear()
        return supervisory_answer(block.topic, block.information).encode()

    def _acknowledge_answer(self) -> None:
        """The host's next command says that it got the whole previous answer."""
        if self._pieces:
            self._pieces.clear()
            self._mine ^= 1

    def _send_waiting_or_piece(self) -> bytes:
        if self._waits_left:
            self._waits_left -= 1
            return self._send(supervisory_request(MORE_TIME, b"\x01"))
        return self._send_piece()

    def _send_piece(self) -> bytes:
        more = len(self._pieces) > 1
        return self._send(information_block(self._mine, self._pieces[0], more=more))

    def _send(self, block: Block) -> bytes:
        self._last = block
        return block.encode()
