"""What a running node does by itself.

It exchanges with headquarters, at intervals and after sales, and less often while the line is
down.  It ends the sessions whose time has run out, so that the vault is locked although no browser
asks any more.  It has backups made, in a process of their own that leaves the machine to others.
As soon as its pages can be reached it loads what the first of them does without.
"""

import logging
import sys
import threading
from collections.abc import Callable
from time import monotonic_ns
from typing import TYPE_CHECKING, Final

from yika_common.clock import to_timestamp
from yika_common.errors import YikaError
from yika_common.infra.entropy import system_random
from yika_common.infra.scheduling import Job, Schedule
from yika_node.bootstrap import Node
from yika_node.services import practice_uses
from yika_node.services.patience import Patience
from yika_node.uplink import HeadquartersRefused, LinkDown

if TYPE_CHECKING:
    from subprocess import Popen

SYNC: Final = "sync"
SWEEP: Final = "sweep"
USES: Final = "uses"
WARM_UP: Final = "warm-up"
BACKUP: Final = "backup"
BACKUP_LOOK_S: Final = 60
SWEEP_INTERVAL_S: Final = 60
_JITTER_PART = 10
_NS_A_S = 1_000_000_000

_log = logging.getLogger(__name__)


def _seconds() -> int:
    """Of a clock that only runs forward."""
    return monotonic_ns() // _NS_A_S


class Jobs:
    """The node's background work, from :meth:`start` to :meth:`stop`."""

    def __init__(self, node: Node, *, sweep: Job, seconds: Callable[[], int] = _seconds) -> None:
        self._node = node
        self._seconds = seconds
        self._patience = Patience(system_random)
        self._schedule = Schedule()
        interval = node.config.sync.interval_s
        self._schedule.every(interval, SYNC, self._sync, jitter_s=interval // _JITTER_PART)
        self._schedule.every(SWEEP_INTERVAL_S, SWEEP, sweep)
        self._schedule.every(SWEEP_INTERVAL_S, USES, self._keep_uses)
        self._schedule.every(BACKUP_LOOK_S, BACKUP, self._backup_or_tell)
        self._keeper: Popen[bytes] | None = None
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
        """Let a running exchange end, give up a running backup, then do nothing more."""
        if self._keeper is not None:
            self._keeper.terminate()
        self._schedule.stop()
        if self._warming.ident is not None:
            self._warming.join()
        self._keep_uses()

    def _warm_up(self) -> None:
        try:
            self._node.warm_up()
        except YikaError as problem:
            _log.warning("warm_up_failed", extra={"facts": {"code": problem.code}})

    def _keep_uses(self) -> None:
        """Write down which rights were used today."""
        try:
            self._node.uses.keep()
        except YikaError as problem:
            _log.warning("uses_not_kept", extra={"facts": {"code": problem.code}})

    def _sync(self) -> None:
        """One exchange; a locked vault or a line that is down is no event of its own here."""
        if self._node.vault.locked or not self._node.standing.enrolled:
            return
        if not self._patience.over(self._seconds()):
            return
        try:
            report = self._node.courier.sync()
        except (LinkDown, HeadquartersRefused) as problem:
            self._patience.failed(self._seconds())
            _log.warning("sync_failed", extra={"facts": {"code": problem.code}})
        except YikaError as problem:
            _log.warning("sync_failed", extra={"facts": {"code": problem.code}})
        else:
            self._patience.reached()
            _log.info(
                "synced", extra={"facts": {"sent": report.sent, "upto": report.acknowledged}}
            )

    def _backup_or_tell(self) -> None:
        """Have a backup made where one is due; record that practice was used beside this point."""
        node = self._node
        if not node.standing.enrolled or node.standing.membership.practice:
            return
        if practice_uses.waiting(node.folder) and not node.vault.locked:
            self._tell_practice()
        if node.safekeeping.take_order() or self._due():
            self._backup()

    def _tell_practice(self) -> None:
        node = self._node
        try:
            practice_uses.tell(node.folder, node.journal, node.clock)
        except YikaError as problem:
            _log.warning("practice_not_told", extra={"facts": {"code": problem.code}})

    def _backup(self) -> None:
        """What comes of it is written down for the pages."""
        from subprocess import Popen  # noqa: PLC0415 - once an hour

        command = [sys.executable, "-m", "yika_node", "--data", str(self._node.folder)]
        with Popen([*command, "backup", "--aside"]) as self._keeper:
            status = self._keeper.wait()
        self._keeper = None
        _log.info("backup", extra={"facts": {"status": status}})

    def _due(self) -> bool:
        """Whether the last attempt is long ago, and something was recorded since the last good."""
        node, state = self._node, self._node.safekeeping.state()
        if to_timestamp(node.clock()) - state.tried_at < node.config.backup.every_s:
            return False
        good = state.good
        return (
            good is None
            or state.second_problem is not None
            or good.seq < node.courier.state().head
        )
