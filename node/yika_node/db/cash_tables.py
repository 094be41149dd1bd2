"""The tables of the drawer: what moved money at this point.

A class for a table takes 80 KiB in a server, so these are loaded when one is asked for; what kind
each is stands in :mod:`yika_node.db.tables`.
"""

from sqlalchemy import Index

from yika_node.db import row
from yika_node.db.row import WITHOUT_ROWID, Row


class Money(Row, table=True):
    """Projection: one movement of money, by the record (epoch, seq) that says so.

    ``amount`` is in minor units, above zero when it came into the drawer, or to the utility's
    account.  ``what`` and ``tender`` are words of :mod:`yika_node.db.money_projections`;
    ``account`` is empty where no customer's is concerned.
    """

    epoch: int = row.number_key()
    seq: int = row.number_key()
    part: int = row.number_key()
    at: int = row.number()
    operator: str
    what: str
    tender: str
    amount: int = row.number()
    account: str
    __table_args__ = (
        Index("money_operator", "operator", "epoch", "seq"),
        Index("money_at", "at"),
        WITHOUT_ROWID,
    )
