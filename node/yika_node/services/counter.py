"""The counter: one card at a time, whoever asks, and always powered down afterwards."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from yika_common.cards.contact import UserCard, open_session
from yika_common.infra.entropy import RandomSource
from yika_common.readers.port import CardReader, Contact


class Counter:
    """The card reader, lent to one act at a time."""

    def __init__(self, reader: CardReader, random: RandomSource) -> None:
        self._reader = reader
        self._random = random
        self._lock = threading.Lock()

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
            CardAbsent, CardMute, ReaderError: there is no card to talk to.
        """
        with self._lock, self._reader.connect() as connection:
            yield connection

    def await_turn(self) -> None:
        """Return once no act with a card is under way."""
        with self._lock:
            pass

    def session(self, connection: Contact, number: str, node_key: bytes) -> UserCard:
        """Authenticate as the node; the card is the one of that number, or untouched.

        Raises:
            CardSwapped, CardNotAuthentic, CardCodeSpent, CardBlank, CardRetired: see
                ``open_session``.
        """
        return open_session(connection, self._random, node_key, number=number)
