"""The receipt printer's queue: papers come in at once and go out one after another.

Nobody who sells waits for the printer.  A paper that does not come out is not tried again by
itself: the printer's trouble stands in the status line, and whoever has seen to it prints once
more.  Between papers the printer is asked how it is, so that an empty roll is seen before the
next customer comes.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple, Protocol

from yika_common.errors import YikaError
from yika_common.values import dataclass
from yika_node.hardware.printer_status import PrinterStatus
from yika_node.printing.encoding import encoded
from yika_node.printing.paper import Paper
from yika_node.printing.profiles import Profile
from yika_node.services.paper_errors import PrinterBusy

QUEUE_MAX: Final = 16
LOOK: Final = timedelta(seconds=20)
"""So often a printer with nothing to do is asked how it is."""

_CLOSING_S: Final = 2

_log = logging.getLogger(__name__)


class Printer(Protocol):
    """What prints; see :class:`yika_node.hardware.escpos_printer.EscPosPrinter`."""

    def status(self) -> PrinterStatus:
        """How it is."""

    def print(self, data: bytes) -> PrinterStatus:
        """Print to the end."""


class Job(NamedTuple):
    """A paper that waits; ``printed`` is called once it is out."""

    paper: Paper
    printed: Callable[[], object]


@dataclass(frozen=True, slots=True)
class PrinterView:
    """How the printer is, as far as is known.

    Attributes:
        problem: why it does not print, None where it does; of the last paper, or of the last look.
        failed: the name of the paper that did not come out last, empty where the last one did.
        waiting: how many papers are still to come out.
        known: whether the printer was asked at all yet.
        turn: changes whenever anything of this does.
    """

    problem: YikaError | None = None
    paper_low: bool = False
    failed: str = ""
    waiting: int = 0
    known: bool = False
    turn: int = 0


class PrinterDesk:
    """One printer, from construction to :meth:`close`.

    Args:
        printer: the printer.
        profile: what it can do.
        look: time between looks at a printer that has nothing to do.
    """

    def __init__(self, printer: Printer, profile: Profile, look: timedelta = LOOK) -> None:
        self.profile = profile
        self._printer = printer
        self._every = look.total_seconds()
        self._jobs: queue.Queue[Job | None] = queue.Queue(QUEUE_MAX)
        self._lock = threading.Lock()
        self._view = PrinterView()
        self._names: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)
        self._thread.start()

    @property
    def view(self) -> PrinterView:
        """How the printer is; never waits for it."""
        with self._lock:
            return self._view

    def submit(self, paper: Paper, printed: Callable[[], object] = lambda: None) -> None:
        """Let a paper be printed soon; one of that name that waits already is enough.

        Args:
            paper: what is to be printed.
            printed: called by the printer's own thread once the paper is out.

        Raises:
            PrinterBusy: too many wait; this one was not taken.
        """
        with self._lock:
            if paper.name in self._names:
                return
            try:
                self._jobs.put_nowait(Job(paper, printed))
            except queue.Full as cause:
                raise PrinterBusy from cause
            self._names.add(paper.name)
            self._show(replace(self._view, waiting=len(self._names)))

    def close(self) -> None:
        """Take nothing more; a paper that is being printed may come to its end."""
        try:
            self._jobs.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(_CLOSING_S)

    def _run(self) -> None:
        self._look()
        while True:
            try:
                job = self._jobs.get(timeout=self._every)
            except queue.Empty:
                self._look()
                continue
            if job is None:
                return
            self._do(job)

    def _do(self, job: Job) -> None:
        name = job.paper.name
        try:
            status = self._printer.print(encoded(job.paper, self.profile))
            job.printed()
        except YikaError as problem:
            _log.warning("not_printed", extra={"facts": {"code": problem.code}})
            self._learn(problem, failed=name)
        else:
            self._learn(None, failed="", low=status.paper_low)
        with self._lock:
            self._names.discard(name)
            self._show(replace(self._view, waiting=len(self._names)))

    def _look(self) -> None:
        """Ask the printer how it is.

        One that is well again after a paper failed is well; the paper stays named until another
        one comes out.
        """
        failed = self.view.failed
        try:
            status = self._printer.status()
        except YikaError as problem:
            self._learn(problem, failed=failed)
        else:
            self._learn(status.problem, failed=failed, low=status.paper_low)

    def _learn(self, problem: YikaError | None, *, failed: str, low: bool = False) -> None:
        with self._lock:
            view = self._view
            self._show(replace(view, problem=problem, failed=failed, paper_low=low, known=True))

    def _show(self, view: PrinterView) -> None:
        """What pages see from now on; the lock is held."""
        if _seen(view) != _seen(self._view):
            self._view = replace(view, turn=view.turn + 1)


def _seen(view: PrinterView) -> tuple[object, ...]:
    """What of a view anybody sees; two failures of one kind look alike."""
    problem = None if view.problem is None else (view.problem.code, str(view.problem))
    return problem, view.paper_low, view.failed, view.waiting, view.known
