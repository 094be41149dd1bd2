"""Commands to an ASEDrive on a serial line, and their answers.

Nothing in an answer says which command it belongs to.  So before a command is sent, whatever came
late is dropped; and once an answer was lost, the line has to be quiet before the next command.
Commands of the reader and of memory chips mean the same when they are repeated, since a chip
takes values and not changes, and are repeated when their answer is lost or damaged.  A block to a
CPU card and a code that is compared are repeated only when the reader refused them unread.  The
reader's own repetition (``44``) is not used: where the *command* was lost, it repeats the answer
before.
"""

import math
from collections.abc import Callable

from yika_common.readers.asedrive import (
    UNREAD,
    AnswerDecoder,
    Command,
    Damage,
    Reply,
    StatusCode,
    command_frame,
)
from yika_node.hardware.attempts import ATTEMPTS, Lost, Unread
from yika_node.hardware.errors import ReaderGarbled, ReaderSilent
from yika_node.hardware.line import Line
from yika_node.hardware.timing import Timing

_GREETING_S = 0.2
_WITH_DATA = frozenset(
    {
        Command.START,
        Command.STATUS,
        Command.POWER_ON,
        Command.RESET,
        Command.BLOCK,
        Command.SPEED,
    }
)
"""Commands that are answered by data, or by a status that is not OK."""


class AseDriveLink:
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
        self._decoder = AnswerDecoder()

    def command(
        self,
        command: Command,
        data: bytes = b"",
        *,
        size: int | None = None,
        wait_s: float = 0.0,
    ) -> Reply:
        """Send a command that may be repeated; its answer, whose status may not be OK.

        ``size`` is how many bytes come back where that is known before; 0: a status alone.
        ``wait_s`` is how long one attempt waits; the reader's usual time where it is 0.

        Raises:
            ReaderSilent: no attempt was answered.
            ReaderGarbled: the last attempt was answered by unreadable bytes.
            ReaderUnplugged: the port is gone.
        """
        if size is None and command not in _WITH_DATA:
            size = 0
        wait_s = wait_s or self._timing.answer_s
        until = self._monotonic() + ATTEMPTS * wait_s
        garbled = False
        for attempt in range(ATTEMPTS):
            try:
                reply = self._exchange(command, data, size, wait_s, until)
            except Lost as lost:
                garbled = lost.garbled
                self._settle()
            else:
                if attempt:
                    self._settle()
                return reply
        raise self.failure(garbled=garbled)

    def answers(self, wait_s: float) -> bool:
        """Whether anything that speaks this protocol is there; it is started again and again.

        Raises:
            ReaderUnplugged: the port is gone.
        """
        until = self._monotonic() + wait_s
        while True:
            try:
                self._exchange(Command.START, b"", None, _GREETING_S, until)
            except Lost:
                self._settle()
                if self._monotonic() >= until:
                    return False
            else:
                return True

    def once(
        self,
        command: Command,
        data: bytes,
        *,
        size: int | None = None,
        wait_s: float = 0.0,
        until: float = math.inf,
    ) -> Reply | None:
        """Send a command that must not be repeated; None where its answer was lost or damaged.

        However often the reader asks for more time, it gets no more than an operation's.

        Raises:
            ReaderSilent: the reader itself does not answer any more.
            ReaderGarbled: the same, with unreadable bytes.
            ReaderUnplugged: the port is gone.
        """
        until = min(until, self._monotonic() + self._timing.operation_s)
        try:
            return self._exchange(command, data, size, wait_s or self._timing.answer_s, until)
        except Lost:
            self._settle()
            self.command(Command.STATUS)
            return None

    def failure(self, *, garbled: bool) -> ReaderGarbled | ReaderSilent:
        """Give the port up; the error that says why."""
        self._line.close()
        port = self._line.port
        return ReaderGarbled(port=port) if garbled else ReaderSilent(port=port)

    def _exchange(
        self, command: Command, data: bytes, size: int | None, wait_s: float, until: float
    ) -> Reply:
        """One command, sent again while the reader refuses it unread."""
        frame = command_frame(command, data)
        for _ in range(ATTEMPTS):
            self._decoder.reset()
            self._line.discard()
            self._line.write(frame)
            try:
                return self._answer(size, wait_s, until)
            except Unread:
                self._settle()
        raise Lost(garbled=True)

    def _settle(self) -> None:
        """Let what is left of spoilt traffic pass by."""
        self._line.drain(self._monotonic() + self._timing.answer_s)

    def _answer(self, size: int | None, wait_s: float, until: float) -> Reply:
        moment = min(self._monotonic() + wait_s, until)
        while data := self._line.read(moment):
            for event in self._decoder.feed(data):
                if isinstance(event, Damage):
                    raise Lost(garbled=True)
                if not isinstance(event, Reply):
                    continue
                if event.status is not StatusCode.MORE_TIME:
                    return _expected(event, size)
                moment = min(self._monotonic() + wait_s, until)
            if self._monotonic() >= moment:
                break
        raise Lost(garbled=bool(self._decoder.noise or self._decoder.in_frame))


def _expected(reply: Reply, size: int | None) -> Reply:
    """An answer that can be this command's."""
    if reply.status in UNREAD:
        raise Unread
    found = None if reply.data is None else len(reply.data)
    fits = bool(found) if size is None else (found or 0) == size
    if reply.status is StatusCode.OK and not fits:
        raise Lost(garbled=True)
    return reply
