"""What was done about operators, and their limits in a day; loaded with the first page of it."""

from collections.abc import Sequence
from typing import Any

import sqlmodel as sql

from yika_common.infra.engine import named_engine_failures
from yika_node.db import staff_tables, tables
from yika_node.db.day_sums import done_between
from yika_node.db.store import Store

Place = tuple[int, int]
"""Epoch and seq of a record."""


class StaffQueries:
    """What the pages about operators ask; every method is one snapshot."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def changes(
        self, limit: int, *, before: Place | None = None, name: str = ""
    ) -> Sequence[staff_tables.StaffChange]:
        """The newest ``limit`` changes before a place, of everybody or of one operator."""
        change = staff_tables.StaffChange
        wanted = sql.select(change).order_by(
            sql.col(change.epoch).desc(), sql.col(change.seq).desc()
        )
        if name:
            wanted = wanted.where(change.name == name)
        if before is not None:
            place = sql.tuple_(sql.col(change.epoch), sql.col(change.seq))
            wanted = wanted.where(place < before)
        with named_engine_failures(), sql.Session(self._store.engine) as session:
            return session.exec(wanted.limit(limit)).all()

    def attempts(self) -> dict[str, int]:
        """Wrong passwords in a row, by name."""
        with named_engine_failures(), sql.Session(self._store.engine) as session:
            return {row.operator: row.failures for row in session.exec(sql.select(tables.Attempt))}

    def day_limits(self) -> Sequence[staff_tables.DayLimit]:
        """Every limit that was ever set and is one, levels first."""
        one = staff_tables.DayLimit
        wanted = sql.select(one).where((one.times > 0) | (one.amount > 0))
        with named_engine_failures(), sql.Session(self._store.engine) as session:
            return session.exec(wanted.order_by(one.name, one.level, one.what)).all()

    def done(self, operator: str, what: str, first: int, last: int) -> tuple[int, int]:
        """How often an operator did it in these seconds, and for how much money."""
        with named_engine_failures(), self._store.engine.connect() as connection:

            def ask(text: str, values: Sequence[Any]) -> tuple[int, int]:
                times, amount = connection.exec_driver_sql(text, tuple(values)).one()
                return times, amount

            return done_between(ask, operator, what, first, last)

    def right_uses(self) -> dict[str, dict[str, int]]:
        """When each operator last used each right, to the day; by name, then by right."""
        found: dict[str, dict[str, int]] = {}
        with named_engine_failures(), sql.Session(self._store.engine) as session:
            for row in session.exec(sql.select(staff_tables.RightUse)):
                found.setdefault(row.operator, {})[row.right] = row.at
        return found
