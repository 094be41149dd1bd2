"""Z reports, X reports, and what of an operator was over or short: what drawers' desks show.

An **X report** says what an open shift comes to so far; it closes nothing and has no number.  Who
is to count the drawer must not know what has to be in it: for him it has no cash.
"""

from datetime import timedelta
from typing import Final

from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.journal.cash_bodies import FLOAT, MOVES, CashMoved, Summed
from yika_common.journal.record import decode_line
from yika_common.numbers import Money
from yika_common.values import dataclass
from yika_node.db.money_projections import CASH
from yika_node.db.shift_queries import IdleRow, OverShort, ShiftQueries, ShiftRow, shift_at
from yika_node.db.shift_sums import Ask, figures
from yika_node.db.total_sums import closed_at
from yika_node.services.shift_cuts import shift_parts
from yika_node.services.shift_errors import ReportUnknown, ShiftGone
from yika_node.services.shift_views import CashMove, ReportLine, ZReport
from yika_node.services.shifts import receipt_number
from yika_node.services.standing import Standing

OVER_SHORT_DAYS: Final = 366
_MOVES_MAX: Final = 200
_IDLE_SHOWN: Final = 12
_NO_END: Final = (2**62, 0)


@dataclass(frozen=True, slots=True)
class ShiftReports:
    """Reads what was recorded; nothing is computed again that a Z report says."""

    book: ShiftQueries
    standing: Standing
    clock: Clock

    def z(self, number: int, *, whose: str = "") -> ZReport:
        """A Z report, as it was recorded; ``whose``: only one of this operator's.

        Raises:
            ReportUnknown: there is none of that number.
        """
        row = self.book.report(number)
        if row is None or (whose and row.operator != whose):
            raise ReportUnknown(number=number)
        with self.book.asking() as ask:
            body = closed_at(ask, row.closed_epoch, row.closed_seq)
            moves = _moves(ask, row, (row.closed_epoch, row.closed_seq))
            parts = shift_parts(ask, row, body.sums, body.receipts)
        return ZReport(
            number=number,
            node=self.standing.membership.node,
            operator=row.operator,
            opened_at=from_timestamp(row.opened_at),
            closed_at=from_timestamp(row.closed_at),
            closed_by=row.closed_by,
            float_amount=Money(row.amount),
            declared=Money(body.amount),
            counts=body.counts,
            expected=Money(body.expected),
            sums=body.sums,
            tariffs=body.tariffs,
            first=body.first,
            last=body.last,
            receipts=body.receipts,
            refunds=body.refunds,
            opens=body.opens,
            pending=body.pending,
            taken=Money(body.taken),
            given_back=Money(body.given_back),
            to_bank=Money(row.to_bank),
            batch=row.batch,
            reason=row.reason,
            wants=row.wants,
            signed_by=row.signed_by,
            unanswered=row.unanswered,
            day=row.day,
            moves=moves,
            parts=parts,
            shift=receipt_number(self.standing.membership.node, (row.epoch, row.seq)),
        )

    def x(self, epoch: int, seq: int, *, whose: str = "") -> ZReport:
        """What an open shift comes to so far.

        Args:
            epoch: of the record that opened it.
            seq: of that record.
            whose: who asks, if he sees his own shift alone: he counts it, and is told no cash.

        Raises:
            ShiftGone: it is not open, or not his.
        """
        blind = bool(whose)
        with self.book.asking() as ask:
            row = shift_at(ask, epoch, seq)
            if row is None or row.report or (whose and row.operator != whose):
                raise ShiftGone
            found = figures(ask, row.operator, (epoch, seq))
            moves = () if blind else _moves(ask, row, _NO_END)
            parts = () if blind else shift_parts(ask, row, found.sums, found.receipts.number)
        node, receipts = self.standing.membership.node, found.receipts
        return ZReport(
            number=0,
            node=node,
            operator=row.operator,
            opened_at=from_timestamp(row.opened_at),
            closed_at=self.clock(),
            closed_by="",
            float_amount=Money(row.amount),
            declared=None,
            counts=(),
            expected=None if blind else Money(found.expected),
            sums=_without_cash(found.sums) if blind else found.sums,
            tariffs=() if blind else found.tariffs,
            first="" if receipts.first is None else receipt_number(node, receipts.first),
            last="" if receipts.last is None else receipt_number(node, receipts.last),
            receipts=receipts.number,
            refunds=found.refunds,
            opens=row.opens,
            pending=found.pending,
            moves=moves,
            shift=receipt_number(node, (epoch, seq)),
            parts=parts,
        )

    def reports(
        self, limit: int, below: int | None = None, *, whose: str = ""
    ) -> tuple[ReportLine, ...]:
        """Z reports, newest first, below a number; ``whose``: of this operator only."""
        return tuple(map(report_line, self.book.reports(below, limit, whose)))

    def idle(self) -> list[IdleRow]:
        """The newest null records: days on which nothing was sold."""
        return self.book.idle(_IDLE_SHOWN)

    def over_short(self) -> list[OverShort]:
        """By operator, of the last 366 days; what was over never makes good what was short."""
        since = self.clock() - timedelta(days=OVER_SHORT_DAYS)
        return self.book.over_short(to_timestamp(since))


def report_line(row: ShiftRow) -> ReportLine:
    """A closed shift in a list."""
    return ReportLine(
        number=row.report,
        operator=row.operator,
        opened_at=from_timestamp(row.opened_at),
        closed_at=from_timestamp(row.closed_at),
        declared=Money(row.declared),
        expected=Money(row.expected),
        to_bank=Money(row.to_bank),
        batch=row.batch,
        reason=row.reason,
        unanswered=row.unanswered,
    )


def _without_cash(sums: tuple[Summed, ...]) -> tuple[Summed, ...]:
    return tuple(one for one in sums if one.tender != CASH and one.what != FLOAT)


def _moves(ask: Ask, row: ShiftRow, end: tuple[int, int]) -> tuple[CashMove, ...]:
    """The movements of cash beside the sales of a shift, oldest first, as their records say."""
    places = ask(
        f"SELECT epoch, seq FROM money WHERE operator = ? AND (epoch, seq) > (?, ?)"  # noqa: S608 - own words
        f" AND (epoch, seq) < (?, ?) AND what IN {MOVES} ORDER BY epoch, seq LIMIT ?",
        (row.operator, row.epoch, row.seq, *end, _MOVES_MAX),
    )
    found = []
    for place in places:
        ((line,),) = ask("SELECT line FROM record WHERE epoch = ? AND seq = ?", tuple(place))
        record = decode_line(bytes(line))
        assert isinstance(record.body, CashMoved), "its row says so"
        body = record.body
        amount = Money(body.signed)
        found.append(
            CashMove(from_timestamp(record.ts), body.what, amount, body.reason, body.reference)
        )
    return tuple(found)
