"""The tables that take back what was just done to many accounts, until they are saved.

They may name customers, so they are kept in memory alone, few at a time, each for whoever did it.
"""

import threading
from collections import OrderedDict
from typing import Final

from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import RandomSource

KEPT: Final = 8
_TOKEN_SIZE: Final = 16


class UndoFileGone(YikaError):
    """The table is not kept any more, or is somebody else's."""

    code = "undo_file_gone"
    sentence = N_(
        "The undo file is not kept any more: only the newest are, until the program ends. Nothing "
        "was changed. A table with the columns account and status does the same."
    )


class UndoFiles:
    """Keeps the newest tables."""

    def __init__(self, random: RandomSource) -> None:
        self._random = random
        self._kept: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, owner: str, data: bytes) -> str:
        """Keep a table for its owner; gives its name, empty where the table is."""
        if not data:
            return ""
        name = self._random(_TOKEN_SIZE).hex()
        with self._lock:
            self._kept[name] = (owner, data)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return name

    def file(self, owner: str, name: str) -> bytes:
        """A table that was kept.

        Raises:
            UndoFileGone: it is not there, or somebody else's.
        """
        with self._lock:
            kept = self._kept.get(name)
        if kept is None or kept[0] != owner:
            raise UndoFileGone
        return kept[1]
