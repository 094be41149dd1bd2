"""Jobs that run by themselves, at intervals or when asked for, and never twice at once.

APScheduler with its memory store: jobs are made again at every start, runs that were missed are
made up for by one.  One process only; several web workers must not each run every job.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

Job = Callable[[], object]
"""Answers nothing that anybody reads; what it may expect to fail, it handles itself."""

_LATE_S = 3600


class Schedule:
    """A running set of named jobs; a job never overlaps itself."""

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(2)},
            # The job excludes itself; a run about to end must not swallow the one asked for next.
            job_defaults={"coalesce": True, "max_instances": 2, "misfire_grace_time": _LATE_S},
            timezone=UTC,
        )
        self._jobs: dict[str, _NeverTwiceAtOnce] = {}

    def every(self, seconds: int, name: str, job: Job, *, jitter_s: int = 0) -> None:
        """Run the job every so many seconds, up to ``jitter_s`` sooner or later, not at once.

        Raises:
            ValueError: there is a job of that name already.
        """
        if name in self._jobs:
            raise ValueError(f"there are two jobs named {name}")
        self._jobs[name] = _NeverTwiceAtOnce(job)
        self._scheduler.add_job(
            self._jobs[name], "interval", seconds=seconds, jitter=jitter_s or None, id=name
        )

    def soon(self, name: str) -> None:
        """Run the named job now, in the background; if it runs already, once more after that.

        Asking often before it begins is one run.  Returns at once.

        Raises:
            KeyError: no job has that name.
        """
        self._jobs[name].ask()
        try:
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))
        except JobLookupError:
            return  # The schedule was stopped; so was whatever the run would have been good for.

    def start(self) -> None:
        """Begin; jobs run in threads of their own."""
        self._scheduler.start()

    def stop(self) -> None:
        """Let what runs finish, then end; nothing runs afterwards."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)


class _NeverTwiceAtOnce:
    """A run that finds another under way leaves; what was asked for meanwhile runs after it."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._running = threading.Lock()
        self._asked = threading.Event()

    def ask(self) -> None:
        """Remember that a run is wanted that begins after this moment."""
        self._asked.set()

    def __call__(self) -> None:
        """Run, and once more for as long as it was asked for meanwhile."""
        wanted = True
        while wanted and self._running.acquire(blocking=False):
            try:
                self._asked.clear()
                self._job()
            finally:
                self._running.release()
            wanted = self._asked.is_set()
