"""The tables of the drawer: what moved money at this point, shifts, what they come to, bankings.

A class for a table takes 80 KiB in a server, so these are loaded when one is asked for; what kind
each is stands in :mod:`yika_node.db.tables`.
"""

from sqlalchemy import Index, text

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


class Shift(Row, table=True):
    """Projection: an operator's shift, by the record (epoch, seq) that opened it.

    ``report`` is the number of its Z report, 0 while it is open; what follows is of its close.
    ``amount`` is the float, ``opens`` how often the drawer was opened without a sale, ``to_bank``
    what it left to be banked, ``taken`` and ``given_back`` the sums of all shifts up to it,
    ``batch`` the banking that brought it to the bank, 0 before.  ``basis`` is what prices rest on
    since its opening or its last cut; ``wants`` what its difference asks for (0 nothing, 1 a
    reason, 2 a signature too), ``signed_by`` the second person who signed for it; ``day`` the
    number of its sales day, 0 before.
    """

    epoch: int = row.number_key()
    seq: int = row.number_key()
    operator: str
    opened_at: int = row.number()
    amount: int = row.number()
    opens: int
    report: int = row.number()
    closed_epoch: int = row.number()
    closed_seq: int = row.number()
    closed_at: int = row.number()
    closed_by: str
    declared: int = row.number()
    expected: int = row.number()
    to_bank: int = row.number()
    taken: int = row.number()
    given_back: int = row.number()
    reason: str
    batch: int = row.number()
    basis: str = row.added("")
    signed_by: str = row.added("")
    wants: int = row.added(0)
    day: int = row.added(0)
    __table_args__ = (
        Index("shift_open", "operator", sqlite_where=text("report = 0")),
        Index("shift_report", "report", unique=True, sqlite_where=text("report > 0")),
        Index("shift_operator", "operator", "report"),
        Index("shift_unbanked", "report", sqlite_where=text("report > 0 AND batch = 0")),
        Index("shift_undated", "report", sqlite_where=text("report > 0 AND day = 0")),
        Index("shift_day", "day", sqlite_where=text("day > 0")),
        Index("shift_batch", "batch", sqlite_where=text("batch > 0")),
        Index("shift_closed", "closed_at", sqlite_where=text("report > 0")),
    )


class Banking(Row, table=True):
    """Projection: takings that were brought to the bank together."""

    batch: int = row.number_key()
    epoch: int = row.number()
    seq: int = row.number()
    at: int = row.number()
    operator: str
    amount: int = row.number()
    expected: int = row.number()
    bank_account: str
    reference: str
    reason: str
    holder: str = row.added("")
    branch: str = row.added("")
    bank: str = row.added("")


class IdleDays(Row, table=True):
    """Projection: days, both included, on which no drawer was open and no money moved."""

    epoch: int = row.number_key()
    seq: int = row.number_key()
    first: str
    last: str
    at: int = row.number()


class Total(Row, table=True):
    """Projection: a cut of a shift, a sales day, a month or a year, by its own number.

    What it comes to stands in its record.  ``part_of`` is the month of a day, the year of a month,
    0 before; ``opened_epoch`` and ``opened`` are of a cut's shift, 0 of the others.
    """

    what: str = row.key()
    batch: int = row.number_key()
    period: str
    epoch: int = row.number()
    seq: int = row.number()
    at: int = row.number()
    operator: str
    part_of: int = row.number()
    opened_epoch: int = row.number()
    opened: int = row.number()
    __table_args__ = (
        Index("total_part", "what", "part_of", "batch"),
        Index("total_cut", "opened_epoch", "opened", sqlite_where=text("opened > 0")),
        WITHOUT_ROWID,
    )
