"""What this journal says of the life of accounts; loaded with the first such record."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from yika_common.journal.account_bodies import (
    CLOSED,
    DETAILS,
    HOLDER,
    RESUMED,
    SUSPENDED,
    WITHDRAWN,
    AccountHeld,
    AccountMoved,
    PersonSeen,
)
from yika_common.journal.body import Body
from yika_common.journal.record import Record

_STATUS: Final = {SUSPENDED: SUSPENDED, RESUMED: "", CLOSED: CLOSED, WITHDRAWN: CLOSED}


def moved(c: sqlite3.Connection, _epoch: int, record: Record, body: AccountMoved) -> None:
    """The latest word on each side of the account holds; what is closed stays closed."""
    if body.what in (DETAILS, HOLDER):
        c.execute(
            "INSERT INTO account_state (account, status, status_at, who, who_at, community,"
            " premises) VALUES (?, '', 0, ?, ?, ?, ?) ON CONFLICT (account) DO UPDATE SET"
            " who = excluded.who, who_at = excluded.who_at, community = excluded.community,"
            " premises = excluded.premises",
            (body.account, body.who, record.ts, body.community, body.premises),
        )
        return
    c.execute(
        "INSERT INTO account_state (account, status, status_at, who, who_at, community, premises)"
        " VALUES (?, ?, ?, '', 0, '', '') ON CONFLICT (account) DO UPDATE SET"
        " status = excluded.status, status_at = excluded.status_at WHERE status <> ?",
        (body.account, _STATUS[body.what], record.ts, CLOSED),
    )
    if body.what == WITHDRAWN:
        c.execute("DELETE FROM account_meter WHERE account = ?", (body.account,))


def held(c: sqlite3.Connection, epoch: int, record: Record, body: AccountHeld) -> None:
    """A hold is put on, or lifted; once, whoever tries again."""
    if body.level:
        c.execute(
            "INSERT INTO account_hold (node, epoch, seq, account, level, words, until, lifter, at,"
            " operator, lifted_at) VALUES ('', ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                epoch,
                record.seq,
                body.account,
                body.level,
                body.words,
                body.until,
                body.lifter,
                record.ts,
                record.operator,
            ),
        )
        return
    c.execute(
        "INSERT INTO account_hold (node, epoch, seq, account, level, words, until, lifter, at,"
        " operator, lifted_at) VALUES (?, ?, ?, ?, '', '', 0, '', ?, ?, ?)"
        " ON CONFLICT (node, epoch, seq) DO UPDATE SET lifted_at = excluded.lifted_at"
        " WHERE lifted_at IS NULL",
        (
            body.node,
            body.epoch,
            body.seq,
            body.account,
            record.ts,
            record.operator,
            record.ts,
        ),
    )


def _nothing(_c: sqlite3.Connection, _epoch: int, _record: Record, _body: PersonSeen) -> None:
    """Who looked at whom is history only."""


APPLY: Final[dict[type[Body], Callable[[sqlite3.Connection, int, Record, Any], None]]] = {
    AccountMoved: moved,
    AccountHeld: held,
    PersonSeen: _nothing,
}
"""See :mod:`yika_node.db.projections`."""
