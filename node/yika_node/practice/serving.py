"""Practice as a program: opened, told of in the real vending point, served until it is ended."""

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from yika_common.infra.entropy import system_random
from yika_common.infra.serving import serve
from yika_common.infra.wall_clock import system_clock
from yika_node.config import load
from yika_node.db.store import FILE_NAME
from yika_node.jobs import Jobs
from yika_node.practice.pages import PLACES, practice_blueprints, teach
from yika_node.practice.town import clear, folder_beside, open_practice
from yika_node.services.practice_uses import leave_word
from yika_node.web.app import make_node_app
from yika_node.web.entrance import DeskSessions

RESET, STARTED = "reset", "started"
_UNKNOWN: Final = "?"


def run_practice(
    data: Path, *, reset: bool, port: int | None, ready: Callable[[int], None]
) -> None:
    """Serve practice beside the vending point in ``data`` until SIGTERM or Ctrl-C.

    Raises:
        NotAPracticeFolder, AlreadyRunning, PortTaken: nothing was started.
        OSError: the real vending point can't be told; nothing was started.
    """
    folder = folder_beside(data)
    if (data / FILE_NAME).exists():
        # Told before it begins: practice must never be used unseen.
        leave_word(data, _who(), RESET if reset else STARTED, system_clock, system_random)
    if reset:
        clear(folder)
    like = load(data)
    practice = open_practice(folder, system_clock, system_random, like=like)
    node = practice.node
    sessions = DeskSessions(system_clock, system_random, node.staff.sign_out, node.roster.level)
    jobs = Jobs(node, sweep=sessions.sweep)
    chosen = node.config.web.port if port is None else port
    app = make_node_app(
        node,
        clock=system_clock,
        random=system_random,
        instance=f"practice-{chosen}",
        sessions=sessions,
        soon=jobs.soon,
        besides=practice_blueprints(practice, system_clock, system_random),
        marked=PLACES,
    )
    teach(app)
    jobs.start()
    try:
        serve(app, port=chosen, ready=ready)
    finally:
        jobs.stop()
        node.close()
        practice.reader.remove()


def _who() -> str:
    """Who is signed in to the machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else _UNKNOWN
