"""The tables of who changed what about operators, and of their limits in a day.

A class for a table takes 80 KiB in a server, so these are loaded when one is asked for; what kind
each is stands in :mod:`yika_node.db.tables`.
"""

from sqlalchemy import Index

from yika_node.db import row
from yika_node.db.row import WITHOUT_ROWID, Row


class StaffChange(Row, table=True):
    """Projection: what was done about an operator, or about limits in a day, by ``operator``.

    ``what`` is a word of :mod:`yika_common.journal.staff_bodies`, ``added``, or ``limit ``
    and what is limited; ``times`` and ``amount`` are a limit's.
    """

    epoch: int = row.number_key()
    seq: int = row.number_key()
    at: int = row.number()
    operator: str
    name: str
    what: str
    level: str
    reason: str
    times: int = row.number()
    amount: int = row.number()
    __table_args__ = (Index("staff_change_name", "name", "epoch", "seq"), WITHOUT_ROWID)


class DayLimit(Row, table=True):
    """Projection: what an operator, or everybody of a level, may do in a day; 0 is no bound."""

    name: str = row.key()
    level: str = row.key()
    what: str = row.key()
    times: int = row.number()
    amount: int = row.number()
    __table_args__ = (WITHOUT_ROWID,)


class Deed(Row, table=True):
    """Projection: an act that a day's limits count, and no other table by its time."""

    operator: str = row.key()
    what: str = row.key()
    at: int = row.number_key()
    epoch: int = row.number_key()
    seq: int = row.number_key()
    amount: int = row.number()
    __table_args__ = (WITHOUT_ROWID,)


class PhoneAnswer(Row, table=True):
    """Projection: what headquarters answered by telephone, by ``purpose`` and ``subject``."""

    purpose: str = row.key()
    subject: str = row.key()
    epoch: int = row.number_key()
    seq: int = row.number_key()
    at: int = row.number()
    operator: str
    act: str
    amount: int = row.number()
    __table_args__ = (WITHOUT_ROWID,)


class RightUse(Row, table=True):
    """Note: the last day on which an operator used a right, ``at`` some moment of it."""

    operator: str = row.key()
    right: str = row.key()
    at: int = row.number()
    __table_args__ = (WITHOUT_ROWID,)
