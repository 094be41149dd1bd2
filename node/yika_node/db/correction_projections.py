"""What this journal says of payments that were set right; loaded with the first such record."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

from yika_common.journal.body import Body
from yika_common.journal.cash_bodies import CORRECTED, CORRECTED_LATER
from yika_common.journal.correction_bodies import PaymentCorrected
from yika_common.journal.record import Record
from yika_common.journal.till_bodies import Part

_TENDERING: Final = (
    "INSERT INTO tendering (epoch, receipt, tender, given, change, reference, reason)"
    " VALUES (?, ?, ?, ?, 0, ?, ?)"
)
_MONEY: Final = (
    "INSERT INTO money (epoch, seq, part, at, operator, what, tender, amount, account)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')"
)


def corrected(c: sqlite3.Connection, epoch: int, record: Record, body: PaymentCorrected) -> None:
    """The pair moves; the payment's tenders are those it was truly made in.

    In an open shift it moves in the drawer of whoever took the payment.
    """
    payment = body.epoch or epoch, body.receipt
    told = (payment[0], payment[1], body.report, _said(body.before), _said(body.after))
    c.execute(
        "INSERT INTO correction (epoch, seq, of_epoch, receipt, report, before, after, reason,"
        " approved, at, operator) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (epoch, record.seq, *told, body.reason, body.approved, record.ts, record.operator),
    )
    c.execute("DELETE FROM tendering WHERE epoch = ? AND receipt = ?", payment)
    c.executemany(
        _TENDERING,
        [(*payment, part.tender, part.given, part.reference, "") for part in body.after],
    )
    operator, what = record.operator, CORRECTED_LATER
    if not body.report:
        operator, what = _taken_by(c, payment) or operator, CORRECTED
    pair = [(part.tender, -part.given) for part in body.before]
    pair += [(part.tender, part.given) for part in body.after]
    c.executemany(
        _MONEY,
        [
            (epoch, record.seq, part, record.ts, operator, what, tender, amount)
            for part, (tender, amount) in enumerate(pair)
        ],
    )


def _taken_by(c: sqlite3.Connection, payment: tuple[int, int]) -> str:
    """Who took a payment; empty where its records are not of this journal."""
    found = c.execute(
        "SELECT operator FROM money WHERE epoch = ? AND seq = ? LIMIT 1", payment
    ).fetchone()
    return "" if found is None else str(found[0])


def _said(parts: Sequence[Part]) -> str:
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


APPLY: Final[dict[type[Body], Callable[[sqlite3.Connection, int, Record, Any], None]]] = {
    PaymentCorrected: corrected,
}
