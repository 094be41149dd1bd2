"""Reading the tables of drawers: shifts, Z reports, bankings, days without a sale.

Plain statements; loaded with the first desk that keeps a drawer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from yika_common.infra.late import LateModule
from yika_node.db.shift_sums import Ask
from yika_node.db.store import Store

if TYPE_CHECKING:
    from yika_common.infra import engine
else:
    engine = LateModule("yika_common.infra.engine")


class ShiftRow(NamedTuple):
    """A shift; see :class:`yika_node.db.cash_tables.Shift`."""

    epoch: int
    seq: int
    operator: str
    opened_at: int
    amount: int
    opens: int
    report: int
    closed_epoch: int
    closed_seq: int
    closed_at: int
    closed_by: str
    declared: int
    expected: int
    to_bank: int
    taken: int
    given_back: int
    reason: str
    batch: int
    basis: str
    signed_by: str
    wants: int
    day: int

    @property
    def unanswered(self) -> bool:
        """Its difference asks for words, or for a signature, and has none."""
        return (self.wants > 0 and not self.reason) or (self.wants > 1 and not self.signed_by)

    @property
    def difference(self) -> int:
        """What was counted beyond what was expected; 0 while the shift is open."""
        return self.declared - self.expected


class BankingRow(NamedTuple):
    """Takings brought to the bank together; see :class:`yika_node.db.cash_tables.Banking`."""

    batch: int
    epoch: int
    seq: int
    at: int
    operator: str
    amount: int
    expected: int
    bank_account: str
    reference: str
    reason: str
    holder: str
    branch: str
    bank: str


class IdleRow(NamedTuple):
    """Days without a sale, both included."""

    first: str
    last: str
    at: int


class OverShort(NamedTuple):
    """An operator's differences: how many closes, and what was over and what was short."""

    operator: str
    closes: int
    times_over: int
    over: int
    times_short: int
    short: int


SHIFT: Final = f"SELECT {', '.join(ShiftRow._fields)} FROM shift"  # noqa: S608 - own names
"""The beginning of every question for a :class:`ShiftRow`."""

_BANKING: Final = f"SELECT {', '.join(BankingRow._fields)} FROM banking"  # noqa: S608 - own names
_NO_END: Final = 2**62


def asking(connection: sqlite3.Connection) -> Ask:
    """Questions to the writer's own connection."""
    return lambda statement, values: connection.execute(statement, values).fetchall()


def open_shift(ask: Ask, operator: str) -> ShiftRow | None:
    """The operator's open shift."""
    rows = ask(f"{SHIFT} WHERE operator = ? AND report = 0", (operator,))
    return ShiftRow(*rows[0]) if rows else None


def last_report(ask: Ask, below: int = _NO_END) -> ShiftRow | None:
    """The newest Z report, or the newest below a number."""
    rows = ask(f"{SHIFT} WHERE report > 0 AND report < ? ORDER BY report DESC LIMIT 1", (below,))
    return ShiftRow(*rows[0]) if rows else None


def shift_at(ask: Ask, epoch: int, seq: int) -> ShiftRow | None:
    """The shift that this record opened."""
    rows = ask(f"{SHIFT} WHERE epoch = ? AND seq = ?", (epoch, seq))
    return ShiftRow(*rows[0]) if rows else None


