"""A simulated card is in one place at a time: whoever holds it, nobody else puts it in anywhere.

A card in a reader's slot and in a meter's at once would be two cards.  The hold is a lock of the
operating system on ``FILE.lock``: it ends with the program that has it, however that ends.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from yika_common.errors import N_, YikaError

_MODE: Final = 0o600


class CardElsewhere(YikaError):
    """The card is in another reader or meter at this moment."""

    code = "card_elsewhere"
    sentence = N_(
        "Card %(card)s is in another slot at this moment: a reader's or a meter's. It was left "
        "there, and nothing was changed. Take it out there first."
    )


class CardHold:
    """The card in somebody's hand or slot, until :meth:`release` or the end of ``with``."""

    def __init__(self, card: Path) -> None:
        """Take the card kept in ``card``.

        Raises:
            CardElsewhere: somebody else has it.
            OSError: there is no such folder, or it can't be written.
        """
        lock = card.with_name(f"{card.name}.lock")
        self._descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            os.close(self._descriptor)
            raise CardElsewhere(card=card.name) from cause

    def release(self) -> None:
        """Put the card down; harmless when it was put down before."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def is_elsewhere(card: Path) -> bool:
    """Whether somebody has the card at this moment."""
    try:
        CardHold(card).release()
    except CardElsewhere:
        return True
    return False
