"""A receipt printer that speaks ESC/POS: asked how it is, and given bytes to print."""

import time
from collections.abc import Callable
from typing import Final

from yika_node.hardware.printer_errors import PrinterError, PrinterSilent, PrinterStuck
from yika_node.hardware.printer_line import OpenLine, PrinterLine
from yika_node.hardware.printer_status import (
    ASKED,
    DONE,
    THROW_AWAY,
    PrinterStatus,
    is_answer,
    is_done,
    question,
    status_of,
)

ANSWER_S: Final = 1.0
"""A printer answers DLE EOT at once, even while it prints."""
DONE_S: Final = 15.0
"""The last line of a receipt is on paper so long after its last byte was taken, or never."""
_STILL_S: Final = 0.2


class EscPosPrinter:
    """One printer; its line is open only while it is spoken to.

    Args:
        line: opens the line.
        answers: whether it answers; a printer on a one-way line is believed to be well.
        done_s: how long it is waited for the end of a paper.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        line: OpenLine,
        *,
        answers: bool = True,
        done_s: float = DONE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line = line
        self._answers = answers
        self._done_s = done_s
        self._monotonic = monotonic

    def status(self) -> PrinterStatus:
        """How the printer is.

        Raises:
            PrinterMissing, PrinterSilent: it cannot be asked.
        """
        line = self._line()
        try:
            return self._asked(line)
        finally:
            line.close()

    def print(self, data: bytes) -> PrinterStatus:
        """Print; on return everything is on paper, as far as the printer can tell.

        Raises:
            PrinterError: it is not, or not all of it; what was not printed is forgotten.
        """
        line = self._line()
        try:
            status = self._asked(line)
            if status.problem is not None:
                raise status.problem
            try:
                line.write(data)
                return self._ended(line) if self._answers else status
            except PrinterStuck as stuck:
                raise self._cause(line, stuck) from stuck
        finally:
            line.close()

    def _asked(self, line: PrinterLine) -> PrinterStatus:
        """What it answers to every question; the first one it must answer."""
        if not self._answers:
            return PrinterStatus()
        line.discard()
        answers: dict[int, int] = {}
        for n in ASKED:
            line.write(question(n), ANSWER_S)
            answer = self._byte(line, is_answer, ANSWER_S)
            if answer is None and not answers:
                raise PrinterSilent(port=line.name)
            if answer is not None:
                answers[n] = answer
        return status_of(answers)

    def _ended(self, line: PrinterLine) -> PrinterStatus:
        """Wait until everything was printed.

        A printer that does not know GS r is asked how it is when the time is over: if it is well,
        it has printed.
        """
        line.write(DONE)
        done = self._byte(line, is_done, self._done_s)
        status = self._asked(line)
        if status.problem is not None and done is None:
            raise PrinterStuck
        return status

    def _cause(self, line: PrinterLine, stuck: PrinterError) -> PrinterError:
        """Why it took no more; what it holds is thrown away, or it would come out later."""
        try:
            line.forget()
            if not self._answers:
                return stuck
            line.write(THROW_AWAY, ANSWER_S)
            return self._asked(line).problem or stuck
        except PrinterError as worse:
            return worse

    def _byte(
        self, line: PrinterLine, belongs: Callable[[int], bool], wait_s: float
    ) -> int | None:
        until = self._monotonic() + wait_s
        while (left := until - self._monotonic()) > 0:
            for byte in line.read(min(left, _STILL_S)):
                if belongs(byte):
                    return byte
        return None
