"""Guarantees (押金, 保证金): money held for an account as security, spent by no sale.

What an account's guarantee comes to is one sum, of all that this vending point took for it less
what it handed back and what paid debts as the account ended.  Whoever took it hands it back: two
vending points that do not hear of each other would both.  So do the epochs of one: what was taken
before it was enrolled anew is headquarters' to hand back, for the journal may lack records.

A guarantee moves the drawer when it is taken and when it is handed back.  No price, no purchase
and no adjustment knows of it; headquarters keeps it as a liability (docs/settlement.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from yika_common.journal.acts import digest_of
from yika_common.journal.till_bodies import GUARANTEE, GUARANTEE_BACK, Charged
from yika_common.numbers import Money, money_to_text
from yika_common.sync.settings import GuaranteeKind
from yika_common.values import dataclass
from yika_node.db.till_queries import HELD
from yika_node.services.account_acts import Act, check
from yika_node.services.card_errors import checked_reason
from yika_node.services.guarantee_errors import GuaranteeKindUnknown, GuaranteeShort

if TYPE_CHECKING:
    from collections.abc import Callable
    from sqlite3 import Connection

    from yika_common.sync.settings import Settings
    from yika_node.services.approvals import Approvals
    from yika_node.services.charge_views import Charge
    from yika_node.services.charges import ChargeDesk, Guard
    from yika_node.services.tenders import Given
    from yika_node.services.views import Account

OWN_KINDS: Final = (
    GuaranteeKind("SUPPLY", "供用合同", "Supply contract"),
    GuaranteeKind("METER", "表具", "Meter and equipment"),
    GuaranteeKind("WORKS", "施工", "Works"),
)
"""What is offered while headquarters has sent no list."""


@dataclass(frozen=True, slots=True)
class Guarantee:
    """An account's guarantee.

    ``held`` is what this vending point can hand back; ``before`` what it took before it was
    enrolled anew, and ``elsewhere`` what other vending points hold, as headquarters told.
    """

    account: str
    held: Money
    before: Money
    elsewhere: tuple[tuple[str, Money], ...]

    @property
    def whole(self) -> Money:
        """All of it, wherever it is."""
        return Money(self.held + self.before + sum(amount for _, amount in self.elsewhere))


@dataclass(frozen=True, slots=True)
class GuaranteeDesk:
    """Takes guarantees, and hands them back; ``second_from`` as in the configuration."""

    charges: ChargeDesk
    approvals: Approvals
    settings: Callable[[], Settings]
    second_from: int = 0

    def kinds(self) -> tuple[GuaranteeKind, ...]:
        """What guarantees are taken for: headquarters' list, or the vending point's own."""
        return self.settings().guarantees or OWN_KINDS

    def of(self, account: Account) -> Guarantee:
        """What is held for an account, and where."""
        member, till = self.charges.standing.membership, self.charges.till
        told = () if account.told is None else account.told.guarantees
        epochs = range(1, member.epoch)
        return Guarantee(
            account=account.number,
            held=Money(till.held(account.number, member.epoch)),
            before=Money(sum(till.held(account.number, epoch) for epoch in epochs)),
            elsewhere=tuple((node, Money(amt)) for node, amt in told if node != member.node),
        )

    def take(
        self,
        operator: str,
        number: str,
        code: str,
        amount: Money,
        token: str,
        *,
        note: str = "",
        given: Given | None = None,
    ) -> Charge:
        """Take money as security for an account; the same form's token takes it once.

        Raises:
            AccountUnknown, AccountClosed, GuaranteeKindUnknown, ChargeSumUnusable,
                ChargeNoteUnusable, FormUsed; those of the tenders: nothing was taken.
        """
        check(self.charges.accounts.get(number), Act.HOLD)
        kind = next((one for one in self.kinds() if one.code == code), None)
        if kind is None:
            raise GuaranteeKindUnknown(code_=code[:16])
        self.charges.check(amount, number, note)
        body = Charged(
            what=GUARANTEE,
            account=number,
            code=kind.code,
            name_zh=kind.zh,
            name_en=kind.en,
            amount=amount,
            reason=note,
        )
        return self.charges.write(operator, body, token, given)

    def needs_second(self, amount: int) -> bool:
        """Whether handing back so much needs a second person."""
        return 0 < self.second_from <= amount

    def digest(self, number: str, amount: Money, reason: str) -> bytes:
        """What a second person approves: so much handed back to this account, for this reason.

        Raises:
            AccountUnknown, ChargeSumUnusable, GuaranteeShort, ReasonMissing: there is nothing to
                approve.
        """
        member = self.charges.standing.membership
        held = Money(self.charges.till.held(number, member.epoch))
        body = self._returned(number, amount, reason)
        if amount > held:
            raise short(held, amount)
        digest = digest_of(body, member.node, member.epoch)
        assert digest is not None, "it says all of itself"
        return digest

    def give_back(
        self,
        operator: str,
        number: str,
        amount: Money,
        reason: str,
        token: str,
        *,
        approval: str = "",
        given: Given | None = None,
    ) -> Charge:
        """Hand so much of the account's guarantee back; the same form's token does it once.

        Args:
            operator: who hands it out.
            number: of the account.
            amount: all of it, or a part.
            reason: why; it stands in the journal.
            token: the form's own.
            approval: the token of a second person's approval, where the sum needs one.
            given: how it is handed out; None: in cash.

        Raises:
            those of :meth:`digest`; ApprovalMissing and its like, FormUsed; those of the tenders:
                no money was handed out.
        """
        body = self._returned(number, amount, reason)
        done = self.charges.done(token, body)
        if done is not None:
            return done
        digest = self.digest(number, amount, reason)
        approved = None
        if self.needs_second(amount):
            if given is not None:
                given.record(amount, 1)
            approved = self.approvals.take(approval, digest, operator)
        guard = enough_held(number, self.charges.standing.membership.epoch, amount)
        return self.charges.write(operator, body, token, given, approved, guard)

    def _returned(self, number: str, amount: Money, reason: str) -> Charged:
        self.charges.check(amount, number, "")
        # What it names as approved, it names when it is written; the digest says nothing of it.
        return Charged(
            what=GUARANTEE_BACK,
            account=number,
            amount=amount,
            reason=checked_reason(reason),
        )


def enough_held(account: str, epoch: int, asked: Money) -> Guard:
    """See within the transaction that no more went out than was held; raises GuaranteeShort."""

    def guard(connection: Connection) -> None:
        ((held,),) = connection.execute(HELD, (account, epoch)).fetchall()
        if held < 0:
            raise short(Money(held + asked), asked)

    return guard


def short(held: Money, asked: Money) -> GuaranteeShort:
    """More is asked for than is held."""
    return GuaranteeShort(held=money_to_text(held), asked=money_to_text(asked))
