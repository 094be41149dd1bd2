"""Reading which purchases were given back; loaded when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from yika_common.infra.engine import named_engine_failures
from yika_node.db import rows
from yika_node.db.projections import WRITTEN
from yika_node.db.rows import all_rows, first_row

if TYPE_CHECKING:
    from yika_node.db.store import Store


class RefundQueries:
    """What the refund desk asks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def refund(self, epoch: int, seq: int) -> rows.Refund | None:
        """The refund with this intent."""
        with named_engine_failures(), self._store.engine.connect() as connection:
            return first_row(connection, rows.Refund, "WHERE epoch = ? AND seq = ?", epoch, seq)

    def unpaid(self, account: str | None = None) -> Sequence[tuple[rows.Refund, rows.Intent]]:
        """Refunds whose record is on the card and whose money was not handed out, oldest first."""
        wanted = (
            "USING (epoch, seq) WHERE refund.paid_at IS NULL AND intent.state = ?1"
            " AND intent.account = ifnull(?2, intent.account) ORDER BY refund.epoch, refund.seq"
        )
        with named_engine_failures(), self._store.engine.connect() as connection:
            refunds = all_rows(connection, rows.Refund, f"JOIN intent {wanted}", WRITTEN, account)
            intents = all_rows(connection, rows.Intent, f"JOIN refund {wanted}", WRITTEN, account)
        return list(zip(refunds, intents, strict=True))

    def paid_in(self, epoch: int, receipt: int) -> frozenset[str]:
        """The tenders, but cash, in which a payment was made."""
        with named_engine_failures(), self._store.engine.connect() as connection:
            tenders = connection.exec_driver_sql(
                "SELECT tender FROM tendering"
                " WHERE epoch = ? AND receipt = ? AND tender <> 'cash'",
                (epoch, receipt),
            )
            return frozenset(tenders.scalars())

    def moved_on(self, meter: str) -> tuple[int, int] | None:
        """The (generation, count) of a meter up to which its credit moved to another one."""
        with named_engine_failures(), self._store.engine.connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT generation, count FROM meter_swap WHERE old = ?", (meter,)
            ).first()
            return None if found is None else (found[0], found[1])

    def credited_at(self, account: str, meter: str, position: tuple[int, int]) -> int | None:
        """The meter's total after this journal's record at a (generation, count)."""
        with named_engine_failures(), self._store.engine.connect() as connection:
            found: int | None = connection.exec_driver_sql(
                "SELECT total FROM intent WHERE account = ? AND meter = ? AND generation = ?"
                " AND count = ? AND state = ?",
                (account, meter, *position, WRITTEN),
            ).scalar()
            return found
