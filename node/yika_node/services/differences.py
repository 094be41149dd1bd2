"""What a difference at a drawer's close asks for: nothing, a reason, or a second person as well.

Headquarters' settings have two bounds.  Up to the first a difference is accepted without words;
beyond the second, where there is one, a second person signs with the managing card.  The Z report
holds the bounds that were in force when the drawer was counted, so later settings judge none
again; what was counted stays as it was.  Until its difference is answered, the operator opens no
other shift.

Source: H3 of the catalogue of functions.
"""

from typing import Final

from yika_common.clock import Clock
from yika_common.journal.acts import digest_of
from yika_common.journal.body import Body
from yika_common.journal.cash_bodies import REASON_MAX, DifferenceExplained
from yika_common.values import dataclass
from yika_node.db.journal import Journal, Position
from yika_node.db.shift_queries import ShiftQueries, ShiftRow
from yika_node.services.approvals import Approvals
from yika_node.services.shift_errors import ReasonUnusable, ReportUnknown, ShiftOfAnother
from yika_node.services.standing import Standing

SIGNED: Final = 2
"""What :attr:`yika_common.journal.cash_bodies.ShiftClosed.wants` is for a signature."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Records why a drawer held more or less than expected, and who signed for it."""

    journal: Journal
    book: ShiftQueries
    standing: Standing
    approvals: Approvals
    clock: Clock

    def needs_second(self, report: int) -> bool:
        """Whether a second person signs for the difference of a Z report."""
        row = self.book.report(report)
        return row is not None and row.wants >= SIGNED

    def digest(self, report: int, reason: str) -> bytes:
        """What the second person approves: this reason, for this report's difference.

        Raises:
            ReasonUnusable: there is nothing to approve.
        """
        return self._digest(DifferenceExplained(report=report, reason=said(reason)))

    def explain(
        self, operator: str, report: int, reason: str, *, leads: bool = False, approval: str = ""
    ) -> None:
        """Record why a drawer held more or less than expected.

        Args:
            operator: who says so.
            report: number of the Z report.
            reason: why.
            leads: whether he may speak for another's drawer.
            approval: token of the second person's approval, where one is needed.

        Raises:
            ReasonUnusable, ReportUnknown, ShiftOfAnother: nothing was recorded.
            ApprovalMissing, ApprovalForAnother, ApprovalByOperator: likewise.
        """
        reason, row = said(reason), self._row(operator, report, leads=leads)
        body = DifferenceExplained(report=report, reason=reason)
        if row.reason == body.reason and not row.unanswered:
            return
        if row.wants < SIGNED:
            self.journal.append([body], at=self.clock(), operator=operator)
            return
        approved = self.approvals.take(approval, self._digest(body), operator)

        def after(place: Position) -> Body:
            return DifferenceExplained(
                report=body.report, reason=body.reason, approved=place.seq - 1
            )

        self.journal.append([approved, after], at=self.clock(), operator=operator)

    def _row(self, operator: str, report: int, *, leads: bool) -> ShiftRow:
        row = self.book.report(report)
        if row is None:
            raise ReportUnknown(number=report)
        if row.operator != operator and not leads:
            raise ShiftOfAnother(operator=row.operator)
        return row

    def _digest(self, body: DifferenceExplained) -> bytes:
        member = self.standing.membership
        digest = digest_of(body, member.node, member.epoch)
        assert digest is not None, "a reason says all of itself"
        return digest


def said(text: str) -> str:
    """The reason that was typed; raises ReasonUnusable."""
    text = text.strip()
    if not 0 < len(text) <= REASON_MAX or not text.isprintable():
        raise ReasonUnusable(most=REASON_MAX)
    return text