class ShiftQueries:
    """What the desks of drawers ask; every question is one snapshot."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def asking(self) -> Iterator[Ask]:
        """Several questions to one snapshot."""
        with engine.named_engine_failures(), self._store.engine.connect() as connection:

            def ask(statement: str, values: tuple[Any, ...]) -> Sequence[Sequence[Any]]:
                # An address may hold any number, and SQLite holds 64 bits.
                bounded = (min(v, _NO_END) if isinstance(v, int) else v for v in values)
                return connection.exec_driver_sql(statement, tuple(bounded)).all()

            with connection.begin():
                yield ask

    def _all(self, statement: str, values: tuple[Any, ...] = ()) -> Sequence[Sequence[Any]]:
        with self.asking() as ask:
            return ask(statement, values)

    def open_of(self, operator: str) -> ShiftRow | None:
        """The operator's open shift."""
        with self.asking() as ask:
            return open_shift(ask, operator)

    def open_shifts(self) -> list[ShiftRow]:
        """Everybody's, oldest first."""
        rows = self._all(f"{SHIFT} WHERE report = 0 ORDER BY opened_at, operator")
        return [ShiftRow(*row) for row in rows]

    def at(self, epoch: int, seq: int) -> ShiftRow | None:
        """The shift that this record opened."""
        with self.asking() as ask:
            return shift_at(ask, epoch, seq)

    def report(self, number: int) -> ShiftRow | None:
        """The shift of a Z report."""
        rows = self._all(f"{SHIFT} WHERE report > 0 AND report = ?", (number,))
        return ShiftRow(*rows[0]) if rows else None

    def reports(self, below: int | None, limit: int, operator: str = "") -> list[ShiftRow]:
        """Z reports, newest first, below a number; of one operator if one is named."""
        named, values = ("", ()) if not operator else (" AND operator = ?", (operator,))
        rows = self._all(
            f"{SHIFT} WHERE report > 0{named} AND report < ? ORDER BY report DESC LIMIT ?",
            (*values, below or _NO_END, limit),
        )
        return [ShiftRow(*row) for row in rows]

    def unbanked(self, limit: int) -> list[ShiftRow]:
        """Closed shifts whose takings were not brought to the bank, oldest first."""
        rows = self._all(
            f"{SHIFT} WHERE report > 0 AND batch = 0 ORDER BY report LIMIT ?", (limit,)
        )
        return [ShiftRow(*row) for row in rows]

    def of_day(self, day: int) -> list[ShiftRow]:
        """The shifts of a sales day."""
        rows = self._all(f"{SHIFT} WHERE day = ? AND day > 0 ORDER BY report", (day,))
        return [ShiftRow(*row) for row in rows]

    def banking(self, batch: int) -> tuple[BankingRow, list[ShiftRow]] | None:
        """A banking and its shifts."""
        with self.asking() as ask:
            found = ask(f"{_BANKING} WHERE batch = ?", (batch,))
            if not found:
                return None
            row = BankingRow(*found[0])
            shifts = ask(f"{SHIFT} WHERE batch = ? AND batch > 0 ORDER BY report", (batch,))
            return row, [ShiftRow(*each) for each in shifts]

    def bankings(self, below: int | None, limit: int) -> list[BankingRow]:
        """Bankings, newest first, below a number."""
        rows = self._all(
            f"{_BANKING} WHERE batch < ? ORDER BY batch DESC LIMIT ?", (below or _NO_END, limit)
        )
        return [BankingRow(*row) for row in rows]

    def batch_of(self, epoch: int, seq: int) -> int:
        """The number of the banking that this record is."""
        ((batch,),) = self._all(
            "SELECT batch FROM banking WHERE epoch = ? AND seq = ?", (epoch, seq)
        )
        return int(batch)

    def idle(self, limit: int) -> list[IdleRow]:
        """The newest null records, newest first."""
        rows = self._all(
            "SELECT first, last, at FROM idle_days ORDER BY epoch DESC, seq DESC LIMIT ?", (limit,)
        )
        return [IdleRow(*row) for row in rows]

    def over_short(self, since: int) -> list[OverShort]:
        """By operator, of the closes since a moment; over and short are never netted."""
        rows = self._all(
            "SELECT operator, count(*), sum(declared > expected),"
            " sum(max(declared - expected, 0)), sum(declared < expected),"
            " sum(max(expected - declared, 0)) FROM shift INDEXED BY shift_closed"
            " WHERE report > 0 AND closed_at >= ? GROUP BY operator ORDER BY operator",
            (since,),
        )
        return [OverShort(*row) for row in rows]

    def newest_act(self) -> int:
        """When money last moved here or a shift was closed, seconds since 1970; 0: never."""
        with self.asking() as ask:
            ((moved,),) = ask("SELECT coalesce(max(at), 0) FROM money", ())
            ((closed,),) = ask(
                "SELECT coalesce(max(closed_at), 0) FROM shift WHERE report > 0", ()
            )
            ((opened,),) = ask(
                "SELECT coalesce(max(opened_at), 0) FROM shift WHERE report = 0", ()
            )
        return int(max(moved, closed, opened))

    def done(self, token: str) -> tuple[int, int] | None:
        """The place of the record that a form became."""
        rows = self._all("SELECT epoch, basket FROM form WHERE token = ?", (token,))
        return None if not rows else (rows[0][0], rows[0][1])
