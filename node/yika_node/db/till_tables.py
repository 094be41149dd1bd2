"""The tables of charges and of printed receipts.

A class for a table takes 80 KiB in a server, so these are loaded when one is asked for; what kind
each is stands in :mod:`yika_node.db.tables`.
"""

from sqlalchemy import Index, text

from yika_node.db import row
from yika_node.db.row import WITHOUT_ROWID, Row


class Charge(Row, table=True):
    """Projection: money beside supply; ``what`` is a word of ``till_bodies.Charged``.

    ``given_back`` is the seq, in ``back_epoch``, of the record that its money was handed back with
    (0: it was not); that record has no row of its own.  ``happened`` is when the money came in, if
    it was written down later, else 0.
    """

    epoch: int = row.number_key()
    seq: int = row.number_key()
    what: str
    account: str
    code: str
    name_zh: str
    name_en: str
    amount: int = row.number()
    tax: int = row.number()
    reason: str
    at: int = row.number()
    operator: str
    back_epoch: int = row.number()
    given_back: int = row.number()
    happened: int = row.added(0)
    __table_args__ = (
        Index("charge_account", "account", sqlite_where=text("account <> ''")),
        WITHOUT_ROWID,
    )


class Tendering(Row, table=True):
    """Projection: what was given in a tender for the payment whose receipt is (epoch, receipt).

    ``change`` stands in the row of the cash; a payment without rows was made exactly in cash.
    """

    epoch: int = row.number_key()
    receipt: int = row.number_key()
    tender: str = row.key()
    given: int = row.number()
    change: int = row.number()
    reference: str
    reason: str
    __table_args__ = (
        Index("tendering_voucher", "reference", sqlite_where=text("tender = 'voucher'")),
        WITHOUT_ROWID,
    )


class Correction(Row, table=True):
    """Projection: a payment, (of_epoch, receipt), that was written down wrongly.

    ``before`` and ``after`` are the tenders as JSON, ``report`` the Z report of its shift, 0 while
    that was open; ``approved`` is the seq of the approval.
    """

    epoch: int = row.number_key()
    seq: int = row.number_key()
    of_epoch: int = row.number()
    receipt: int = row.number()
    report: int = row.number()
    before: str
    after: str
    reason: str
    approved: int = row.number()
    at: int = row.number()
    operator: str
    __table_args__ = (Index("correction_receipt", "of_epoch", "receipt"), WITHOUT_ROWID)


class ReceiptPrint(Row, table=True):
    """Projection: whether the original of a receipt was printed, and how many copies.

    ``first_at`` is None while only copies, or nothing, came out of a printer.
    """

    epoch: int = row.number_key()
    receipt: int = row.number_key()
    first_at: int | None = row.maybe_number()
    copies: int = row.number()
    __table_args__ = (WITHOUT_ROWID,)
