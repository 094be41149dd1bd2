"""The tables of a node that a sale does not read, or of which it needs few columns.

A class for a table takes 80 KiB in a server, so these are loaded when one is asked for.  What kind
each is stands in :mod:`yika_node.db.tables`.
"""

from sqlalchemy import Index, text
from sqlmodel import Field

from yika_node.db import row
from yika_node.db.row import WITHOUT_ROWID, Row


class Identity(Row, table=True):
    """Who this node is, one row per epoch: the signed certificate and the root it goes back to."""

    epoch: int = row.number_key()
    node: str
    certificate: bytes
    root: bytes
    headquarters: str
    founded_at: int = row.number()


class StockMove(Row, table=True):
    """Projection: blank cards that came, left, or turned out to be useless."""

    epoch: int = row.number_key()
    seq: int = row.number_key()
    what: str
    chips: int = row.number()
    at: int = row.number()
    operator: str
    reason: str


class Tally(Row, table=True):
    """Projection: what an account bought and was charged of a service, by this journal.

    It is what the card said with the newest written sale, which stands at (epoch, seq).
    """

    account: str = row.key()
    service: str = row.key()
    epoch: int = row.number()
    seq: int = row.number()
    period: str
    counted: int = row.number()
    heating_year: int
    charged_through: int
    free_day: int
    __table_args__ = (Index("tally_newest", "epoch", "seq"), WITHOUT_ROWID)


class Sold(Row, table=True):
    """Projection: what was sold within ``span`` seconds from ``start`` on, by whom and of what.

    See :mod:`yika_node.db.sold_projections`.
    """

    span: int = row.number_key()
    start: int = row.number_key()
    outcome: str = row.key()
    operator: str = row.key()
    service: str = row.key()
    area: str = row.key()
    tariff_class: str = row.key()
    count: int = row.number()
    quantity: int = row.number()
    amount: int = row.number()
    paid: int = row.number()
    __table_args__ = (WITHOUT_ROWID,)


class MeterPosition(Row, table=True):
    """Projection: the highest (generation, count) that this journal gave a meter.

    With the lifetime total, and what was settled through the meter's slot, as the card then said.
    """

    meter: str = row.key()
    generation: int
    count: int = row.number()
    total: int = row.number()
    money_number: int
    money_total: int = row.number()
    quantity_number: int
    quantity_total: int = row.number()
    debts: int = row.number()
    __table_args__ = (WITHOUT_ROWID,)


class NoticeDone(Row, table=True):
    """Projection: what was last done of a notice about a card, or about a meter (one is empty)."""

    card: str = row.key()
    meter: str = row.key()
    number: int = row.number_key()
    how: str
    at: int = row.number()
    __table_args__ = (WITHOUT_ROWID,)


class Refusal(Row, table=True):
    """Projection: a manifest that was not switched to, and why."""

    version: int = row.number_key()
    digest: str = row.key()
    item: str
    code: str
    sentence: str
    at: int = row.number()


class SpecialCard(Row, table=True):
    """Projection: a system, managing or tool card that was issued here, and what became of it."""

    number: str = row.key()
    kind: str
    holder: str
    serial: str
    state: str
    valid_until: int = row.number()
    issued_at: int = row.number()
    operator: str
    ended_at: int | None = row.maybe_number()


class ManagingSeen(Row, table=True):
    """Note: how a managing card was left here, and its wrong PINs in a row."""

    number: str = row.key()
    counter: int = row.number()
    secret: bytes
    failures: int = row.number()


class CardReport(Row, table=True):
    """Projection: what the holder last said of a card; ``state`` is lost or found."""

    card: str = row.key()
    account: str
    state: str
    at: int = row.number()
    operator: str
    reason: str
    __table_args__ = (WITHOUT_ROWID,)


class CardEnd(Row, table=True):
    """Projection: a card that is out of use; ``how`` is as in the journal."""

    card: str = row.key()
    account: str
    serial: str
    how: str
    at: int = row.number()
    operator: str
    reason: str
    __table_args__ = (WITHOUT_ROWID,)


class MeterSwap(Row, table=True):
    """Projection: a meter that took the place of another, and what moved to it (``moved``).

    Of that ``owed`` waits for room in it; ``holds`` is the most it holds, 0 where nobody said.
    ``generation``, ``count`` and ``total`` are the newest purchase of the old meter in that.
    """

    epoch: int = row.number_key()
    seq: int = row.number_key()
    account: str
    slot: int
    service: str
    old: str = Field(index=True)
    new: str
    generation: int
    count: int = row.number()
    total: int = row.number()
    balance: int = row.number()
    moved: int = row.number()
    at: int = row.number()
    operator: str
    reason: str
    owed: int = row.added(0)
    holds: int = row.added(0)
    __table_args__ = (Index("meter_swap_account", "account", "slot"),)


class Refund(Row, table=True):
    """Projection: a purchase (its seq) given back by the intent at (epoch, seq).

    ``paid_at`` is when the money was handed out, None while it is not, or never will be because
    the intent was superseded; ``write_back`` the number of the meter's write-back that allowed it
    (0: no meter had claimed the purchase).
    """

    epoch: int = row.number_key()
    seq: int = row.number_key()
    purchase: int = row.number()
    reason: str
    paid_at: int | None = row.maybe_number()
    paid_by: str
    write_back: int = row.number()
    __table_args__ = (
        Index("refund_purchase", "epoch", "purchase"),
        Index("refund_unpaid", "epoch", sqlite_where=text("paid_at IS NULL")),
        WITHOUT_ROWID,
    )


class Witness(Row, table=True):
    """Projection: a place in another journal that a card named."""

    node: str = row.key()
    epoch: int = row.number_key()
    seq: int = row.number_key()
    head: str = row.key()
    card: str
    slot: int
