"""Commands to a CCID reader on a serial line, and their answers.

A command that changes nothing when repeated is repeated when its answer is lost or damaged.  A
transfer to the card is repeated only when the reader refused it unread; for a lost answer the
card is asked again by the protocol above (T=1), which knows how not to execute twice.  An answer
with a wrong LRC is never believed (libccid only logs it).
"""

from collections.abc import Callable

from yika_common.readers.ccid import (
    ANSWERS,
    Damage,
    Decoder,
    Event,
    Icc,
    Kind,
    Message,
    Refusal,
)
from yika_node.hardware.attempts import ATTEMPTS, Lost, Unread
from yika_node.hardware.errors import ReaderGarbled, ReaderSilent
from yika_node.hardware.line import Line
from yika_node.hardware.timing import Timing


class CcidLink:
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
        self._decoder = Decoder()
        self._sequence = 0

    def command(
        self, kind: Kind, data: bytes = b"", *, specific: bytes = bytes(3), wait_s: float = 0.0
    ) -> Message:
        """Send a command that may be repeated; its answer, which may say that it failed.

        ``wait_s`` is how long one attempt waits; the reader's usual time where it is 0.

        Raises:
            ReaderSilent: no attempt was answered.
            ReaderGarbled: the last attempt was answered by unreadable bytes.
            ReaderUnplugged: the port is gone.
        """
        wait_s = wait_s or self._timing.answer_s
        until = self._monotonic() + ATTEMPTS * wait_s
        garbled = False
        for _ in range(ATTEMPTS):
            try:
                return self._exchange(kind, data, specific, wait_s, until)
            except Lost as lost:
                garbled = lost.garbled
                self._settle()
        raise self.failure(garbled=garbled)

    def answers(self, wait_s: float) -> bool:
        """Whether anything that speaks this protocol is there; a harmless command, sent once.

        Raises:
            ReaderUnplugged: the port is gone.
        """
        try:
            until = self._monotonic() + wait_s
            self._exchange(Kind.SLOT_STATUS, b"", bytes(3), wait_s, until)
        except Lost:
            return False
        return True

    def transfer(self, data: bytes, *, wait_s: float, until: float) -> Message | None:
        """Pass bytes to the card once; None where the answer was lost or damaged.

        Raises:
            ReaderSilent: the reader itself does not answer any more.
            ReaderGarbled: the same, with unreadable bytes.
            ReaderUnplugged: the port is gone.
        """
        try:
            return self._exchange(Kind.TRANSFER, data, bytes(3), wait_s, until)
        except Lost:
            self._settle()
            status = self.command(Kind.SLOT_STATUS)
            return None if status.icc is Icc.POWERED else status

    def failure(self, *, garbled: bool) -> ReaderGarbled | ReaderSilent:
        """Give the port up; the error that says why."""
        self._line.close()
        port = self._line.port
        return ReaderGarbled(port=port) if garbled else ReaderSilent(port=port)

    def _exchange(
        self, kind: Kind, data: bytes, specific: bytes, wait_s: float, until: float
    ) -> Message:
        """One command under one sequence number, sent again while the reader refuses it unread."""
        self._sequence = (self._sequence + 1) % 256
        message = Message(kind, self._sequence, specific, data)
        for _ in range(ATTEMPTS):
            self._decoder.reset()
            self._line.discard()
            self._line.write(message.to_frame())
            try:
                return self._answer_to(message, wait_s, until)
            except Unread:
                self._settle()
        raise Lost(garbled=True)

    def _settle(self) -> None:
        """Let what is left of spoilt traffic pass by."""
        self._line.drain(self._monotonic() + self._timing.answer_s)

    def _answer_to(self, command: Message, wait_s: float, until: float) -> Message:
        moment = min(self._monotonic() + wait_s, until)
        while data := self._line.read(moment):
            for event in self._decoder.feed(data):
                message = _answer_in(event, command)
                if message is None:
                    continue
                if not message.wants_time:
                    return message
                moment = min(self._monotonic() + wait_s, until)
            if self._monotonic() >= moment:
                break
        raise Lost(garbled=bool(self._decoder.noise or self._decoder.in_frame))


def _answer_in(event: Event, command: Message) -> Message | None:
    """The answer to this command; None for echoes, movement reports and answers to others."""
    match event:
        case Refusal():
            raise Unread
        case Damage():
            raise Lost(garbled=True)
        case Message(sequence=command.sequence) if event.kind == ANSWERS[command.kind]:
            return event
        case _:
            return None
