"""What this journal says of headquarters' answers by telephone; loaded with the first of them."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from yika_common.journal.body import Body
from yika_common.journal.phone_bodies import PhoneCode
from yika_common.journal.record import Record


def answered(c: sqlite3.Connection, epoch: int, record: Record, body: PhoneCode) -> None:
    """One of them."""
    c.execute(
        "INSERT INTO phone_answer (purpose, subject, epoch, seq, at, operator, act, amount)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            body.purpose,
            body.subject,
            epoch,
            record.seq,
            record.ts,
            record.operator,
            body.act,
            body.amount,
        ),
    )


APPLY: Final[dict[type[Body], Callable[[sqlite3.Connection, int, Record, Any], None]]] = {
    PhoneCode: answered,
}
