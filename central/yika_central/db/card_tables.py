"""The life of customers' cards, as the nodes' journals and headquarters' own register tell it.

What headquarters itself noted has the node "" and epoch 0.
"""

from sqlalchemy import Index

from yika_central.db.base import Row, integer, integer_key, key


class CardReport(Row, table=True):
    """What the holder said of a card, at a counter or to headquarters: lost, or found again.

    The latest by ``reported_at`` holds.
    """

    account: str = key()
    card: str = key()
    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    state: str
    reason: str
    operator: str
    reported_at: int = integer()
    __table_args__ = (Index("card_report_card", "card", "reported_at"),)


class CardEnd(Row, table=True):
    """A card that is out of use: retired, recycled, spoilt or kept."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    account: str
    card: str
    serial: str
    how: str
    reason: str
    operator: str
    ended_at: int = integer()
    __table_args__ = (Index("card_end_card", "card", "ended_at"),)


class StockMove(Row, table=True):
    """Blank cards that came to a node, left it, or turned out to be useless."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    what: str
    chips: int = integer()
    reason: str
    operator: str
    moved_at: int = integer()
