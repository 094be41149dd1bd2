"""What every simulated reader's firmware has in common: bytes in, bytes out, and mishaps.

A :class:`Disturbance` spoils the traffic of the next commands, for tests of a driver.
"""

from collections import deque
from enum import StrEnum
from typing import Protocol

NOISE = bytes.fromhex("00 FF 55 03 AA")
"""Bytes that begin nothing in any of the protocols."""


class Disturbance(StrEnum):
    """What can go wrong between the reader and the program."""

    NAK = "nak"
    """The command is refused and not executed."""
    SILENCE = "silence"
    """The command never arrives."""
    LOST_ANSWER = "lost-answer"
    """The command is executed; its answer never arrives."""
    BAD_LRC = "bad-lrc"
    """The command is executed; one bit of its answer is flipped."""
    NOISE = "noise"
    """Bytes without meaning stand before the answer."""
    CHATTER = "chatter"
    """Reports that a card was put in stand before the answer."""
    PARITY = "parity"
    """The reader could not read the card's block, and says so."""
    CUT = "cut"
    """The command is executed; its answer ends in the middle."""


class Disturbances:
    """Mishaps that wait for their commands."""

    def __init__(self) -> None:
        self._waiting: deque[Disturbance] = deque()

    def add(self, kind: Disturbance, count: int) -> None:
        """Spoil the next ``count`` commands."""
        self._waiting.extend([kind] * count)

    def clear(self) -> None:
        """Spoil nothing from now on."""
        self._waiting.clear()

    def next(self) -> Disturbance | None:
        """What happens to the command that came now."""
        return self._waiting.popleft() if self._waiting else None


class Firmware(Protocol):
    """One reader's behaviour on its line."""

    @property
    def disturbances(self) -> Disturbances:
        """What is going to be spoilt."""
        ...

    def speed(self, after: bytes = b"") -> int:
        """Bits a second on its line, or what they will be when these bytes have been obeyed."""
        ...

    def received(self, data: bytes) -> bytes:
        """What the reader sends for these bytes."""
        ...

    def moved(self, *, present: bool) -> bytes:
        """A card came or went; what the reader sends by itself."""
        ...

    def restart(self) -> None:
        """Power comes back: settings and half a command are forgotten, the card has no power."""
        ...
