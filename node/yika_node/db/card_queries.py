"""Reading the lives of cards; loaded when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from yika_common.infra.engine import named_engine_failures
from yika_common.journal.card_bodies import LOST
from yika_node.db import rows
from yika_node.db.card_rows import CardEnd, CardReport, NoticeDone, StockMove
from yika_node.db.projections import SUPERSEDED
from yika_node.db.rows import AnyRow, all_rows, first_row

if TYPE_CHECKING:
    from yika_node.db.store import Store


class StockCount(NamedTuple):
    """How many blank cards came, left, and what became of the others; see the page of stock."""

    received: int
    sent: int
    useless: int
    issued: int
    spoilt: int
    recycled: int
    kept: int

    @property
    def left(self) -> int:
        """Blank cards that must be in the drawer."""
        return self.received - self.sent - self.useless - self.issued + self.recycled


class CardQueries:
    """What the desks for cards' lives ask."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def newest(self, account: str) -> rows.Card | None:
        """The card of the highest generation that was issued here for the account."""
        return self._row(rows.Card, "WHERE account = ? ORDER BY generation DESC LIMIT 1", account)

    def card(self, number: str) -> rows.Card | None:
        """A card that was issued here."""
        return self._row(rows.Card, "WHERE number = ?", number)

    def on_chip(self, serial: str) -> rows.Card | None:
        """The card that a chip was to become last, by what was issued here."""
        return self._row(rows.Card, "WHERE serial = ? ORDER BY rowid DESC LIMIT 1", serial)

    def replacing(self, card: str) -> rows.Card | None:
        """The card that was issued here in the place of this one."""
        return self._row(rows.Card, "WHERE replaces = ? LIMIT 1", card)

    def report(self, card: str) -> CardReport | None:
        """What the holder last said of a card here."""
        return self._row(CardReport, "WHERE card = ?", card)

    def lost(self) -> Sequence[CardReport]:
        """The cards reported lost here and not found since, newest first."""
        return self._rows(CardReport, "WHERE state = ? ORDER BY at DESC, card", LOST)

    def end(self, card: str) -> CardEnd | None:
        """How a card ended here."""
        return self._row(CardEnd, "WHERE card = ?", card)

    def ends(self, limit: int) -> Sequence[CardEnd]:
        """The cards that ended here, newest first."""
        return self._rows(CardEnd, "ORDER BY at DESC, card LIMIT ?", limit)

    def notice_done(self, card: str, meter: str, number: int) -> NoticeDone | None:
        """What was done here of a notice about a card or a meter; the other is empty."""
        wanted = "WHERE card = ? AND meter = ? AND number = ?"
        return self._row(NoticeDone, wanted, card, meter, number)

    def moves(self, limit: int) -> Sequence[StockMove]:
        """Blank cards that came, left or were useless, newest first."""
        return self._rows(StockMove, "ORDER BY epoch DESC, seq DESC LIMIT ?", limit)

    def stock(self) -> StockCount:
        """What became of the blank cards of this vending point."""
        with named_engine_failures(), self._store.engine.connect() as connection:
            ask = connection.exec_driver_sql
            sums = ask("SELECT what, sum(chips) FROM stock_move GROUP BY what")
            moved = {row[0]: row[1] for row in sums}
            counts = ask("SELECT how, count(*) FROM card_end GROUP BY how")
            ended = {row[0]: row[1] for row in counts}
            # One chip may have been several cards in turn; each time it was taken from the drawer.
            issued = ask("SELECT count(*) FROM card").scalar_one()
        return StockCount(
            received=int(moved.get("received", 0)),
            sent=int(moved.get("sent", 0)),
            useless=int(moved.get("useless", 0)),
            issued=issued,
            spoilt=ended.get("spoilt", 0),
            recycled=ended.get("recycled", 0),
            kept=ended.get("kept", 0) + ended.get("retired", 0),
        )

    def newest_intent(self, account: str, meter: str) -> rows.Intent | None:
        """The meter's sale of the highest generation and count that was not superseded."""
        wanted = (
            "WHERE account = ? AND meter = ? AND state <> ?"
            " ORDER BY generation DESC, count DESC, seq DESC LIMIT 1"
        )
        return self._row(rows.Intent, wanted, account, meter, SUPERSEDED)

    def on_card(self, account: str, card: str, slot: int | None = None) -> Sequence[rows.Intent]:
        """What was to be written onto an account's card here, newest first; one slot's or all."""
        wanted = (
            "WHERE account = ? AND card = ? AND slot = ifnull(?, slot)"
            " ORDER BY epoch DESC, seq DESC"
        )
        return self._rows(rows.Intent, wanted, account, card, slot)

    def _row(self, kind: type[AnyRow], rest: str, *values: object) -> AnyRow | None:
        with named_engine_failures(), self._store.engine.connect() as connection:
            return first_row(connection, kind, rest, *values)

    def _rows(self, kind: type[AnyRow], rest: str, *values: object) -> Sequence[AnyRow]:
        with named_engine_failures(), self._store.engine.connect() as connection:
            return all_rows(connection, kind, rest, *values)
