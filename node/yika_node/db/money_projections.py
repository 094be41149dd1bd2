"""What moved money at this point, as the table ``money``: one row for each movement.

Whoever sums up a shift, a day or a report reads this table alone.  A row is of the record that
says that the money changed hands: a sale's is its intent, a refund's is the record that it was
handed out, not the one that took the credit off the card.  An amount is above zero when it came
into the drawer, or to the utility's account.  What moved nothing has no row.
"""

import sqlite3
from typing import Final

from yika_common.journal import bodies, card_bodies
from yika_common.journal.record import Record

SALE: Final = "sale"
REFUND: Final = "refund"
CARD_FEE: Final = "card_fee"

CASH: Final = "cash"
CARD: Final = "card"
BANK: Final = "bank"
CHEQUE: Final = "cheque"
MOBILE: Final = "mobile"
VOUCHER: Final = "voucher"
TENDERS: Final = (CASH, CARD, BANK, CHEQUE, MOBILE, VOUCHER)
"""What money can come or go as."""


def moved(
    c: sqlite3.Connection,
    place: tuple[int, Record],
    what: str,
    amount: int,
    *,
    account: str = "",
    tender: str = CASH,
    part: int = 0,
) -> None:
    """Write one movement, unless nothing moved; ``part`` numbers those of one record from 0."""
    epoch, record = place
    if amount:
        c.execute(
            "INSERT INTO money (epoch, seq, part, at, operator, what, tender, amount, account)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                epoch,
                record.seq,
                part,
                record.ts,
                record.operator,
                what,
                tender,
                amount,
                account,
            ),
        )


def sold(c: sqlite3.Connection, epoch: int, record: Record, body: bodies.Intent) -> None:
    """What was handed over for a meter; a refund's money moves when it is handed out."""
    if body.act == bodies.PURCHASE:
        moved(c, (epoch, record), SALE, body.paid, account=body.account)


def refunded(
    c: sqlite3.Connection, epoch: int, record: Record, body: card_bodies.RefundPaid
) -> None:
    """The money of a refund was handed out, for the first time."""
    named = "SELECT account FROM intent WHERE epoch = ? AND seq = ?"
    found = c.execute(named, (body.epoch or epoch, body.intent)).fetchone()
    account = "" if found is None else found[0]
    moved(c, (epoch, record), REFUND, -body.amount, account=account)


def card_paid(c: sqlite3.Connection, epoch: int, record: Record, body: bodies.CardIssued) -> None:
    """The fee for a card that takes another's place."""
    moved(c, (epoch, record), CARD_FEE, body.fee, account=body.account)
