"""Bringing the takings of closed shifts to the bank, and the deposit slip that goes with them.

What a shift leaves for the bank is what was counted, less the float, with what was put into the
safe, and its cheques.  Shifts that go together make a batch with a number without gap; a shift is
banked once.  Whose account it is, and where, stands in headquarters' settings; where it does not,
the account's number is typed.  The record holds what the settings then said.
"""

import sqlite3
from collections.abc import Sequence

from yika_common.clock import Clock, from_timestamp
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.journal.cash_bodies import REASON_MAX, REFERENCE_MAX, ZS_MAX, Banked
from yika_common.numbers import Money
from yika_common.values import dataclass
from yika_node.db.journal import Entry, Journal
from yika_node.db.shift_queries import BankingRow, ShiftQueries, ShiftRow
from yika_node.services.settings_shelf import SettingsShelf
from yika_node.services.shift_errors import BankingUnknown, NothingToBank, ReasonUnusable
from yika_node.services.shift_reports import report_line
from yika_node.services.shift_views import BankingView, ReportLine

_ACCOUNT_MAX = 64


@dataclass(frozen=True, slots=True)
class BankingDesk:
    """Makes batches; one at a time."""

    journal: Journal
    book: ShiftQueries
    clock: Clock
    settings: SettingsShelf

    def waiting(self) -> tuple[ReportLine, ...]:
        """Closed shifts whose takings are still here, oldest first."""
        return tuple(map(report_line, self.book.unbanked(ZS_MAX)))

    def last_account(self) -> str:
        """The utility's account that was banked to last."""
        newest = self.book.bankings(None, 1)
        return newest[0].bank_account if newest else ""

    def bank(
        self,
        operator: str,
        reports: Sequence[int],
        amount: int,
        *,
        token: str,
        bank_account: str = "",
        reference: str = "",
        reason: str = "",
    ) -> int:
        """Record that the takings of these shifts were brought to the bank; the batch's number.

        Args:
            operator: who brought them.
            reports: numbers of their Z reports.
            amount: what was paid in, minor units; any sum is recorded.
            token: the form's own: the same call again gives the same batch.
            bank_account: the utility's account, where the settings do not name it.
            reference: number of the bank's slip.
            reason: why it is not what the shifts left.

        Raises:
            NothingToBank, ReasonUnusable: nothing was recorded.
        """
        done = self.book.done(token)
        if done is not None:
            return self.book.batch_of(*done)
        waiting = {row.report: row for row in self.book.unbanked(ZS_MAX)}
        chosen = sorted({*reports} & {*waiting})
        if not chosen or len(chosen) != len({*reports}) or not 0 <= amount <= FIGURE_MAX:
            raise NothingToBank
        newest, told = self.book.bankings(None, 1), self.settings.settings()
        body = Banked(
            batch=1 + (newest[0].batch if newest else 0),
            shifts=tuple(chosen),
            amount=amount,
            expected=sum(waiting[report].to_bank for report in chosen),
            bank_account=told.bank_number or _text(bank_account, _ACCOUNT_MAX),
            holder=told.bank_holder,
            branch=told.bank_branch,
            bank=told.bank_name,
            reference=_text(reference, REFERENCE_MAX),
            reason=_text(reason, REASON_MAX),
        )

        def whole(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
            ((found,),) = connection.execute(
                "SELECT count(*) FROM shift WHERE batch = ? AND batch > 0", (body.batch,)
            ).fetchall()
            if found != len(chosen):
                raise NothingToBank
            connection.execute(
                "INSERT INTO form (token, epoch, basket) VALUES (?, ?, ?)",
                (token, entries[-1].epoch, entries[-1].seq),
            )

        self.journal.append([body], at=self.clock(), operator=operator, along=[whole])
        return body.batch

    def banking(self, number: int) -> BankingView:
        """A batch with its shifts.

        Raises:
            BankingUnknown: there is none of that number.
        """
        found = self.book.banking(number)
        if found is None:
            raise BankingUnknown(number=number)
        return _view(*found)

    def bankings(self, limit: int, below: int | None = None) -> tuple[BankingView, ...]:
        """Batches, newest first, below a number."""
        return tuple(_view(row, ()) for row in self.book.bankings(below, limit))


def _view(row: BankingRow, shifts: Sequence[ShiftRow]) -> BankingView:
    return BankingView(
        number=row.batch,
        at=from_timestamp(row.at),
        operator=row.operator,
        amount=Money(row.amount),
        expected=Money(row.expected),
        bank_account=row.bank_account,
        reference=row.reference,
        reason=row.reason,
        epoch=row.epoch,
        seq=row.seq,
        holder=row.holder,
        branch=row.branch,
        bank=row.bank,
        reports=tuple(map(report_line, shifts)),
    )


def _text(typed: str, most: int) -> str:
    typed = typed.strip()
    if len(typed) > most or (typed and not typed.isprintable()):
        raise ReasonUnusable(most=most)
    return typed
