"""Closing an account (销户) with all its money in one act: one total, one receipt.

==========================  =====================================================================
what                        becomes of it
==========================  =====================================================================
credit on card or meter     given back before, purchase by purchase (:mod:`.refunds`): by the
                            meter's own word, for only that says what it did not take
guarantee held here         pays the debts, what is left is handed back
debts                       paid by the guarantee, then by the customer
deposits taken here that    handed back: headquarters counts them off what it credits
headquarters has not got
a fee of the list           collected, where one is chosen
headquarters' adjustment    handed out, or collected, if the card was taken in and it is certain
                            what was settled with it; otherwise headquarters pays it out, or
                            waives it (:mod:`.closing_adjustment`)
==========================  =====================================================================

The records are one commit: the end of the account, then what was settled.  Either all of it is
true or nothing is, wherever power fails; the same form closes it once.  Where money goes out, a
guarantee pays debts, or credit is left, a second person approves the total.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from yika_common.clock import from_timestamp
from yika_common.journal.account_bodies import CLOSED, AccountMoved
from yika_common.journal.record import Record, decode_line
from yika_common.journal.till_bodies import (
    DEBT_PAID,
    GUARANTEE_BACK,
    GUARANTEE_DEBT,
    PREPAID_BACK,
    SETTLED_BACK,
    SETTLED_PAID,
    Charged,
)
from yika_common.numbers import Money, money_to_text
from yika_common.values import dataclass
from yika_node.services.account_life import ClosingMoney
from yika_node.services.card_errors import checked_reason
from yika_node.services.closing_adjustment import OpenAdjustment, open_adjustment
from yika_node.services.closing_errors import ClosingChanged, ClosingUnknown
from yika_node.services.guarantee_errors import GuaranteeElsewhere

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

    from yika_common.sync.customers import DebtSheet
    from yika_node.db.journal import Draft, Entry
    from yika_node.db.till_queries import TenderRow
    from yika_node.services.account_life import AccountLife
    from yika_node.services.charge_views import Charge
    from yika_node.services.charges import ChargeDesk
    from yika_node.services.guarantees import GuaranteeDesk
    from yika_node.services.tenders import Given
    from yika_node.services.views import Account


NOTHING = Money(0)


@dataclass(frozen=True, slots=True)
class DebtLeft:
    """A debt, and what is left of it."""

    id: str
    names: tuple[str, str]
    left: Money

    def paid(self, what: str, amount: int, account: str, reason: str) -> Charged:
        """So much of it paid, as it is written down."""
        return Charged(
            what=what,
            account=account,
            code=self.id,
            name_zh=self.names[0],
            name_en=self.names[1],
            amount=amount,
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """What closing an account comes to.

    ``prepaid`` is of deposits that headquarters has not got; ``settled`` is open of headquarters'
    adjustment, below zero: is owed; ``adjustment`` the same where headquarters settles it itself,
    and it is no part of the total.  ``credit``: a meter has not taken all that was sold to it.
    """

    account: str
    guarantee: Money
    before: Money
    prepaid: Money
    debts: tuple[DebtLeft, ...]
    fee: Charged | None
    adjustment: Money
    credit: bool
    settled: Money = NOTHING

    @property
    def owed(self) -> Money:
        """All debts together."""
        return Money(sum(debt.left for debt in self.debts))

    @property
    def total(self) -> Money:
        """What the customer gets; below zero: what he pays."""
        fee = 0 if self.fee is None else self.fee.amount
        return Money(self.guarantee + self.prepaid + self.settled - self.owed - fee)

    @property
    def second(self) -> bool:
        """Whether a second person approves it."""
        return self.credit or self.total > 0 or bool(self.guarantee and self.debts)

    def charges(self, reason: str) -> tuple[Charged, ...]:
        """What is written down of it, in this order."""
        return tuple(self._charges(reason))

    def _charges(self, reason: str) -> Sequence[Charged]:
        left, found = self.guarantee, []
        for debt in self.debts:
            offset = min(left, debt.left)
            left = Money(left - offset)
            for what, amount in ((GUARANTEE_DEBT, offset), (DEBT_PAID, debt.left - offset)):
                if amount:
                    found.append(debt.paid(what, amount, self.account, reason))
        moved = {
            PREPAID_BACK: self.prepaid,
            SETTLED_BACK: self.settled,
            SETTLED_PAID: -self.settled,
            GUARANTEE_BACK: left,
        }
        for what, amount in moved.items():
            if amount > 0:
                body = Charged(what=what, account=self.account, amount=amount, reason=reason)
                found.append(body)
        return [*found, *(() if self.fee is None else (self.fee,))]


@dataclass(frozen=True, slots=True)
class ClosingReceipt:
    """An account's end as its receipt shows it; ``paid`` is above zero where money went out."""

    number: str
    epoch: int
    seq: int
    account: Account
    at: datetime
    operator: str
    reason: str
    approved: bool
    paid: Money
    charges: tuple[Charge, ...]
    tenders: tuple[TenderRow, ...]


