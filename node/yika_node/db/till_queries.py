"""Reading tenders, charges and printed receipts; loaded when somebody asks.

Plain statements: classes for these tables would take memory in every server that shows a receipt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from yika_common.infra.engine import named_engine_failures

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from yika_node.db.correction_queries import Correction
    from yika_node.db.store import Store


class TenderRow(NamedTuple):
    """One tender of a payment; see :class:`yika_node.db.till_tables.Tendering`."""

    tender: str
    given: int
    change: int
    reference: str
    reason: str


class ChargeRow(NamedTuple):
    """A charge; see :class:`yika_node.db.till_tables.Charge`."""

    epoch: int
    seq: int
    what: str
    account: str
    code: str
    name_zh: str
    name_en: str
    amount: int
    tax: int
    reason: str
    at: int
    operator: str
    back_epoch: int
    given_back: int
    happened: int


class PrintRow(NamedTuple):
    """What of a receipt came out of printers; see ``till_tables.ReceiptPrint``."""

    first_at: int | None
    copies: int


HELD: Final = (
    "SELECT coalesce(sum(CASE what WHEN 'guarantee' THEN amount ELSE -amount END), 0) FROM charge"
    " WHERE account = ? AND account <> '' AND epoch = ?"
    " AND what IN ('guarantee', 'guarantee_back', 'guarantee_debt')"
)
_CHARGE = f"SELECT {', '.join(ChargeRow._fields)} FROM charge"  # noqa: S608 - own names


class TillQueries:
    """What the desks of charges and of paper ask; every method is one snapshot."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with named_engine_failures(), self._store.engine.connect() as connection:
            yield connection

    def tenders(self, epoch: int, receipt: int) -> Sequence[TenderRow]:
        """How a payment was made; nothing where it was exactly in cash."""
        with self._connection() as connection:
            rows = connection.exec_driver_sql(
                "SELECT tender, given, change, reference, reason FROM tendering"
                " WHERE epoch = ? AND receipt = ?",
                (epoch, receipt),
            )
            return [TenderRow(*row) for row in rows]

    def printed(self, epoch: int, receipt: int) -> PrintRow:
        """Whether the original of a receipt was printed, and how many copies."""
        with self._connection() as connection:
            found = connection.exec_driver_sql(
                "SELECT first_at, copies FROM receipt_print WHERE epoch = ? AND receipt = ?",
                (epoch, receipt),
            ).first()
        return PrintRow(None, 0) if found is None else PrintRow(*found)

    def charge(self, epoch: int, seq: int) -> ChargeRow | None:
        """One charge."""
        with self._connection() as connection:
            found = connection.exec_driver_sql(
                f"{_CHARGE} WHERE epoch = ? AND seq = ?", (epoch, seq)
            ).first()
        return None if found is None else ChargeRow(*found)

    def charges(
        self,
        before: tuple[int, int] | None,
        limit: int,
        account: str | None = None,
        *,
        held: bool = False,
    ) -> Sequence[ChargeRow]:
        """Charges, newest first, below the key ``before``; ``held``: of guarantees alone."""
        bounds = ["(epoch, seq) < (?, ?)"]
        wanted: list[str | int] = [*(before or (1 << 62, 0))]
        if account is not None:
            # The index of those with an account is used where the statement says they have one.
            bounds += ["account = ?", "account <> ''"]
            wanted.append(account)
        if held:
            bounds.append("what IN ('guarantee', 'guarantee_back', 'guarantee_debt')")
        with self._connection() as connection:
            rows = connection.exec_driver_sql(
                f"{_CHARGE} WHERE {' AND '.join(bounds)} ORDER BY epoch DESC, seq DESC LIMIT ?",
                (*wanted, limit),
            )
            return [ChargeRow(*row) for row in rows]

    def held(self, account: str, epoch: int) -> int:
        """What this vending point holds as the account's guarantee, taken in that epoch."""
        with self._connection() as connection:
            found: int = connection.exec_driver_sql(HELD, (account, epoch)).scalar_one()
        return found

    def prepaid(self, account: str, epoch: int, above: int) -> int:
        """The account's deposits of that epoch behind a record, but those given back."""
        with self._connection() as connection:
            found: int = connection.exec_driver_sql(
                "SELECT coalesce(sum(amount), 0) FROM charge WHERE account = ? AND account <> ''"
                " AND epoch = ? AND seq > ? AND what = 'deposit' AND given_back = 0",
                (account, epoch, above),
            ).scalar_one()
        return found

    def settled(self, account: str, epoch: int, seq: int, at: int) -> Sequence[int]:
        """The account's charges that were written with a record at that place and moment."""
        with self._connection() as connection:
            rows = connection.exec_driver_sql(
                "SELECT seq FROM charge WHERE account = ? AND account <> '' AND epoch = ?"
                " AND seq > ? AND at = ? ORDER BY seq",
                (account, epoch, seq, at),
            )
            return [one for nth, one in enumerate(rows.scalars(), seq + 1) if one == nth]

    def lives(self, account: str) -> Sequence[tuple[int, bytes]]:
        """The records of what became of an account, newest first: epoch and line."""
        with self._connection() as connection:
            rows = connection.exec_driver_sql(
                "SELECT epoch, line FROM account_event JOIN record USING (epoch, seq)"
                " WHERE account_event.account = ? AND account_event.kind = 'life'"
                " ORDER BY epoch DESC, seq DESC LIMIT 16",
                (account,),
            )
            return [(epoch, bytes(line)) for epoch, line in rows]

    def ended(self, account: str) -> bool:
        """Whether this journal says that the account ended."""
        return any(b'"w":"closed"' in line for _, line in self.lives(account))

    def corrections(self, epoch: int, receipt: int) -> Sequence[Correction]:
        """How a payment was set right, oldest first; mostly never."""
        from yika_node.db.correction_queries import corrections  # noqa: PLC0415 - see above

        with self._connection() as connection:
            return corrections(
                lambda statement, values: connection.exec_driver_sql(statement, values).all(),
                epoch,
                receipt,
            )

    def shift_of(self, epoch: int, seq: int, operator: str) -> tuple[int, int] | None:
        """The place of the record that opened the shift in which the operator wrote this one."""
        with self._connection() as connection:
            found = connection.exec_driver_sql(
                "SELECT epoch, seq FROM (SELECT * FROM shift NOT INDEXED"
                " WHERE operator = ? AND (epoch, seq) < (?, ?)"
                " ORDER BY epoch DESC, seq DESC LIMIT 1)"
                " WHERE report = 0 OR (closed_epoch, closed_seq) > (?, ?)",
                (operator, epoch, seq, epoch, seq),
            ).first()
        return None if found is None else (found[0], found[1])

    def sold_lately(self, account: str, since: int) -> Sequence[tuple[str, int, int]]:
        """Meter, money and time of the account's purchases since a moment, newest first."""
        with self._connection() as connection:
            rows = connection.exec_driver_sql(
                "SELECT meter, paid, at, act FROM intent WHERE account = ?"
                " ORDER BY epoch DESC, seq DESC LIMIT 16",
                (account,),
            ).all()
        return [(meter, paid, at) for meter, paid, at, act in rows if not act and at >= since]
