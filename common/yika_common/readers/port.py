"""What the program asks of a card reader: is a card there, power it, exchange commands.

The production drivers in ``yika_node.hardware`` fulfil these protocols; a connection is also the
channel that ``yika_common.cards`` speaks through.

A reader powers two families of cards.  A CPU card takes command APDUs (:class:`CardConnection`).
A memory card of the SLE44x2 and SLE44x8 families has no commands of ours: bytes are read, and
written once its code was presented (:class:`MemoryConnection`).  Sources for those: the Infineon
data sheets of SLE4442 and SLE4428.
"""

from enum import Enum
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from yika_common.values import dataclass


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


@dataclass(frozen=True, slots=True)
class ChipFacts:
    """What is the same in all chips of a kind.

    Attributes:
        atr: the 4 bytes the chip answers to reset, and holds at address 0.
        size: bytes of main memory that can be addressed; the code and its counter lie elsewhere.
        code_size: bytes of the code (PSC).
        tries: wrong codes in a row that block the chip for ever.
        freezable: bytes from address 0 that can be frozen for ever.
    """

    atr: bytes
    size: int
    code_size: int
    tries: int
    freezable: int


class MemoryKind(Enum):
    """The kinds of memory cards."""

    SLE4428 = ChipFacts(bytes.fromhex("92231091"), 1021, 2, 8, 1021)
    SLE4442 = ChipFacts(bytes.fromhex("A2131091"), 256, 3, 3, 32)

    @property
    def facts(self) -> ChipFacts:
        """What is the same in all chips of the kind."""
        return self.value


@runtime_checkable
class MemoryChip(Protocol):
    """The memory of a powered chip.

    Every method raises :class:`CardRemoved` (the card was pulled or exchanged),
    :class:`CardMute` (it stopped answering) or a :class:`ReaderError`; a write under way may have
    been done in part.

    Attributes:
        kind: of the chip, from its answer to reset.
    """

    kind: MemoryKind

    def read(self, offset: int, size: int) -> bytes:
        """That many bytes of main memory; reading needs no code."""
        ...

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes of main memory, one after the other, the lowest address first.

        The chip does not program a byte that already reads as it should.  It says nothing where it
        did not write, because the byte is frozen or the code was not presented: read it back.
        """
        ...

    def tries(self) -> int:
        """Wrong codes that are left before the chip is blocked for ever; nothing is changed."""
        ...

    def present(self, code: bytes) -> bool:
        """Present the code; a wrong one costs a try, the right one gives all tries back.

        Returns whether it was right; then memory can be written until the chip is powered down.
        """
        ...

    def change_code(self, offset: int, data: bytes) -> None:
        """Replace bytes of the code, from the one of that number; the code was presented."""
        ...

    def code(self) -> bytes:
        """The code itself, which the chip shows to whoever has presented it, and zeros else."""
        ...

    def freeze(self, offset: int, data: bytes) -> None:
        """Freeze these bytes for ever where they are equal to ``data``; the code was presented."""
        ...


@runtime_checkable
class MemoryConnection(MemoryChip, Protocol):
    """One memory card from power-up until it is powered down, pulled or left alone too long."""

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


Contact = CardConnection | MemoryConnection
"""A powered card of either family."""


@dataclass(frozen=True, slots=True)
class ReaderDescription:
    """Which reader is connected, and how.

    Attributes:
        port: path of the device.
        protocol: how it is spoken to.
        baud: bits a second on its line; 0 where there is no such thing.
        firmware: its own text, empty where it keeps that to itself.
        transfer: ``byte`` or ``nibble`` on a parallel port, else empty.
    """

    port: str
    protocol: str
    baud: int
    firmware: str
    transfer: str = ""


class CardReader(Protocol):
    """A reader with one slot; every call returns or fails within a bounded time."""

    def card_present(self) -> bool:
        """Whether a card is in the slot, powered or not; cheap enough to poll.

        Raises:
            ReaderError: the reader can't be asked.
        """
        ...

    def connect(self) -> Contact:
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


class NamedReader(CardReader, Protocol):
    """A reader that can be asked which one it is."""

    def describe(self) -> ReaderDescription:
        """Which reader it is.

        Raises:
            ReaderError: the reader can't be asked.
        """
        ...
