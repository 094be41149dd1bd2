"""What this journal says of complaints; loaded with the first such record."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from yika_common.journal.body import Body
from yika_common.journal.complaint_bodies import Complained, Photographed
from yika_common.journal.record import Record


def complained(c: sqlite3.Connection, epoch: int, record: Record, body: Complained) -> None:
    """One of them, named by its record."""
    receipt = (body.epoch or epoch, body.receipt) if body.receipt else (0, 0)
    c.execute(
        "INSERT INTO complaint (epoch, seq, at, operator, account, about, words,"
        " of_epoch, receipt)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            epoch,
            record.seq,
            record.ts,
            record.operator,
            body.account,
            body.about,
            body.words,
            *receipt,
        ),
    )


def photographed(c: sqlite3.Connection, epoch: int, record: Record, body: Photographed) -> None:
    """A photograph, beside the complaint that it was put to."""
    c.execute(
        "INSERT INTO complaint_photo (of_epoch, of_seq, epoch, seq, at, operator, digest, size)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            body.epoch or epoch,
            body.complaint,
            epoch,
            record.seq,
            record.ts,
            record.operator,
            body.digest,
            body.size,
        ),
    )


APPLY: Final[dict[type[Body], Callable[[sqlite3.Connection, int, Record, Any], None]]] = {
    Complained: complained,
    Photographed: photographed,
}
