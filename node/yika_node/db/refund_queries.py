"""Reading which purchases were given back; loaded when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlmodel as sql

from yika_common.infra.engine import named_engine_failures
from yika_node.db import seldom, tables
from yika_node.db.projections import WRITTEN

if TYPE_CHECKING:
    from yika_node.db.store import Store


class RefundQueries:
    """What the refund desk asks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def refund(self, epoch: int, seq: int) -> seldom.Refund | None:
        """The refund with this intent."""
        with named_engine_failures(), sql.Session(self._store.engine) as session:
            return session.get(seldom.Refund, (epoch, seq))

    def unpaid(self, account: str | None = None) -> Sequence[tuple[seldom.Refund, tables.Intent]]:
        """Refunds whose record is on the card and whose money was not handed out, oldest first."""
        refund, intent = seldom.Refund, tables.Intent
        query = (
            sql.select(refund, intent)
            .join(
                intent,
                (sql.col(intent.epoch) == refund.epoch) & (sql.col(intent.seq) == refund.seq),
            )
            .where(sql.col(refund.paid_at).is_(None), intent.state == WRITTEN)
            .order_by(sql.col(refund.epoch), sql.col(refund.seq))
        )
        if account is not None:
            query = query.where(intent.account == account)
        with (
            named_engine_failures(),
            sql.Session(self._store.engine, expire_on_commit=False) as session,
        ):
            return [(one, other) for one, other in session.exec(query)]

    def paid_in(self, epoch: int, receipt: int) -> frozenset[str]:
        """The tenders, but cash, in which a payment was made."""
        with named_engine_failures(), self._store.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT tender FROM tendering"
                " WHERE epoch = ? AND receipt = ? AND tender <> 'cash'",
                (epoch, receipt),
            )
            return frozenset(row[0] for row in rows)

    def moved_on(self, meter: str) -> tuple[int, int] | None:
        """The (generation, count) of a meter up to which its credit moved to another one."""
        swap = seldom.MeterSwap
        query = sql.select(swap.generation, swap.count).where(swap.old == meter)
        with named_engine_failures(), sql.Session(self._store.engine) as session:
            found = session.exec(query).first()
            return None if found is None else (found[0], found[1])

    def credited_at(self, account: str, meter: str, position: tuple[int, int]) -> int | None:
        """The meter's total after this journal's record at a (generation, count)."""
        intent = tables.Intent
        query = sql.select(intent.total).where(
            intent.account == account,
            intent.meter == meter,
            intent.generation == position[0],
            intent.count == position[1],
            intent.state == WRITTEN,
        )
        with named_engine_failures(), sql.Session(self._store.engine) as session:
            return session.exec(query).first()
