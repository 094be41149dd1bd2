"""Money that buys no supply: other fees (其他收费), and deposits without the card (预存).

What is held as security is of :mod:`yika_node.services.guarantees`, and written down likewise.

A charge is one record, with its tenders in the same commit; its seq is its receipt's number.  A
**deposit** is credited by headquarters: it becomes a part of the account's cumulative adjustment
(docs/settlement.md), and the next purchase at any point that has heard of it applies it, once.

Money is given back whole, with a second person's approval: a fee while this journal goes on, a
deposit as long as headquarters has not acknowledged it.  What headquarters has, the account's
next purchase may have applied already; headquarters settles that by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from yika_common.cards.approval import act_digest
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.journal.acts import CHARGE_BACK_ACT
from yika_common.journal.till_bodies import DEPOSIT, FEE, Charged
from yika_common.numbers import Money, money_to_text
from yika_common.values import dataclass
from yika_node.db.journal import Draft, Entry, Journal, Position
from yika_node.db.queries import Queries
from yika_node.db.till_queries import ChargeRow, TenderRow, TillQueries
from yika_node.services.account_acts import Act, check
from yika_node.services.account_desk import AccountDesk
from yika_node.services.approvals import Approvals
from yika_node.services.charge_errors import (
    ChargeGivenBack,
    ChargeNoteUnusable,
    ChargeNotGivenBack,
    ChargeOfAnotherEpoch,
    ChargeReasonMissing,
    ChargeSumUnusable,
    ChargeUnknown,
    DepositCredited,
    FeePriceFixed,
    FeeUnknown,
    LateFeeUnlikely,
)
from yika_node.services.charge_views import Charge
from yika_node.services.errors import FormUsed
from yika_node.services.standing import Standing
from yika_node.services.tenders import Given

if TYPE_CHECKING:
    from sqlite3 import Connection

    from yika_common.journal.body import Body
    from yika_common.sync.settings import FeeItem

Guard = Callable[["Connection"], None]
"""What must hold within the transaction that writes a charge."""

REASON_MAX: Final = 200
AMOUNT_MAX: Final = Money(10**8)
"""A million yuan in one charge; more comes through the bank."""

LATE_MAX: Final = timedelta(days=92)
"""What was collected longer ago is not written down at a counter any more."""

_WHOLE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class ChargeDesk:
    """Takes fees and deposits, and gives them back."""

    journal: Journal
    queries: Queries
    till: TillQueries
    accounts: AccountDesk
    standing: Standing
    approvals: Approvals
    fees: Callable[[], tuple[FeeItem, ...]]
    clock: Clock

    def take_fee(
        self,
        operator: str,
        code: str,
        token: str,
        *,
        amount: Money | None = None,
        account: str = "",
        note: str = "",
        given: Given | None = None,
    ) -> Charge:
        """Take a fee of the catalogue; the same form's token takes it once.

        Args:
            operator: who takes it.
            code: of the fee.
            token: the form's own.
            amount: what the clerk typed, for a fee whose price is open; else its price.
            account: for whom; empty: for nobody in particular.
            note: what there is to say of it.
            given: how it is paid; None: with the exact sum in cash.

        Raises:
            FeeUnknown, FeePriceFixed, ChargeSumUnusable, ChargeNoteUnusable, AccountUnknown,
                FormUsed; those of the tenders: nothing was taken.
        """
        return self.write(operator, self.fee_body(code, amount, account, note), token, given)

    def take_late_fee(
        self,
        operator: str,
        code: str,
        token: str,
        happened: datetime,
        why: str,
        *,
        amount: Money | None = None,
        account: str = "",
        given: Given | None = None,
    ) -> Charge:
        """Write down a fee that was collected and forgotten (补收费记录); see :meth:`take_fee`.

        Args:
            operator: who writes it down, and has its money in his drawer.
            code: of the fee.
            token: the form's own.
            happened: when it was collected.
            why: it was not written down then.
            amount: as for :meth:`take_fee`.
            account: likewise.
            given: likewise.

        Raises:
            LateFeeUnlikely: it came in after now, or long ago, or nobody says why.
            those of :meth:`take_fee`: nothing was recorded.
        """
        now = self.clock()
        if not why or not now - LATE_MAX <= happened <= now:
            raise LateFeeUnlikely(most=LATE_MAX.days)
        body = self.fee_body(code, amount, account, why)
        return self.write(operator, replace(body, happened=to_timestamp(happened)), token, given)

    def fee_body(self, code: str, amount: Money | None, account: str, note: str) -> Charged:
        """A fee of the catalogue as it is written down; raises as :meth:`take_fee`."""
        fee = next((item for item in self.fees() if item.code == code), None)
        if fee is None:
            raise FeeUnknown(code_=code[:16])
        price = Money(fee.price) if amount is None else amount
        if price != fee.price and not fee.open:
            raise FeePriceFixed(price=money_to_text(Money(fee.price)))
        self.check(price, account, note)
        tax = price * fee.tax // (_WHOLE + fee.tax)
        return Charged(
            what=FEE,
            account=account,
            code=fee.code,
            name_zh=fee.zh,
            name_en=fee.en,
            booked_as=fee.booked_as,
            amount=price,
            tax=tax,
            reason=note,
        )

    def take_deposit(
        self,
        operator: str,
        account: str,
        amount: Money,
        token: str,
        *,
        note: str = "",
        given: Given | None = None,
    ) -> Charge:
        """Take money for an account whose card is not here; see :meth:`take_fee`.

        Raises:
            AccountUnknown, ChargeSumUnusable, ChargeNoteUnusable, FormUsed; those of the tenders:
                nothing was taken.
        """
        check(self.accounts.get(account), Act.HOLD)
        self.check(amount, account, note)
        body = Charged(what=DEPOSIT, account=account, amount=amount, reason=note)
        return self.write(operator, body, token, given)

    def digest(self, epoch: int, seq: int, reason: str) -> bytes:
        """What a second person approves: giving back this charge for this reason.

        Raises:
            ChargeUnknown, ChargeReasonMissing, ChargeGivenBack, ChargeOfAnotherEpoch,
            DepositCredited: there is nothing to approve.
        """
        row = self._returnable(epoch, seq)
        if not 0 < len(reason) <= REASON_MAX or not reason.isprintable():
            raise ChargeReasonMissing(most=REASON_MAX)
        return act_digest(
            CHARGE_BACK_ACT,
            node=self.standing.membership.node,
            epoch=epoch,
            charge=seq,
            what=row.what,
            account=row.account,
            amount=row.amount,
            reason=reason,
        )

    def give_back(
        self,
        operator: str,
        epoch: int,
        seq: int,
        reason: str,
        approval: str,
        given: Given | None = None,
    ) -> Charge:
        """Hand the money of a charge back, all of it; the same call again changes nothing.

        Raises:
            those of :meth:`digest`; ApprovalMissing, ApprovalForAnother, ApprovalByOperator;
            TenderShort and its like: nothing was given back.
        """
        row = self._row(epoch, seq)
        if row.given_back:
            return self.charge(epoch, seq)
        digest = self.digest(epoch, seq, reason)
        tenders = [] if given is None else given.drafts(Money(row.amount), 1)
        approved = self.approvals.take(approval, digest, operator)

        def back(position: Position) -> Charged:
            return Charged(
                what=row.what,
                account=row.account,
                code=row.code,
                name_zh=row.name_zh,
                name_en=row.name_en,
                amount=row.amount,
                tax=row.tax,
                takes_back=seq,
                reason=reason,
                approved=position.seq - 1,
            )

        drafts: list[Draft] = [approved, back, *tenders]
        self.journal.append(drafts, at=self.clock(), operator=operator)
        return self.charge(epoch, seq)

    def charge(self, epoch: int, seq: int) -> Charge:
        """One charge with its tenders.

        Raises:
            ChargeUnknown: there is none.
        """
        return self._shown(self._row(epoch, seq), tuple(self.till.tenders(epoch, seq)))

    def charges(
        self,
        before: tuple[int, int] | None = None,
        limit: int = 50,
        account: str | None = None,
        *,
        held: bool = False,
    ) -> tuple[Charge, ...]:
        """Charges, newest first, without their tenders; ``held``: those of its guarantee alone."""
        rows = self.till.charges(before, limit, account, held=held)
        return tuple(self._shown(row) for row in rows)

    def waits(self, charge: Charge) -> bool:
        """Whether headquarters has not acknowledged the record of a charge yet."""
        held = self.queries.acknowledgement(charge.epoch)
        return held is None or held.upto < charge.seq

    def check(self, amount: Money, account: str, note: str) -> None:
        """Raises ChargeNoteUnusable, ChargeSumUnusable, AccountUnknown."""
        if len(note) > REASON_MAX or not note.isprintable():
            raise ChargeNoteUnusable(most=REASON_MAX)
        if not 0 < amount <= AMOUNT_MAX:
            raise ChargeSumUnusable
        if account:
            self.accounts.get(account)

    def done(self, token: str, body: Charged) -> Charge | None:
        """The charge that this form became, None if it became none.

        Raises:
            FormUsed: it became something else.
        """
        form = self.queries.form(token)
        return None if form is None else self._taken_before(form.epoch, form.basket, body)

    def write(
        self,
        operator: str,
        body: Charged,
        token: str,
        given: Given | None,
        approved: Body | None = None,
        guard: Guard | None = None,
    ) -> Charge:
        """Write a charge down with its tenders, once for each form.

        Args:
            operator: who takes or hands out the money.
            body: the charge; with an approval it is to name it.
            token: the form's own.
            given: how it is paid; None: with the exact sum in cash.
            approved: what a second person said, written right before it.
            guard: what must hold within the transaction; raises where it does not.

        Raises:
            FormUsed; those of the tenders and of ``guard``: nothing was written.
        """
        done = self.done(token, body)
        if done is not None:
            return done
        before: list[Draft] = [] if approved is None else [approved]

        def once(position: Position) -> Charged:
            # Asked where nobody else writes: whoever pressed twice at once is second here.
            if self.queries.form(token) is not None:
                raise FormUsed(number="")
            return replace(body, approved=position.seq - 1) if before else body

        tenders = [] if given is None else given.drafts(Money(body.amount), 1)

        def remember(connection: Connection, entries: Sequence[Entry]) -> None:
            if guard is not None:
                guard(connection)
            connection.execute(
                "INSERT INTO form (token, epoch, basket) VALUES (?, ?, ?)",
                (token, entries[0].epoch, entries[len(before)].seq),
            )

        drafts: list[Draft] = [*before, once, *tenders]
        try:
            entries = self.journal.append(
                drafts, at=self.clock(), operator=operator, along=[remember]
            )
        except FormUsed:
            return self.write(operator, body, token, given)
        return self.charge(entries[0].epoch, entries[len(before)].seq)

    def _taken_before(self, epoch: int, seq: int, body: Charged) -> Charge:
        """The charge that this very form became."""
        row = self.till.charge(epoch, seq)
        asked = (body.what, body.account, body.code, body.amount)
        if row is None or (row.what, row.account, row.code, row.amount) != asked:
            raise FormUsed(number=self._number(epoch, seq))
        return self.charge(epoch, seq)

    def _returnable(self, epoch: int, seq: int) -> ChargeRow:
        row = self._row(epoch, seq)
        if row.what not in (FEE, DEPOSIT):
            raise ChargeNotGivenBack(number=self._number(epoch, seq))
        if row.given_back:
            raise ChargeGivenBack(number=self._number(epoch, seq))
        if epoch != self.standing.membership.epoch:
            raise ChargeOfAnotherEpoch
        if row.what == DEPOSIT:
            # As the account ended, what it had deposited was settled with the rest.
            check(self.accounts.get(row.account), Act.GIVE_BACK)
            if not self.waits(self._shown(row)):
                raise DepositCredited
        return row

    def _row(self, epoch: int, seq: int) -> ChargeRow:
        row = self.till.charge(epoch, seq)
        if row is None:
            raise ChargeUnknown(number=f"{epoch}-{seq}")
        return row

    def _shown(self, row: ChargeRow, tenders: tuple[TenderRow, ...] = ()) -> Charge:
        return Charge(
            number=self._number(row.epoch, row.seq),
            epoch=row.epoch,
            seq=row.seq,
            what=row.what,
            account=row.account,
            names=(row.name_zh, row.name_en),
            amount=Money(row.amount),
            tax=Money(row.tax),
            reason=row.reason,
            at=from_timestamp(row.at),
            operator=row.operator,
            back=row.given_back,
            tenders=tenders,
            happened=from_timestamp(row.happened) if row.happened else None,
        )

    def _number(self, epoch: int, seq: int) -> str:
        return f"{self.standing.membership.node}-{epoch}-{seq:06}"
