"""Money that vending points took beside sales: fees, deposits without the card, guarantees."""

from sqlalchemy import Index

from yika_central.db.base import Row, integer, integer_key, key


class Charge(Row, table=True):
    """A ``charge`` record; ``amount`` is below zero where it gives an earlier one's money back.

    Or where money is handed back of a guarantee, or a debt is paid with it, which moves none: the
    guarantee's rows add up to what is held.  What is given back is at (``back_epoch``,
    ``takes_back``) of the same node; 0 and 0: money was taken.
    ``not_before`` and ``not_after`` are the bracket of its time; it is booked when it came in,
    which is ``not_after``.
    """

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    what: str
    account: str
    code: str
    booked_as: str
    amount: int = integer()
    tax: int = integer()
    back_epoch: int = integer(0)
    takes_back: int = integer(0)
    operator: str
    stamped_at: int = integer()
    not_before: int = integer()
    not_after: int = integer()
    __table_args__ = (
        Index("charge_account", "account"),
        Index("charge_back", "node", "back_epoch", "takes_back"),
        Index("charge_booked", "not_after"),
    )
