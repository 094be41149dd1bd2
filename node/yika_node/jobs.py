"""What a running node does by itself.

It exchanges with headquarters, at intervals and after sales, and ends the sessions whose time has
run out, so that the vault is locked although no browser asks any more.  As soon as its pages can
be reached it loads what the first of them does without.
"""

import logging
import threading
from typing import Final

from yika_common.errors import YikaError
from yika_common.infra.scheduling import Job, Schedule
from yika_node.bootstrap import Node

SYNC: Final = "sync"
SWEEP: Final = "sweep"
WARM_UP: Final = "warm-up"
SWEEP_INTERVAL_S: Final = 60
_JITTER_PART = 10

_log = logging.getLogger(__name__)


class Jobs:
    """The node's background work, from :meth:`start` to :meth:`stop`."""

    def __init__(self, node: Node, *, sweep: Job) -> None:
        self._node = node
        self._schedule = Schedule()
        interval = node.config.sync.interval_s
        self._schedule.every(interval, SYNC, self._sync, jitter_s=interval // _JITTER_PART)
        self._schedule.every(SWEEP_INTERVAL_S, SWEEP, sweep)
        self._warming = threading.Thread(target=self._warm_up, name=WARM_UP)

    def start(self) -> None:
        """Begin; the first exchange comes after one interval, or when asked for."""
        self._schedule.start()

    def warm_up(self) -> None:
        """Load in the background what the first page does without; once, when it can be had."""
        self._warming.start()

    def soon(self) -> None:
        """Exchange in the background, now: something was sold."""
        self._schedule.soon(SYNC)

    def stop(self) -> None:
        """Let a running exchange end, then do nothing more."""
        self._schedule.stop()
        if self._warming.ident is not None:
            self._warming.join()

    def _warm_up(self) -> None:
        try:
            self._node.warm_up()
        except YikaError as problem:
            _log.warning("warm_up_failed", extra={"facts": {"code": problem.code}})

    def _sync(self) -> None:
        """One exchange; a locked vault or a line that is down is no event of its own here."""
        if self._node.vault.locked or not self._node.standing.enrolled:
            return
        try:
            report = self._node.courier.sync()
        except YikaError as problem:
            _log.warning("sync_failed", extra={"facts": {"code": problem.code}})
        else:
            _log.info(
                "synced", extra={"facts": {"sent": report.sent, "upto": report.acknowledged}}
            )
