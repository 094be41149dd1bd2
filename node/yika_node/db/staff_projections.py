"""What this journal says of operators and of their limits; loaded with the first such record."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from yika_common.journal.bodies import OperatorAdded
from yika_common.journal.body import Body
from yika_common.journal.card_bodies import Supplemented
from yika_common.journal.record import Record
from yika_common.journal.staff_bodies import (
    BOUND,
    DISABLED,
    ENABLED,
    LEVEL,
    PASSWORD,
    RESET,
    SUPPLEMENTS,
    DayLimitSet,
    StaffChanged,
)

ADDED: Final = "added"
LIMIT: Final = "limit "
"""Begins what a change of a day's limits is called."""

_MEANS: Final = {
    DISABLED: "UPDATE operator SET disabled_at = :at WHERE name = :name",
    ENABLED: "UPDATE operator SET disabled_at = 0 WHERE name = :name",
    RESET: "UPDATE operator SET temporary = 1 WHERE name = :name",
    PASSWORD: "UPDATE operator SET temporary = 0 WHERE name = :name",
    BOUND: "UPDATE operator SET staff_number = :number WHERE name = :name",
    LEVEL: "UPDATE operator SET level = :level WHERE name = :name",
}


def added(c: sqlite3.Connection, epoch: int, record: Record, body: OperatorAdded) -> None:
    """A person may use the node."""
    c.execute(
        "INSERT OR REPLACE INTO operator (name, level, added_at) VALUES (?, ?, ?)",
        (body.name, body.level, record.ts),
    )
    _noted(c, epoch, record, (body.name, ADDED, body.level, "", 0, 0))


def changed(c: sqlite3.Connection, epoch: int, record: Record, body: StaffChanged) -> None:
    """Something about an operator is not as it was."""
    means = _MEANS.get(body.what)
    if means is not None:
        told = {"at": record.ts, "level": body.level, "number": body.staff_number}
        c.execute(means, told | {"name": body.name})
    said = body.staff_number or body.reason
    _noted(c, epoch, record, (body.name, body.what, body.level, said, 0, 0))


def limited(c: sqlite3.Connection, epoch: int, record: Record, body: DayLimitSet) -> None:
    """The limit that holds from now on."""
    c.execute(
        "INSERT OR REPLACE INTO day_limit (name, level, what, times, amount)"
        " VALUES (?, ?, ?, ?, ?)",
        (body.name, body.level, body.what, body.times, body.amount),
    )
    told = (body.name, LIMIT + body.what, body.level, body.reason, body.times, body.amount)
    _noted(c, epoch, record, told)


def supplemented(c: sqlite3.Connection, epoch: int, record: Record, body: Supplemented) -> None:
    """A purchase was written once more; it is worth what was bought with it."""
    c.execute(
        "INSERT INTO deed (operator, what, at, epoch, seq, amount) VALUES (?, ?, ?, ?, ?,"
        " COALESCE((SELECT amount FROM intent WHERE epoch = ? AND seq = ?), 0))",
        (
            record.operator,
            SUPPLEMENTS,
            record.ts,
            epoch,
            record.seq,
            body.epoch or epoch,
            body.intent,
        ),
    )


def _noted(
    c: sqlite3.Connection,
    epoch: int,
    record: Record,
    told: tuple[str, str, str, str, int, int],
) -> None:
    c.execute(
        "INSERT INTO staff_change (epoch, seq, at, operator, name, what, level, reason, times,"
        " amount) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (epoch, record.seq, record.ts, record.operator, *told),
    )


APPLY: Final[dict[type[Body], Callable[[sqlite3.Connection, int, Record, Any], None]]] = {
    OperatorAdded: added,
    StaffChanged: changed,
    DayLimitSet: limited,
    Supplemented: supplemented,
}
