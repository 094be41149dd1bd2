"""What the program asks of a card reader: is a card there, power it, exchange commands.

The production drivers in ``yika_node.hardware`` fulfil these protocols; a connection is also the
channel that ``yika_common.cards`` speaks through.
"""

from types import TracebackType
from typing import Protocol, Self


class CardConnection(Protocol):
    """One card from power-up until it is powered down, pulled or left alone too long.

    Attributes:
        atr: the card's answer to reset.
    """

    atr: bytes

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command APDU and return response data, SW1 and SW2.

        Raises:
            CardRemoved: the card was pulled or exchanged; a command under way may have been taken.
            CardMute: the card stopped answering; the command may have been taken.
            ReaderError: the reader failed; the command may have been taken.
        """
        ...

    def disconnect(self) -> None:
        """Power the card down and let others use the reader; harmless when repeated."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Disconnect."""
        ...


class CardReader(Protocol):
    """A reader with one slot; every call returns or fails within a bounded time."""

    def card_present(self) -> bool:
        """Whether a card is in the slot, powered or not; cheap enough to poll.

        Raises:
            ReaderError: the reader can't be asked.
        """
        ...

    def connect(self) -> CardConnection:
        """Power the card up and agree on a protocol; others wait until it is disconnected.

        Raises:
            CardAbsent: the slot is empty.
            CardMute: a card is there but does not answer to reset.
            CardForeign: the card speaks no protocol of ours; untouched.
            AtrRefused: what it answered to reset makes no sense; untouched.
            ReaderError: the reader failed; the card is untouched.
        """
        ...

    def close(self) -> None:
        """Release the port; the next call opens it again."""
        ...
