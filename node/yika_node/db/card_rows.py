"""The rows of cards' lives as plain values, as :mod:`yika_node.db.rows` has those of a sale."""

from typing import NamedTuple


class CardReport(NamedTuple):
    """What the holder last said of a card; ``state`` is lost or found."""

    card: str
    account: str
    state: str
    at: int
    operator: str
    reason: str


class CardEnd(NamedTuple):
    """A card that is out of use; ``how`` is as in the journal."""

    card: str
    account: str
    serial: str
    how: str
    at: int
    operator: str
    reason: str


class NoticeDone(NamedTuple):
    """What was last done of a notice about a card, or about a meter (one is empty)."""

    card: str
    meter: str
    number: int
    how: str
    at: int


class StockMove(NamedTuple):
    """Blank cards that came, left, or turned out to be useless."""

    epoch: int
    seq: int
    what: str
    chips: int
    at: int
    operator: str
    reason: str
