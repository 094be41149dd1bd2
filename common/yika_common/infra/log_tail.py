"""The last lines of the log, kept in memory for whoever looks after the machine.

They are what :mod:`yika_common.infra.logs` writes: JSON, and never a secret.
"""

import logging
from collections import deque
from typing import Final

from yika_common.infra.logs import JsonLines

LINES: Final = 100


class LastLines(logging.Handler):
    """Keeps the last lines that were logged; any thread may read them."""

    def __init__(self, lines: int = LINES) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self._lines: deque[str] = deque(maxlen=lines)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one more; the oldest goes."""
        self._lines.append(self.format(record))

    @property
    def lines(self) -> tuple[str, ...]:
        """What was logged last, oldest first."""
        return tuple(self._lines)


def keep_last_lines() -> None:
    """Keep what is logged from now on; see :func:`last_lines`."""
    logging.getLogger().addHandler(LastLines())


def last_lines() -> tuple[str, ...]:
    """What was logged last, oldest first; nothing where nobody keeps it."""
    kept = (one for one in logging.getLogger().handlers if isinstance(one, LastLines))
    return tuple(line for one in kept for line in one.lines)
