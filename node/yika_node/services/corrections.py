"""Setting right how a payment was made (交费记录维护): another tender, another number.

What was sold, and its price, stay as they are; the payment's own records too.  A leader writes
down, with a second person's approval, a pair that takes away what was written and puts what
happened in its place (:class:`~yika_common.journal.correction_bodies.PaymentCorrected`):

=============================  ====================================================================
the shift of the payment       the pair
=============================  ====================================================================
is open                        is of that shift: what must be in its drawer changes
was closed by a Z report       is of the leader's own shift of today, and names that report; no
                               drawer's expectation changes, for no money moves
=============================  ====================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from yika_common.clock import Clock
from yika_common.errors import N_, YikaError
from yika_common.journal.acts import correction_digest
from yika_common.journal.correction_bodies import PaymentCorrected
from yika_common.journal.till_bodies import Part
from yika_common.numbers import Money, money_to_text
from yika_common.values import dataclass
from yika_node.db.correction_queries import Correction, Taken, corrections, taken
from yika_node.db.journal import Entry, Journal, Position
from yika_node.db.queries import Queries
from yika_node.db.shift_queries import ShiftQueries, asking
from yika_node.services.approvals import Approvals
from yika_node.services.errors import FormUsed
from yika_node.services.standing import Standing
from yika_node.services.tenders import NUMBERED, Given, TenderNumberMissing, in_order

if TYPE_CHECKING:
    from sqlite3 import Connection

REASON_MAX = 200


class PaymentUnknown(YikaError):
    """No such payment was taken here."""

    code = "payment_unknown"
    sentence = N_(
        "There is no payment %(number)s at this vending point. Nothing was changed. Look for it "
        "among the sales or the charges."
    )


class PaymentGivenBack(YikaError):
    """The money of the payment was given back."""

    code = "payment_given_back"
    sentence = N_(
        "The money of %(number)s, or a part of it, was given back. How it was paid is not "
        "changed any more. Nothing was recorded."
    )


class CorrectionSumDiffers(YikaError):
    """The tenders typed do not come to what was paid."""

    code = "correction_sum_differs"
    sentence = N_(
        "What is typed comes to %(typed)s, and %(due)s was paid. Nothing was recorded. A wrong "
        "sum is given back and taken anew; here only the ways of paying change."
    )


class NothingToCorrect(YikaError):
    """It is written down like that already."""

    code = "nothing_to_correct"
    sentence = N_(
        "It is written down like that already. Nothing was recorded. Type how it was truly paid."
    )


class CorrectionReasonMissing(YikaError):
    """Nobody says why."""

    code = "correction_reason_missing"
    sentence = N_("Say in at most %(most)s characters why it is set right. Nothing was recorded.")


class PaymentChanged(YikaError):
    """Between the page and the button the payment, or its shift, became something else."""

    code = "payment_changed"
    sentence = N_(
        "Meanwhile the shift of this payment was closed, or somebody else set it right. Nothing "
        "was recorded. Look at it again, and have it approved anew."
    )


class Payment(NamedTuple):
    """A payment as it is written down now, and what was set right of it before."""

    number: str
    epoch: int
    receipt: int
    now: Taken
    before: Sequence[Correction]


@dataclass(frozen=True, slots=True)
class CorrectionDesk:
    """Sets payments right."""

    journal: Journal
    queries: Queries
    shifts: ShiftQueries
    standing: Standing
    approvals: Approvals
    clock: Clock

    def payment(self, epoch: int, receipt: int) -> Payment:
        """A payment for supply, a fee, a deposit or a guarantee.

        Raises:
            PaymentUnknown: there is none.
        """
        with self.shifts.asking() as ask:
            now = taken(ask, epoch, receipt)
            before = corrections(ask, epoch, receipt)
        number = self._number(epoch, receipt)
        if now is None:
            raise PaymentUnknown(number=number)
        return Payment(number, epoch, receipt, now, before)

    def of(self, epoch: int, receipt: int) -> Sequence[Correction]:
        """What was set right of a payment, oldest first."""
        with self.shifts.asking() as ask:
            return corrections(ask, epoch, receipt)

    def proposed(
        self, epoch: int, receipt: int, given: Given | None, reason: str
    ) -> PaymentCorrected:
        """What would be written down; its approval's place is not known yet.

        Raises:
            PaymentUnknown, PaymentGivenBack, CorrectionSumDiffers, NothingToCorrect,
            CorrectionReasonMissing, TenderNumberMissing: it would not be.
        """
        found = self.payment(epoch, receipt)
        if found.now.returned:
            raise PaymentGivenBack(number=found.number)
        if not 0 < len(reason) <= REASON_MAX or not reason.isprintable():
            raise CorrectionReasonMissing(most=REASON_MAX)
        after = in_order(() if given is None else given.parts)
        _check(after, found.now)
        here = epoch == self.standing.membership.epoch
        head = b"" if here else self._head(epoch, receipt)
        return PaymentCorrected(
            receipt=receipt,
            epoch=0 if here else epoch,
            hash=head[:8].hex(),
            before=in_order(found.now.parts),
            after=after,
            report=found.now.report,
            reason=reason,
            approved=1,
        )

    def digest(self, body: PaymentCorrected) -> bytes:
        """What a second person approves: this payment, what was and what is to be, and why."""
        membership = self.standing.membership
        return correction_digest(body, membership.node, membership.epoch)

    def correct(
        self,
        operator: str,
        epoch: int,
        receipt: int,
        given: Given | None,
        reason: str,
        approval: str,
        token: str,
    ) -> Payment:
        """Set a payment right; the same form's token does it once.

        Args:
            operator: the leader.
            epoch: of the payment.
            receipt: seq of its first record.
            given: how it was truly paid.
            reason: why it was written down otherwise.
            approval: the token of the second person's approval.
            token: the form's own.

        Raises:
            those of :meth:`proposed`; PaymentChanged; ApprovalMissing, ApprovalForAnother,
            ApprovalByOperator; NoShift, ShiftOfYesterday; FormUsed; DiskFull and its like:
            nothing was recorded.
        """
        done = self.queries.form(token)
        if done is not None:
            return self._done(done.epoch, done.basket, epoch, receipt)
        body = self.proposed(epoch, receipt, given, reason)
        expected = self.payment(epoch, receipt).now
        approved = self.approvals.take(approval, self.digest(body), operator)

        def named(position: Position) -> PaymentCorrected:
            return replace(body, approved=position.seq - 1)

        def once(connection: Connection, entries: Sequence[Entry]) -> None:
            _check_still(connection, (epoch, receipt), body, expected)
            connection.execute(
                "INSERT INTO form (token, epoch, basket) VALUES (?, ?, ?)",
                (token, entries[1].epoch, entries[1].seq),
            )

        self.journal.append([approved, named], at=self.clock(), operator=operator, along=[once])
        return self.payment(epoch, receipt)

    def _done(self, epoch: int, seq: int, of_epoch: int, receipt: int) -> Payment:
        """What this very form has set right."""
        if not any((one.epoch, one.seq) == (epoch, seq) for one in self.of(of_epoch, receipt)):
            raise FormUsed(number=self._number(epoch, seq))
        return self.payment(of_epoch, receipt)

    def _head(self, epoch: int, seq: int) -> bytes:
        record = self.queries.record(epoch, seq)
        return b"" if record is None else record.head

    def _number(self, epoch: int, seq: int) -> str:
        return f"{self.standing.membership.node}-{epoch}-{seq:06}"


def _check(after: Sequence[Part], now: Taken) -> None:
    """Whether the parts pay what was paid, otherwise than is written down."""
    for part in after:
        if part.tender in NUMBERED and not part.reference:
            raise TenderNumberMissing(tender=part.tender)
    typed = sum(part.given for part in after)
    if typed != now.amount:
        raise CorrectionSumDiffers(
            typed=money_to_text(Money(typed)), due=money_to_text(Money(now.amount))
        )
    if {*after} == {*now.parts}:
        raise NothingToCorrect


def _check_still(
    connection: Connection, of: tuple[int, int], body: PaymentCorrected, expected: Taken
) -> None:
    """Within the transaction, after the record: nobody else was first, and the shift is as told.

    Raises:
        PaymentChanged: nothing is recorded.
    """
    ask = asking(connection)
    earlier = corrections(ask, *of)[:-1]
    latest = earlier[-1].after if earlier else None
    if latest is not None and {*latest} != {*body.before}:
        raise PaymentChanged
    now = taken(ask, *of)
    if now is None or now.report != body.report or now.returned != expected.returned:
        raise PaymentChanged
