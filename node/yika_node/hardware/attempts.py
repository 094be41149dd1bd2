"""What one attempt to speak with a reader may come to, whatever its protocol."""

from typing import Final

ATTEMPTS: Final = 3
"""So often a frame is sent before the reader counts as garbled or silent."""


class Unread(Exception):
    """The reader refused the frame; nothing was done."""


class Lost(Exception):
    """No readable answer came; ``garbled`` where unreadable bytes did."""

    def __init__(self, *, garbled: bool) -> None:
        self.garbled = garbled
        super().__init__()