@dataclass(frozen=True, slots=True)
class ClosingDesk:
    """Ends accounts, with what is theirs and what they owe."""

    life: AccountLife
    charges: ChargeDesk
    guarantees: GuaranteeDesk

    def done(self, token: str) -> bool:
        """Whether this form has closed the account."""
        return self.charges.queries.form(token) is not None

    def terms(self, number: str, fee: str = "") -> Terms:
        """What closing the account would come to; ``fee`` is the code of one that is due.

        Raises:
            AccountUnknown, FeeUnknown: it comes to nothing.
            GuaranteeElsewhere: another vending point has to hand its guarantee back first.
        """
        account = self.charges.accounts.get(number)
        adjustment = self._adjustment(account)
        held = self.guarantees.of(account)
        for node, amount in held.elsewhere:
            raise GuaranteeElsewhere(node=node, held=money_to_text(amount))
        return Terms(
            account=number,
            guarantee=held.held,
            before=held.before,
            prepaid=self._prepaid(number),
            debts=self._debts(account),
            fee=self.charges.fee_body(fee, None, number, "") if fee else None,
            adjustment=adjustment.elsewhere,
            settled=adjustment.here,
            credit=self.life.credit_left(account),
        )

    def digest(self, number: str, reason: str, fee: str = "") -> bytes:
        """What a second person approves: this account's end, with this total, for this reason.

        Raises:
            those of :meth:`terms`; what :meth:`close` raises of the account: there is nothing to
                approve.
        """
        self.life.check_closing(self.charges.accounts.get(number), owing=True)
        return self.life.digest(number, reason, self.terms(number, fee).total)

    def close(
        self,
        operator: str,
        number: str,
        reason: str,
        token: str,
        *,
        fee: str = "",
        total: Money | None = None,
        approval: str = "",
        given: Given | None = None,
    ) -> ClosingReceipt:
        """End the account and settle what is its and what it owes; the same form does it once.

        Args:
            operator: who does it.
            number: which account.
            reason: why.
            token: the form's own.
            fee: code of a fee that is collected with it.
            total: what was shown; None: whatever it comes to.
            approval: the token of a second person's approval, where the terms ask for one.
            given: how the total is handed out, or paid; None: exactly, in cash.

        Raises:
            ClosingChanged: it comes to something else than was shown.
            those of :meth:`terms`, of ``AccountLife.close`` and of the tenders: nothing was done.
        """
        if self.done(token):
            return self.receipt(number)
        reason, terms = checked_reason(reason), self.terms(number, fee)
        if total is not None and total != terms.total:
            raise ClosingChanged(total=money_to_text(terms.total))
        bodies = terms.charges(reason)
        tenders: list[Draft] = []
        if given is not None and terms.total:
            tenders = given.drafts(Money(abs(terms.total)), 1 + len(bodies))

        def same() -> None:
            if self.terms(number, fee) != terms:
                raise ClosingChanged(total=money_to_text(self.terms(number, fee).total))

        def remember(connection: Connection, entries: Sequence[Entry]) -> None:
            connection.execute(
                "INSERT INTO form (token, epoch, basket) VALUES (?, ?, ?)",
                (token, entries[0].epoch, entries[0].seq),
            )

        money = ClosingMoney(
            amount=terms.total,
            drafts=(*bodies, *tenders),
            check=same,
            along=(remember,),
            second=terms.second,
        )
        self.life.close(operator, number, reason, approval, money)
        return self.receipt(number)

    def receipt(self, number: str) -> ClosingReceipt:
        """The receipt of an account's end, as it was written down here.

        Raises:
            AccountUnknown, ClosingUnknown: there is none.
        """
        account = self.charges.accounts.get(number)
        found = self._ending(number)
        if account.status != CLOSED or found is None:
            raise ClosingUnknown(account=number)
        epoch, record, body = found
        node = self.charges.standing.membership.node
        return ClosingReceipt(
            number=f"{node}-{epoch}-{record.seq:06}",
            epoch=epoch,
            seq=record.seq,
            account=account,
            at=from_timestamp(record.ts),
            operator=record.operator,
            reason=body.reason,
            approved=bool(body.approved),
            paid=Money(body.amount),
            charges=tuple(
                self.charges.charge(epoch, seq)
                for seq in self.charges.till.settled(number, epoch, record.seq, record.ts)
            ),
            tenders=tuple(self.charges.till.tenders(epoch, record.seq)),
        )

    def _ending(self, number: str) -> tuple[int, Record, AccountMoved] | None:
        """The record that ended the account, and its epoch; None: this journal has none."""
        for epoch, line in self.charges.till.lives(number):
            record = decode_line(line)
            if isinstance(record.body, AccountMoved) and record.body.what == CLOSED:
                return epoch, record, record.body
        return None

    def _prepaid(self, number: str) -> Money:
        """The deposits that are this journal's to hand back, for headquarters has not got them."""
        epoch = self.charges.standing.membership.epoch
        got = self.charges.queries.acknowledgement(epoch)
        return Money(self.charges.till.prepaid(number, epoch, 0 if got is None else got.upto))

    def _debts(self, account: Account) -> tuple[DebtLeft, ...]:
        """What is left of each debt: as headquarters told, less what purchases took since."""
        told = account.told
        if told is None:
            return ()
        taken = dict.fromkeys((meter.meter for meter in account.meters), 0)
        for row in self.life.standing(account).positions:
            taken[row.meter] = row.debts
        known = {slot.slot: slot.debts for slot in told.slots}
        collected = sum(max(taken[m.meter], known.get(m.slot, 0)) for m in account.meters)
        since, found = max(0, collected - told.collected), []
        for debt in sorted(told.debts, key=_order):
            paid = min(debt.left, since)
            since -= paid
            if debt.left > paid:
                found.append(DebtLeft(debt.id, (debt.zh, debt.en), Money(debt.left - paid)))
        return tuple(found)

    def _adjustment(self, account: Account) -> OpenAdjustment:
        """What is open of headquarters' adjustment."""
        standing = self.life.standing(account)
        cleared = self.life.cleared(account)
        return open_adjustment(account, standing, cleared)


def _order(debt: DebtSheet) -> tuple[int, str]:
    return debt.priority, debt.id
