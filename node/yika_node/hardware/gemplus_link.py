"""Commands to a Gemplus reader on a serial line, and their answers.

Commands and answers are numbered, so a command is never carried out twice by mistake: where an
answer is lost or damaged, the reader is asked for its last block again.  If that block is an older
answer, the command never arrived and is sent again.  Where the numbers themselves are in doubt
both sides begin again, and then nobody knows of the last command: one that means the same when
repeated is repeated, one for the card is not.
"""

from collections import deque
from collections.abc import Callable

from yika_common.readers.gemplus import (
    RESTART,
    Block,
    BlockDecoder,
    Damage,
    Way,
    information_block,
    repeat_block,
    wire_time,
)
from yika_node.hardware.attempts import ATTEMPTS, Lost
from yika_node.hardware.errors import ReaderGarbled, ReaderSilent
from yika_node.hardware.line import Line
from yika_node.hardware.timing import Timing

_GREETING_S = 0.05
_ROUNDS = 2
"""Before a restart and after it; and a lost command costs two blocks, a request and itself."""
_RESTART_BYTES = 8
"""An S-block and its answer."""


class GemplusLink:
    """The conversation with one reader; not for several threads at a time.

    Args:
        line: the port; opened and closed by the owner of the link.
        timing: how long to wait.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(self, line: Line, timing: Timing, monotonic: Callable[[], float]) -> None:
        self._line = line
        self._timing = timing
        self._monotonic = monotonic
        self._decoder = BlockDecoder(Way.FROM_READER)
        self._arrived: deque[Block | Damage] = deque()
        self._mine = self._theirs = 0

    def command(self, data: bytes, *, wait_s: float = 0.0) -> bytes:
        """Send a command that may be repeated; its answer, status and what follows.

        ``wait_s`` is how long one attempt waits; the reader's usual time where it is 0.

        Raises:
            ReaderSilent: no attempt was answered.
            ReaderGarbled: the last attempt was answered by unreadable bytes.
            ReaderUnplugged: the port is gone.
        """
        wait_s = wait_s or self._timing.answer_s
        garbled = False
        for _ in range(_ROUNDS):
            try:
                return self._exchange(data, wait_s, self._monotonic() + ATTEMPTS * wait_s)
            except Lost as lost:
                garbled = lost.garbled
                if not self.restarted():
                    break
        raise self.failure(garbled=garbled)

    def once(self, data: bytes, *, wait_s: float, until: float) -> bytes | None:
        """Send a command that must not be repeated; None where nobody knows what became of it.

        Raises:
            ReaderSilent: the reader itself does not answer any more.
            ReaderGarbled: the same, with unreadable bytes.
            ReaderUnplugged: the port is gone.
        """
        try:
            return self._exchange(data, wait_s, until)
        except Lost as lost:
            if not self.restarted():
                raise self.failure(garbled=lost.garbled) from lost
            return None

    def restarted(self) -> bool:
        """Begin again with number 0 on both sides; False where the reader does not answer.

        Raises:
            ReaderUnplugged: the port is gone.
        """
        wait_s = self._timing.answer_s / ATTEMPTS
        return any(self.greeted(wait_s) for _ in range(ATTEMPTS))

    def greeted(self, wait_s: float = _GREETING_S) -> bool:
        """The same, tried once on a quiet line.

        ``wait_s`` is how long it waits beyond the bytes' own time on the line.

        Raises:
            ReaderUnplugged: the port is gone.
        """
        self._line.drain(self._monotonic() + wait_s)
        self._send(RESTART)
        moment = self._monotonic() + wire_time(_RESTART_BYTES, self._line.baud) + wait_s
        try:
            while not self._block(moment, moment).is_restarted:
                pass
        except Lost:
            return False
        self._mine = self._theirs = 0
        return True

    def is_clean(self, data: bytes) -> bool:
        """Whether a command that may be repeated is answered at once, and readably.

        Raises:
            ReaderUnplugged: the port is gone.
        """
        moment = self._monotonic() + self._timing.answer_s
        self._send(information_block(self._mine, data))
        try:
            block = self._block(moment, moment)
        except Lost:
            return False
        if not block.is_information or block.number != self._theirs:
            return False
        self._advance()
        return True

    def tell(self, data: bytes, until: float) -> bytes | None:
        """Send a command whose answer may not be readable; what was read of it by that moment.

        Raises:
            ReaderUnplugged: the port is gone.
        """
        self._send(information_block(self._mine, data))
        while self._monotonic() < until:
            try:
                block = self._block(until, until)
            except Lost:
                continue
            if block.is_information and block.number == self._theirs:
                self._advance()
                return block.data
        return None

    def failure(self, *, garbled: bool) -> ReaderGarbled | ReaderSilent:
        """Give the port up; the error that says why."""
        self._line.close()
        port = self._line.port
        return ReaderGarbled(port=port) if garbled else ReaderSilent(port=port)

    def _exchange(self, data: bytes, wait_s: float, until: float) -> bytes:
        """One command, and where its answer does not come at once, what asks for it."""
        command = sent = information_block(self._mine, data)
        garbled = False
        for _ in range(_ROUNDS * ATTEMPTS):
            self._send(sent)
            try:
                block = self._answer_to(sent, wait_s, until)
            except Lost as lost:
                if self._monotonic() >= until:
                    raise
                garbled = lost.garbled
                self._line.drain(self._monotonic() + self._timing.answer_s)
                sent = repeat_block(self._theirs)
                continue
            if block.is_information and block.number == self._theirs:
                self._advance()
                return block.data
            garbled = garbled or block.is_repeat
            executed = block.is_repeat and block.number != self._mine
            sent = repeat_block(self._theirs) if executed else command
        raise Lost(garbled=garbled)

    def _advance(self) -> None:
        self._mine ^= 1
        self._theirs ^= 1

    def _answer_to(self, sent: Block, wait_s: float, until: float) -> Block:
        """The next block, but for an answer to an S-block that comes late."""
        size = len(sent.encode(Way.TO_READER))
        moment = self._monotonic() + wire_time(size, self._line.baud) + wait_s
        while True:
            block = self._block(min(moment, until), until)
            if not (sent.is_information and block.is_restarted):
                return block

    def _send(self, block: Block) -> None:
        self._decoder.reset()
        self._arrived.clear()
        self._line.discard()
        self._line.write(block.encode(Way.TO_READER))

    def _block(self, moment: float, until: float) -> Block:
        """The next block; it has to begin by that moment and to go on until it is whole.

        Raises:
            Lost: none came, or not whole, or damaged.
        """
        while not self._arrived:
            if not (data := self._line.read(moment)):
                raise self._lost()
            self._arrived.extend(self._decoder.feed(data))
            now = self._monotonic()
            if self._decoder.in_block:
                moment = min(max(moment, now + self._timing.answer_s), until)
            if now >= moment and not self._arrived:
                raise self._lost()
        block = self._arrived.popleft()
        if isinstance(block, Damage):
            raise Lost(garbled=True)
        return block

    def _lost(self) -> Lost:
        return Lost(garbled=bool(self._decoder.noise or self._decoder.in_block))
