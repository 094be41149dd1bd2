"""Sales days, months and years as pages and papers show them, and the day that is closed on wish.

What one comes to is read from its record and never computed again; what ties it to its parts, and
to the bank, is checked wherever it is shown: the parts come to the whole, and what customers paid
is at the bank, waits for it, was moved beside sales, or was over or short.
"""

from datetime import datetime
from typing import Final, cast

from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.journal.body import Body
from yika_common.journal.cash_bodies import (
    CORRECTED_LATER,
    DAY,
    DROP,
    MONTH,
    MOVES,
    PERIODS,
    Priced,
    Summed,
    Totalled,
)
from yika_common.numbers import Money
from yika_common.values import dataclass
from yika_node.db.journal import Journal, Position
from yika_node.db.money_projections import CASH, CHEQUE
from yika_node.db.shift_queries import ShiftQueries
from yika_node.db.total_queries import TotalQueries, TotalRow, parts_of
from yika_node.db.total_sums import given_back, taken, total_at
from yika_node.services.period_totals import day_so_far
from yika_node.services.shift_errors import NothingToTotal, TotalUnknown
from yika_node.services.shift_guard import ShiftGuard
from yika_node.services.shift_reports import report_line
from yika_node.services.shift_views import ReportLine, Takings
from yika_node.services.standing import Standing

_BANKABLE: Final = (CASH, CHEQUE)


@dataclass(frozen=True, slots=True)
class TotalLine:
    """A total in a list."""

    what: str
    number: int
    period: str
    at: datetime
    taken: Money
    given_back: Money
    to_bank: Money
    receipts: int


@dataclass(frozen=True, slots=True)
class Total(Takings):
    """What a sales day, a month or a year came to.

    ``reports`` are the shifts of a day, ``parts`` the days of a month or the months of a year;
    ``ever_taken`` and ``ever_given`` are of all shifts of the vending point up to it.
    """

    what: str
    number: int
    period: str
    node: str
    epoch: int
    seq: int
    at: datetime
    operator: str
    sums: tuple[Summed, ...]
    tariffs: tuple[Priced, ...]
    receipts: int
    refunds: int
    pending: int
    declared: Money
    expected: Money
    to_bank: Money
    ever_taken: Money
    ever_given: Money
    reports: tuple[ReportLine, ...] = ()
    parts: tuple[TotalLine, ...] = ()

    @property
    def bankable(self) -> Money:
        """Of that what is brought to the bank as notes, coins and cheques.

        Cash of a payment that was set right after its Z report moved in no drawer.
        """
        nowhere = CORRECTED_LATER, CASH
        return Money(
            sum(
                one.amount
                for one in self.takings
                if one.tender in _BANKABLE and (one.what, one.tender) != nowhere
            )
        )

    @property
    def elsewhere(self) -> Money:
        """Of that what came by card, transfer, telephone or voucher, and is not brought there."""
        return Money(self.turnover - self.bankable)

    @property
    def beside(self) -> Money:
        """Cash that came in, less what went out, beside all sales; the safe is not out."""
        moved = (one for one in self.sums if one.what in MOVES and one.what != DROP)
        return Money(sum(one.amount for one in moved))

    @property
    def difference(self) -> Money:
        """What was counted beyond what was expected."""
        return Money(self.declared - self.expected)

    @property
    def agrees(self) -> bool:
        """Whether what was taken, moved and counted comes to what is left for the bank."""
        return self.to_bank == self.bankable + self.beside + self.difference

    @property
    def empty(self) -> bool:
        """Nothing was sold: it is a null record."""
        return not self.sums


@dataclass(frozen=True, slots=True)
class SalesDays:
    """Reads what was recorded of days, months and years, and closes a day on wish."""

    journal: Journal
    book: ShiftQueries
    standing: Standing
    guard: ShiftGuard
    clock: Clock

    def close_day(self, operator: str) -> int:
        """Make the batch of today's closed shifts now; its number.

        Raises:
            NothingToTotal: nothing was recorded.
            BooksDisagree, VaultLocked, DiskFull and their like: likewise.
        """
        now = self.clock()

        def made(_position: Position) -> Body:
            # Made where nobody else writes, after the days before it: no number is given twice.
            with self.book.asking() as ask:
                today = self.guard.day_of(to_timestamp(now))
                body = day_so_far(ask, self.guard.day_of, today)
            if body is None:
                raise NothingToTotal
            return body

        (entry,) = self.journal.append([made], at=now, operator=operator)
        return cast(Totalled, entry.body).batch

    def total(self, what: str, number: int) -> Total:
        """One of them.

        Raises:
            TotalUnknown: there is none of that number.
        """
        row = TotalQueries(self.book).one(what, number) if what in PERIODS else None
        if row is None:
            raise TotalUnknown(number=number)
        with self.book.asking() as ask:
            body = total_at(ask, row.epoch, row.seq)
            below = DAY if what == MONTH else MONTH
            inside = () if what == DAY else parts_of(ask, below, number)
            parts = tuple(_line(part, total_at(ask, part.epoch, part.seq)) for part in inside)
        reports = self.book.of_day(number) if what == DAY else []
        return Total(
            what=what,
            number=number,
            period=row.period,
            node=self.standing.membership.node,
            epoch=row.epoch,
            seq=row.seq,
            at=from_timestamp(row.at),
            operator=row.operator,
            sums=body.sums,
            tariffs=body.tariffs,
            receipts=body.receipts,
            refunds=body.refunds,
            pending=body.pending,
            declared=Money(body.declared),
            expected=Money(body.expected),
            to_bank=Money(body.to_bank),
            ever_taken=Money(body.taken),
            ever_given=Money(body.given_back),
            reports=tuple(map(report_line, reports)),
            parts=parts,
        )

    def totals(self, what: str, limit: int, below: int | None = None) -> tuple[TotalLine, ...]:
        """Those of a sort, newest first, below a number."""
        rows = TotalQueries(self.book).some(what, below, limit)
        with self.book.asking() as ask:
            return tuple(_line(row, total_at(ask, row.epoch, row.seq)) for row in rows)


def _line(row: TotalRow, body: Totalled) -> TotalLine:
    return TotalLine(
        what=row.what,
        number=row.batch,
        period=row.period,
        at=from_timestamp(row.at),
        taken=Money(taken(body.sums)),
        given_back=Money(given_back(body.sums)),
        to_bank=Money(body.to_bank),
        receipts=body.receipts,
    )
