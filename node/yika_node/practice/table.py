"""The reader on the practice table: a slot in the same process, for cards that are files.

It is the node's reader and the table's slot at once: what is put in there is what the desk sees.
A card can be pulled in the middle of a write, as customers do.
"""

import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from yika_common.cards.errors import CardAbsent, CardRemoved
from yika_common.infra.entropy import RandomSource
from yika_common.readers.port import CardConnection, ReaderDescription
from yika_common.simulated.card_file import open_card_file
from yika_common.simulated.card_hold import CardHold
from yika_common.simulated.icc import UserCardIcc
from yika_common.simulated.reader_slot import is_write

DESCRIPTION: Final = ReaderDescription("practice table", "simulated", 0, "")


class TableReader:
    """The slot; any thread may look, one acts with the card."""

    def __init__(self, random: RandomSource) -> None:
        self._random = random
        self._turn = threading.RLock()
        self._hold: CardHold | None = None
        self.card: Path | None = None
        self.icc: UserCardIcc | None = None
        self.pull_next: bool = False
        """Whether the card is pulled out at the next write, before it arrives."""

    def insert(self, card: Path) -> None:
        """Put a card in; the slot is empty.

        Raises:
            CardElsewhere: it is in a meter.
            CardFileWrong: the file holds no card.
        """
        with self._turn:
            hold = CardHold(card)
            try:
                self.icc = open_card_file(card, self._random)
            except BaseException:
                hold.release()
                raise
            self._hold, self.card = hold, card

    def remove(self) -> None:
        """Take the card out; harmless when there is none."""
        with self._turn:
            if self._hold is not None:
                self._hold.release()
            self._hold = self.card = self.icc = None
            self.pull_next = False

    def describe(self) -> ReaderDescription:
        """Which reader it is."""
        return DESCRIPTION

    def card_present(self) -> bool:
        """Whether a card is in."""
        return self.icc is not None

    def connect(self) -> CardConnection:
        """Power the card up.

        Raises:
            CardAbsent: the slot is empty.
        """
        with self._turn:
            if self.icc is None:
                raise CardAbsent
            self.icc.reset()
            return _Contact(self, self.icc)

    def close(self) -> None:
        """Nothing is held that another program would wait for."""


class _Contact:
    """The powered card, for as long as it is the one in the slot."""

    def __init__(self, reader: TableReader, icc: UserCardIcc) -> None:
        self._reader = reader
        self._icc = icc
        self.atr = icc.atr

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command.

        Raises:
            CardRemoved: the card is gone; the command did not reach it.
        """
        if self._reader.pull_next and is_write(apdu):
            self._reader.remove()
        if self._reader.icc is not self._icc:
            raise CardRemoved
        return self._icc.transmit(apdu)

    def disconnect(self) -> None:
        """Power it down."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.disconnect()
