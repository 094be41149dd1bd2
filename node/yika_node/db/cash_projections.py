"""What this journal says of drawers, as tables; loaded with the first such record."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from yika_common.journal.body import Body
from yika_common.journal.cash_bodies import (
    DROP,
    FLOAT,
    Banked,
    CashMoved,
    DifferenceExplained,
    DrawerOpened,
    NothingSold,
    ShiftClosed,
    ShiftOpened,
)
from yika_common.journal.record import Record
from yika_node.db.money_projections import CHEQUE, moved


def opened(c: sqlite3.Connection, epoch: int, record: Record, body: ShiftOpened) -> None:
    """A shift without a number; its float is in the drawer."""
    c.execute(
        "INSERT INTO shift (epoch, seq, operator, opened_at, amount, opens, report, closed_epoch,"
        " closed_seq, closed_at, closed_by, declared, expected, to_bank, taken, given_back,"
        " reason, batch) VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0, '', 0, 0, 0, 0, 0, '', 0)",
        (epoch, record.seq, record.operator, record.ts, body.amount),
    )
    moved(c, (epoch, record), FLOAT, body.amount)


def cash(c: sqlite3.Connection, epoch: int, record: Record, body: CashMoved) -> None:
    """Cash into the drawer, or out of it."""
    moved(c, (epoch, record), body.what, body.signed)


def drawer(c: sqlite3.Connection, _epoch: int, record: Record, _body: DrawerOpened) -> None:
    """One more opening in the operator's open shift."""
    c.execute(
        "UPDATE shift SET opens = opens + 1 WHERE operator = ? AND report = 0", (record.operator,)
    )


def to_bank(body: ShiftClosed, float_: int) -> int:
    """What a shift leaves to be banked: its takings in the drawer and the safe, and cheques."""
    safe = -sum(one.amount for one in body.sums if one.what == DROP)
    cheques = sum(one.amount for one in body.sums if one.tender == CHEQUE)
    return body.amount - float_ + safe + cheques


def closed(c: sqlite3.Connection, epoch: int, record: Record, body: ShiftClosed) -> None:
    """The shift has its number; a second close changes nothing."""
    place = body.epoch or epoch, body.opened
    found = c.execute("SELECT amount FROM shift WHERE epoch = ? AND seq = ?", place).fetchone()
    float_ = 0 if found is None else found[0]
    c.execute(
        "UPDATE shift SET report = ?, closed_epoch = ?, closed_seq = ?, closed_at = ?,"
        " closed_by = ?, declared = ?, expected = ?, to_bank = ?, taken = ?, given_back = ?,"
        " reason = ? WHERE epoch = ? AND seq = ? AND report = 0",
        (
            body.report,
            epoch,
            record.seq,
            record.ts,
            record.operator,
            body.amount,
            body.expected,
            to_bank(body, float_),
            body.taken,
            body.given_back,
            body.reason,
            *place,
        ),
    )


def explained(
    c: sqlite3.Connection, _epoch: int, _record: Record, body: DifferenceExplained
) -> None:
    """The latest reason stands; those before it stay in the journal."""
    c.execute("UPDATE shift SET reason = ? WHERE report = ?", (body.reason, body.report))


def banked(c: sqlite3.Connection, epoch: int, record: Record, body: Banked) -> None:
    """A shift is banked once."""
    c.execute(
        "INSERT INTO banking (batch, epoch, seq, at, operator, amount, expected, bank_account,"
        " reference, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            body.batch,
            epoch,
            record.seq,
            record.ts,
            record.operator,
            body.amount,
            body.expected,
            body.bank_account,
            body.reference,
            body.reason,
        ),
    )
    c.executemany(
        "UPDATE shift SET batch = ? WHERE report = ? AND batch = 0",
        [(body.batch, report) for report in body.shifts],
    )


def idle(c: sqlite3.Connection, epoch: int, record: Record, body: NothingSold) -> None:
    """A null record."""
    c.execute(
        "INSERT INTO idle_days (epoch, seq, first, last, at) VALUES (?, ?, ?, ?, ?)",
        (epoch, record.seq, body.first, body.last, record.ts),
    )


APPLY: Final[dict[type[Body], Callable[[sqlite3.Connection, int, Record, Any], None]]] = {
    ShiftOpened: opened,
    CashMoved: cash,
    DrawerOpened: drawer,
    ShiftClosed: closed,
    DifferenceExplained: explained,
    Banked: banked,
    NothingSold: idle,
}
