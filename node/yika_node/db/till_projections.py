"""What this journal says of tenders, charges and prints; loaded with the first such record."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

from yika_common.journal.body import Body
from yika_common.journal.record import Record
from yika_common.journal.till_bodies import CASH, Charged, Printed, Tendered
from yika_node.db.money_projections import moved


def charged(c: sqlite3.Connection, epoch: int, record: Record, body: Charged) -> None:
    """Money was taken, or, once for each charge, given back."""
    if body.takes_back:
        given = c.execute(
            "UPDATE charge SET back_epoch = ?, given_back = ?"
            " WHERE epoch = ? AND seq = ? AND given_back = 0",
            (epoch, record.seq, body.epoch or epoch, body.takes_back),
        )
        if not given.rowcount:
            return
    else:
        c.execute(
            "INSERT INTO charge (epoch, seq, what, account, code, name_zh, name_en, amount, tax,"
            " reason, at, operator, back_epoch, given_back, happened)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)",
            (
                epoch,
                record.seq,
                body.what,
                body.account,
                body.code,
                body.name_zh,
                body.name_en,
                body.amount,
                body.tax,
                body.reason,
                record.ts,
                record.operator,
                body.happened,
            ),
        )
    moved(c, (epoch, record), body.what, body.signed, account=body.account)


def tendered(c: sqlite3.Connection, epoch: int, record: Record, body: Tendered) -> None:
    """The payment's movements, which so far were all of cash, are of the tenders named."""
    c.executemany(
        "INSERT OR IGNORE INTO tendering"
        " (epoch, receipt, tender, given, change, reference, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                epoch,
                body.receipt,
                part.tender,
                part.given,
                body.change if part.tender == CASH else 0,
                part.reference,
                body.reason,
            )
            for part in body.parts
        ],
    )
    rows = c.execute(
        "SELECT seq, at, operator, what, amount, account FROM money"
        " WHERE epoch = ? AND seq >= ? AND seq < ? ORDER BY seq",
        (epoch, body.receipt, record.seq),
    ).fetchall()
    shares = [list(shared) for shared in divided([row[4] for row in rows], body)]
    c.execute(
        "DELETE FROM money WHERE epoch = ? AND seq >= ? AND seq < ?",
        (epoch, body.receipt, record.seq),
    )
    c.executemany(
        "INSERT INTO money (epoch, seq, part, at, operator, what, tender, amount, account)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (epoch, seq, part, at, operator, what, tender, amount, account)
            for (seq, at, operator, what, _, account), shared in zip(rows, shares, strict=True)
            for part, (tender, amount) in enumerate(shared)
        ],
    )


def divided(amounts: list[int], body: Tendered) -> Iterator[list[tuple[str, int]]]:
    """Each amount in the tenders it was paid in, one after the other; the rest is cash.

    The shares of an amount add up to it; those of all of a tender to what was given in it, less
    the change, as far as the amounts come to that.
    """
    sign = -1 if sum(amounts) < 0 else 1
    left = {part.tender: part.given for part in body.parts if part.tender != CASH}
    for amount in amounts:
        rest, shares = amount * sign, list[tuple[str, int]]()
        for tender, free in left.items():
            share = min(free, max(rest, 0))
            if share:
                shares.append((tender, share * sign))
                left[tender] -= share
                rest -= share
        if rest:
            shares.append((CASH, rest * sign))
        yield shares


def printed(c: sqlite3.Connection, epoch: int, record: Record, body: Printed) -> None:
    """The original came out, or one more copy."""
    c.execute(
        "INSERT INTO receipt_print (epoch, receipt, first_at, copies) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (epoch, receipt) DO UPDATE SET"
        " first_at = coalesce(first_at, excluded.first_at),"
        " copies = max(copies, excluded.copies)",
        (body.epoch or epoch, body.receipt, None if body.copy else record.ts, body.copy),
    )


APPLY: Final[dict[type[Body], Callable[[sqlite3.Connection, int, Record, Any], None]]] = {
    Charged: charged,
    Tendered: tendered,
    Printed: printed,
}
