"""Reading which special cards were issued here, and how managing cards were left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlmodel as sql

from yika_common.infra.engine import named_engine_failures
from yika_node.db import seldom

if TYPE_CHECKING:
    from yika_node.db.store import Store


class SpecialQueries:
    """What the desks of special cards ask."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def card(self, number: str) -> seldom.SpecialCard | None:
        """A system, managing or tool card that was issued here, or met its end here."""
        with named_engine_failures(), sql.Session(self._store.engine) as session:
            return session.get(seldom.SpecialCard, number)

    def cards(self) -> Sequence[seldom.SpecialCard]:
        """All of them, the newest first."""
        card = seldom.SpecialCard
        query = sql.select(card).order_by(sql.col(card.issued_at).desc(), sql.col(card.number))
        with named_engine_failures(), sql.Session(self._store.engine) as session:
            return session.exec(query).all()

    def seen(self, number: str) -> seldom.ManagingSeen | None:
        """How a managing card was left here, and its wrong PINs in a row."""
        with named_engine_failures(), sql.Session(self._store.engine) as session:
            return session.get(seldom.ManagingSeen, number)
