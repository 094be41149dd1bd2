"""What headquarters orders of meters with tool cards, and meters that took the place of others."""

from sqlalchemy import Index
from sqlmodel import Field

from yika_central.db.base import Row, added, integer, integer_key, key, maybe_integer


class ToolOrder(Row, table=True):
    """An order on a tool card; ``content`` is the 130 bytes that the meter checks.

    ``kind`` and ``number`` are those of the order.  ``outcome`` is what the card said when it came
    back: EXECUTED, REFUSED, UNUSED or UNCLEAR; empty until then.
    """

    card: str = key()
    slot: int = integer_key()
    meter: str
    service: str
    kind: int = integer()
    number: int = integer()
    not_after: int = integer()
    content: bytes
    outcome: str = ""
    outcome_at: int | None = maybe_integer()
    __table_args__ = (Index("tool_order_meter", "meter", "number"),)


class MeterSwap(Row, table=True):
    """A meter that took the place of another, as a node's journal tells it.

    ``generation``, ``count`` and ``total`` are the old meter's newest purchase that its node knew:
    what was bought of it later is not in ``moved``.  ``reading`` is the number of the write-back
    that ``balance`` is from, ``figure`` 1 where a second person approved it instead.  Of ``moved``
    the new meter has no room yet for ``owed``; ``holds`` is the most it holds, 0: nobody said.
    """

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    account: str
    slot: int = integer()
    service: str
    old: str = Field(index=True)
    new: str
    generation: int = integer()
    count: int = integer()
    total: int = integer()
    balance: int = integer()
    unloaded: int = integer()
    moved: int = integer()
    used: int = integer()
    start: int = integer()
    reading: int = integer()
    figure: int = integer()
    reason: str
    operator: str
    swapped_at: int = integer()
    owed: int = added(0)
    holds: int = added(0)
    __table_args__ = (Index("meter_swap_account", "account", "slot"),)
