"""The counter: one card at a time, whoever asks, and always powered down afterwards.

Few may wait for their turn, and not for long: a reader that hangs must not take up the threads
that answer everybody else's pages.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from yika_common.cards.contact import UserCard, open_session
from yika_common.infra.entropy import RandomSource
from yika_common.readers.port import CardReader, Contact
from yika_node.hardware.errors import ReaderBusy

_WAITING_MOST = 2
_TURN_S = 15


class Counter:
    """The card reader, lent to one act at a time."""

    def __init__(self, reader: CardReader, random: RandomSource) -> None:
        self._reader = reader
        self._random = random
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(1 + _WAITING_MOST)

    @property
    def random(self) -> RandomSource:
        """For the nonces of dialogues with a card."""
        return self._random

    def present(self) -> bool:
        """Whether a card is in the reader.

        Raises:
            ReaderError: the reader can't be asked.
        """
        return self._reader.card_present()

    @contextmanager
    def card(self) -> Iterator[Contact]:
        """Power the card up; it is powered down at the end, whatever happens.

        Raises:
            ReaderBusy: others are at the reader, and before us.
            CardAbsent, CardMute, ReaderError: there is no card to talk to.
        """
        with self._turn(), self._reader.connect() as connection:
            yield connection

    def await_turn(self) -> None:
        """Return once no act with a card is under way.

        Raises:
            ReaderBusy: it goes on.
        """
        with self._turn():
            pass

    def session(self, connection: Contact, number: str, node_key: bytes) -> UserCard:
        """Authenticate as the node; the card is the one of that number, or untouched.

        Raises:
            CardSwapped, CardNotAuthentic, CardCodeSpent, CardBlank, CardRetired: see
                ``open_session``.
        """
        return open_session(connection, self._random, node_key, number=number)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._room.acquire(blocking=False):
            raise ReaderBusy
        try:
            if not self._lock.acquire(timeout=_TURN_S):
                raise ReaderBusy
            try:
                yield
            finally:
                self._lock.release()
        finally:
            self._room.release()
