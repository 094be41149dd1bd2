"""What this journal says of drawers, as tables; loaded with the first such record."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from yika_common.journal.body import Body
from yika_common.journal.card_bodies import APPROVALS, Approved
from yika_common.journal.cash_bodies import (
    CUT,
    DAY,
    DROP,
    FLOAT,
    MONTH,
    YEAR,
    Banked,
    CashMoved,
    DifferenceExplained,
    DrawerOpened,
    NothingSold,
    ShiftClosed,
    ShiftOpened,
    Totalled,
)
from yika_common.journal.record import Record, decode_line
from yika_node.db.money_projections import CHEQUE, moved

HEADQUARTERS: Final = "HQ"
"""Stands where a second person's name does, if headquarters was that person."""


def opened(c: sqlite3.Connection, epoch: int, record: Record, body: ShiftOpened) -> None:
    """A shift without a number; its float is in the drawer."""
    c.execute(
        "INSERT INTO shift (epoch, seq, operator, opened_at, amount, opens, report, closed_epoch,"
        " closed_seq, closed_at, closed_by, declared, expected, to_bank, taken, given_back,"
        " reason, batch, basis)"
        " VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0, '', 0, 0, 0, 0, 0, '', 0, ?)",
        (epoch, record.seq, record.operator, record.ts, body.amount, body.basis),
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
        " reason = ?, wants = ? WHERE epoch = ? AND seq = ? AND report = 0",
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
            body.wants,
            *place,
        ),
    )


def explained(
    c: sqlite3.Connection, epoch: int, _record: Record, body: DifferenceExplained
) -> None:
    """The latest reason stands, and who signed for it; those before it stay in the journal."""
    c.execute(
        "UPDATE shift SET reason = ?, signed_by = ? WHERE report = ?",
        (body.reason, _signer(c, epoch, body.approved), body.report),
    )


def _signer(c: sqlite3.Connection, epoch: int, approval: int) -> str:
    """Who holds the managing card of an approval; or headquarters, where that was asked."""
    found = c.execute("SELECT line FROM record WHERE epoch = ? AND seq = ?", (epoch, approval))
    row = found.fetchone() if approval else None
    said = None if row is None else decode_line(bytes(row[0])).body
    if isinstance(said, Approved):
        return said.holder
    return HEADQUARTERS if said is not None and said.kind in APPROVALS else ""


def banked(c: sqlite3.Connection, epoch: int, record: Record, body: Banked) -> None:
    """A shift is banked once."""
    c.execute(
        "INSERT INTO banking (batch, epoch, seq, at, operator, amount, expected, bank_account,"
        " reference, reason, holder, branch, bank) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            body.holder,
            body.branch,
            body.bank,
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


def totalled(c: sqlite3.Connection, epoch: int, record: Record, body: Totalled) -> None:
    """A cut of a shift, or what a day, a month or a year comes to; its parts are in it alone."""
    opened = (body.epoch or epoch, body.opened) if body.what == CUT else (0, 0)
    c.execute(
        "INSERT INTO total (what, batch, period, epoch, seq, at, operator, part_of, opened_epoch,"
        " opened) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
        (
            body.what,
            body.batch,
            body.period,
            epoch,
            record.seq,
            record.ts,
            record.operator,
            *opened,
        ),
    )
    if body.what == CUT:
        c.execute("UPDATE shift SET basis = ? WHERE epoch = ? AND seq = ?", (body.basis, *opened))
    elif body.what == DAY:
        c.executemany(
            "UPDATE shift SET day = ? WHERE report = ? AND day = 0",
            [(body.batch, report) for report in body.reports],
        )
    elif body.first_part:
        c.execute(
            "UPDATE total SET part_of = ? WHERE what = ? AND batch BETWEEN ? AND ?",
            (body.batch, PART_OF[body.what], body.first_part, body.last_part),
        )


PART_OF: Final = {MONTH: DAY, YEAR: MONTH}
"""What a month is made of, and a year."""

APPLY: Final[dict[type[Body], Callable[[sqlite3.Connection, int, Record, Any], None]]] = {
    ShiftOpened: opened,
    CashMoved: cash,
    DrawerOpened: drawer,
    ShiftClosed: closed,
    DifferenceExplained: explained,
    Banked: banked,
    NothingSold: idle,
    Totalled: totalled,
}
