"""No money without an open shift: the rule that the journal obeys at a vending point that has it.

Whatever record takes money from a customer or gives it back, or begins to, is committed only while
its operator has a shift of this business day; so a Z report misses nothing, whichever desk wrote
the record.  Pages ask beforehand, with :meth:`ShiftGuard.check`, so that nobody types in vain and
no card is written whose money can't follow.

What a record of money or of a drawer has to have before it is made here too, in a commit of its
own (:meth:`ShiftGuard.ahead`): the cut of a shift whose prices rest on something else from now on,
and the sales days, months and years that are over when a shift is opened.

A shift of an earlier day is *suspended*: its operator counts and closes it before anything else.
Business days are those of the vending point's clock on the wall.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.infra.late import LateModule
from yika_common.journal.bodies import CARRYING, Intent
from yika_common.journal.body import Body
from yika_node.db.journal import Entry
from yika_node.db.store import Store

if TYPE_CHECKING:
    from yika_common.infra import engine
else:
    engine = LateModule("yika_common.infra.engine")

_OPEN: Final = "SELECT opened_at FROM shift WHERE operator = ? AND report = 0"
_DATED: Final = {"shift", "total"}
"""Kinds of records before which the days that are over get theirs."""

_BASIS: Final = "SELECT epoch, seq, basis FROM shift WHERE operator = ? AND report = 0"
_MOVED: Final = "SELECT 1 FROM money WHERE epoch = ? AND seq BETWEEN ? AND ? LIMIT 1"


class NoShift(YikaError):
    """Money is to be moved by somebody who has no open shift."""

    code = "no_shift"
    sentence = N_(
        "You have no open shift. Nothing was recorded. Press F9, count what is in the drawer, and "
        "open one."
    )


class ShiftOfYesterday(YikaError):
    """The operator's shift was not closed on its day."""

    code = "shift_of_yesterday"
    sentence = N_(
        "Your shift of %(day)s was never closed. Nothing was recorded. Press F9, count the drawer "
        "and close it, and open today's."
    )


class ShiftGuard:
    """Says whether an operator may move money; ``on`` as the configuration says."""

    def __init__(
        self, store: Store, clock: Clock, zone: ZoneInfo, basis: Callable[[int], str], *, on: bool
    ) -> None:
        self._store = store
        self._clock = clock
        self._zone = zone
        self._basis = basis
        self.on = on

    def check(self, operator: str) -> None:
        """Ask before anything is begun.

        Raises:
            NoShift, ShiftOfYesterday: the operator must not move money now.
        """
        if not self.on:
            return
        with engine.named_engine_failures(), self._store.engine.connect() as connection:
            found = connection.exec_driver_sql(_OPEN, (operator,)).first()
        self.judge(None if found is None else found[0], to_timestamp(self._clock()))

    def refusal(self, operator: str) -> YikaError | None:
        """Why the operator must not move money now; None: nothing is against it."""
        try:
            self.check(operator)
        except (NoShift, ShiftOfYesterday) as why:
            return why
        return None

    def rule(
        self, connection: sqlite3.Connection, entries: Sequence[Entry], operator: str
    ) -> None:
        """Refuse records that move money outside a shift, within their transaction."""
        if self.on and (_begins(entries) or _moves(connection, entries)):
            found = connection.execute(_OPEN, (operator,)).fetchone()
            self.judge(None if found is None else found[0], entries[-1].position.at)

    def ahead(
        self, connection: sqlite3.Connection, entries: Sequence[Entry], operator: str
    ) -> Sequence[Body]:
        """What must stand in the journal before these records of an operator; mostly nothing."""
        kinds = {entry.body.kind for entry in entries}
        if kinds & _DATED:
            return self._due(connection, entries[0])
        if not (_begins(entries) or "charge" in kinds):
            return ()
        found = connection.execute(_BASIS, (operator,)).fetchone()
        if found is None:
            return ()
        basis = self._basis(entries[0].position.at)
        if found[2] == basis:
            return ()
        from yika_node.services.shift_cuts import cut  # noqa: PLC0415 - few shifts have any

        return [cut(connection, entries[0].epoch, operator, (found[0], found[1]), basis)]

    def basis(self) -> str:
        """What prices rest on now."""
        return self._basis(to_timestamp(self._clock()))

    def _due(self, connection: sqlite3.Connection, entry: Entry) -> Sequence[Body]:
        from yika_node.db.shift_queries import asking  # noqa: PLC0415 - once a day or so
        from yika_node.services.period_totals import due  # noqa: PLC0415

        return due(asking(connection), self.day_of, self.day_of(entry.position.at))

    def day_of(self, at: int) -> date:
        """The business day of a moment, in seconds since 1970."""
        return from_timestamp(at).astimezone(self._zone).date()

    def judge(self, opened_at: int | None, now: int) -> None:
        """Raises NoShift, ShiftOfYesterday: by when the operator's open shift was opened."""
        if opened_at is None:
            raise NoShift
        day = self.day_of(opened_at)
        if day < self.day_of(now):
            raise ShiftOfYesterday(day=day.isoformat())


def _begins(entries: Sequence[Entry]) -> bool:
    """Whether a purchase or its giving back begins, whose money may move with a later record."""
    return any(isinstance(one.body, Intent) and one.body.act not in CARRYING for one in entries)


def _moves(connection: sqlite3.Connection, entries: Sequence[Entry]) -> bool:
    place = entries[0].epoch, entries[0].seq, entries[-1].seq
    return connection.execute(_MOVED, place).fetchone() is not None
