"""What this journal says of purchases given back, as the table ``refund``."""

import sqlite3

from yika_common.journal import bodies, card_bodies
from yika_common.journal.record import Record
from yika_node.db import money_projections


def begun(c: sqlite3.Connection, epoch: int, record: Record, body: bodies.Intent) -> None:
    """A refund's intent; what becomes of its record stands where every intent's does."""
    c.execute(
        "INSERT INTO refund (epoch, seq, purchase, reason, paid_at, paid_by, write_back)"
        " VALUES (?, ?, ?, ?, NULL, '', 0)",
        (epoch, record.seq, body.refunds, body.reason),
    )


def paid(c: sqlite3.Connection, epoch: int, record: Record, body: card_bodies.RefundPaid) -> None:
    """Its money was handed out; a second time changes nothing."""
    handed_out = c.execute(
        "UPDATE refund SET paid_at = ?, paid_by = ?, write_back = ?"
        " WHERE epoch = ? AND seq = ? AND paid_at IS NULL",
        (record.ts, record.operator, body.write_back, body.epoch or epoch, body.intent),
    )
    if handed_out.rowcount:
        money_projections.refunded(c, epoch, record, body)
