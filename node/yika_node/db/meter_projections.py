"""What this journal says of meters themselves, as tables: one took the place of another."""

import sqlite3

from yika_common.journal import meter_bodies
from yika_common.journal.record import Record


def swapped(
    c: sqlite3.Connection, epoch: int, record: Record, body: meter_bodies.MeterSwapped
) -> None:
    """From now on the account's meter is the new one; an account opened elsewhere has no row."""
    c.execute(
        "INSERT INTO meter_swap (epoch, seq, account, slot, service, old, new, generation, count,"
        " total, balance, moved, at, operator, reason, owed, holds)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            epoch,
            record.seq,
            body.account,
            body.slot,
            str(body.service),
            body.old,
            body.new,
            body.generation,
            body.count,
            body.total,
            body.balance,
            body.moved,
            record.ts,
            record.operator,
            body.reason,
            body.owed,
            body.holds,
        ),
    )
    c.execute(
        "UPDATE account_meter SET meter = ? WHERE account = ? AND slot = ? AND meter = ?",
        (body.new, body.account, body.slot, body.old),
    )
