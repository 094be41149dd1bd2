"""Blank cards at the counter: what came, what left, what became of the others."""

from datetime import datetime
from typing import Final

from yika_common.clock import Clock, from_timestamp
from yika_common.journal.card_bodies import CHIPS_MAX, RECEIVED, SENT, USELESS, StockMoved
from yika_common.values import dataclass
from yika_node.db.card_queries import CardQueries, StockCount
from yika_node.db.journal import Journal
from yika_node.services.card_errors import StockUnusable

MOVES: Final = (RECEIVED, SENT, USELESS)
REASON_MAX: Final = 200
_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class MoveRow:
    """Blank cards that came, left, or were useless."""

    at: datetime
    what: str
    chips: int
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class CardStock:
    """Counts cards; every movement is a record."""

    journal: Journal
    book: CardQueries
    clock: Clock

    def count(self) -> StockCount:
        """What there is, and why."""
        return self.book.stock()

    def moves(self) -> tuple[MoveRow, ...]:
        """The newest movements, newest first."""
        return tuple(
            MoveRow(from_timestamp(row.at), row.what, row.chips, row.operator, row.reason)
            for row in self.book.moves(_SHOWN)
        )

    def move(self, operator: str, what: str, chips: int, reason: str) -> None:
        """Record that so many blank cards came, left, or were useless.

        Raises:
            StockUnusable: nothing was recorded.
        """
        reason = reason.strip()
        usable = what in MOVES and 0 < chips <= CHIPS_MAX
        if not usable or len(reason) > REASON_MAX or not (reason.isprintable() or not reason):
            raise StockUnusable
        body = StockMoved(what=what, chips=chips, reason=reason)
        self.journal.append([body], at=self.clock(), operator=operator)
