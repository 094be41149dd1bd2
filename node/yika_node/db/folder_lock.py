"""One process at a time has a data folder: it holds a lock on a file in it until it ends."""

import fcntl
import os
from pathlib import Path
from typing import Final

from yika_node.errors import AlreadyRunning

LOCK_FILE: Final = "node.lock"


def is_running(folder: Path) -> bool:
    """Whether a process of the node has the data folder."""
    try:
        descriptor = hold_folder(folder) if (folder / LOCK_FILE).exists() else None
    except AlreadyRunning:
        return True
    if descriptor is not None:
        os.close(descriptor)
    return False


def hold_folder(folder: Path) -> int:
    """Hold the data folder for this process until the descriptor is closed.

    Raises:
        AlreadyRunning: another process has it.
    """
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as cause:
        os.close(descriptor)
        raise AlreadyRunning from cause
    return descriptor
