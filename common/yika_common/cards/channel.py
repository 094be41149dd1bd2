"""The one thing the dialogue needs from a reader: a command goes in, an answer comes out."""

from typing import Protocol

from yika_common.readers.port import MemoryChip


class CardChannel(Protocol):
    """A powered card behind whatever reader, cable or simulation."""

    def transmit(self, apdu: bytes) -> bytes:
        """Send one ISO 7816-4 command APDU; return the answer's data followed by SW1 SW2.

        Raises:
            CardAbsent: no card was there, so nothing reached one.
            CardRemoved: the card left; the command may have reached it.
            CardMute: no usable answer; the command may have reached the card.
        """


AnyCard = CardChannel | MemoryChip
"""A powered card of either family."""
