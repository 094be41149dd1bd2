"""What becomes of an account: other details, another holder, rest, its end; and holds on it.

Who changes an account says why.  Before another holder takes it over, and before it ends, its
debts are paid and nothing of it is open.  Credit on its card that no meter took is given back
first; where that can't be, a second person approves the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from yika_common.clock import Clock, to_timestamp
from yika_common.infra.entropy import RandomSource
from yika_common.journal.account_bodies import (
    ANYBODY,
    CLOSED,
    DETAILS,
    HOLD_LEVELS,
    HOLDER,
    LEADER,
    RESUMED,
    SUSPENDED,
    WITHDRAWN,
    AccountHeld,
    AccountMoved,
    PersonSeen,
)
from yika_common.journal.acts import closing_digest
from yika_common.journal.body import Body
from yika_common.numbers import Money, money_to_text
from yika_common.sync.personal_data import WORDS_MAX, seal_person, seal_words
from yika_common.sync.settings import BEGINS_ANEW
from yika_node.db.journal import Along, Draft, Journal, Position
from yika_node.services import life_errors as errors
from yika_node.services.account_acts import Act, check
from yika_node.services.account_desk import AccountDesk
from yika_node.services.amendments import taken_over
from yika_node.services.card_errors import checked_reason
from yika_node.services.holds import in_force, leads
from yika_node.services.last_readings import figures_of

if TYPE_CHECKING:
    from yika_common.journal.card_bodies import CardCleared
    from yika_common.sync.personal_data import Person
    from yika_node.db.account_standing import Standing
    from yika_node.db.customer_queries import CustomerQueries
    from yika_node.services.approvals import Approvals
    from yika_node.services.card_standing import CardStandings
    from yika_node.services.keyring import KeyRing
    from yika_node.services.settings_shelf import SettingsShelf
    from yika_node.services.views import Account, HoldView


class ClosingMoney(NamedTuple):
    """What is settled as an account ends.

    ``amount`` is handed out, below zero: collected; ``drafts`` are its records; ``check`` raises
    where it is not what is settled any more; ``second``: a second person approves it.
    """

    amount: int
    drafts: tuple[Draft, ...]
    check: Callable[[], None]
    along: tuple[Along, ...]
    second: bool


class HoldForm(NamedTuple):
    """What is filled in to put a hold on; ``until`` None: it has no end."""

    level: str
    words: str
    until: datetime | None
    lifter: str


class AccountLife:
    """Writes down what becomes of accounts."""

    def __init__(
        self,
        journal: Journal,
        accounts: AccountDesk,
        queries: CustomerQueries,
        keyring: KeyRing,
        standings: CardStandings,
        approvals: Approvals,
        *,
        settings: SettingsShelf,
        clock: Clock,
        random: RandomSource,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._queries = queries
        self._keyring = keyring
        self._standings = standings
        self._approvals = approvals
        self._settings = settings
        self._clock = clock
        self._random = random

    def change_details(
        self, operator: str, number: str, person: Person, community: str, reason: str
    ) -> Account:
        """Let the holder's details be these from now on; it is the same person.

        Raises:
            AccountUnknown, AccountClosed, NothingChanged, AddressTaken, ReasonMissing,
                AccountFormIncomplete: nothing was changed.
            VaultLocked, KeysNotHeld, NodeRestored, DiskFull: nothing was changed.
        """
        body = self.corrected(number, person, community, reason)
        self._journal.append([body], at=self._clock(), operator=operator)
        return self._accounts.get(number)

    def corrected(self, number: str, person: Person, community: str, reason: str) -> AccountMoved:
        """The record of other details; nothing is written.  Raises as :meth:`change_details`."""
        account = self._allowed(number, Act.CHANGE_DETAILS)
        return self._known_as(account, DETAILS, person, community, reason)

    def change_holder(
        self, operator: str, number: str, person: Person, community: str, reason: str
    ) -> Account:
        """Let somebody else hold the account (过户); card and meters go on.

        The quotas go on too, or begin anew with this day, by the utility's setting.

        Raises:
            ArrearsFirst, StillOpen: nothing was changed.
            those of :meth:`change_details`, and AccountRests.
        """
        account = self._allowed(number, Act.CHANGE_HOLDER)
        self._check_settled(account)
        now = self._clock()
        bodies: list[Body] = [self._known_as(account, HOLDER, person, community, reason)]
        if self.quotas_begin_anew:
            bodies.append(taken_over(account, now, reason))
        self._journal.append(bodies, at=now, operator=operator)
        return self._accounts.get(number)

    @property
    def quotas_begin_anew(self) -> bool:
        """Whether another holder has quotas of his own."""
        return self._settings.settings().holder_quota == BEGINS_ANEW

    def suspend(self, operator: str, number: str, reason: str) -> Account:
        """Let the account rest: nothing is sold to it until it is resumed.

        Raises:
            AccountUnknown, AccountClosed, AccountRests, StillOpen, ReasonMissing: nothing was
                changed.
            VaultLocked, NodeRestored, DiskFull: nothing was changed.
        """
        account = self._allowed(number, Act.SUSPEND)
        self._check_still(account)
        return self._moved(operator, account, SUSPENDED, reason)

    def resume(self, operator: str, number: str, reason: str) -> Account:
        """Let the account be sold to again.

        Raises:
            AccountUnknown, AccountClosed, AccountNotResting, ReasonMissing: nothing was
                changed.
            VaultLocked, NodeRestored, DiskFull: nothing was changed.
        """
        return self._moved(operator, self._allowed(number, Act.RESUME), RESUMED, reason)

    def close(
        self,
        operator: str,
        number: str,
        reason: str,
        approval: str = "",
        money: ClosingMoney | None = None,
    ) -> Account:
        """End the account for good; it can still be found, and looked at.

        Args:
            operator: who does it.
            number: which account.
            reason: why.
            approval: the token of a second person's approval, where credit is left or the money
                needs one.
            money: what is settled with it (:mod:`yika_node.services.closing`); None: nothing, and
                nothing is owed.

        Raises:
            AccountUnknown, AccountClosed, NotConfirmedYet, StillOpen, ArrearsFirst, CardStillUsed,
                CreditLeft, ReasonMissing, ApprovalMissing and its like: nothing was changed.
            VaultLocked, NodeRestored, DiskFull: nothing was changed.
        """
        account = self._allowed(number, Act.CLOSE)
        self.check_closing(account, owing=money is not None)
        amount = 0 if money is None else money.amount
        body = replace(_body(account, CLOSED, checked_reason(reason)), amount=amount)
        left = self.credit_left(account)
        if left and not approval:
            raise errors.CreditLeft(account=number)
        approved: list[Draft] = []
        if left or (money is not None and money.second):
            digest = self.digest(number, reason, amount)
            approved.append(self._approvals.take(approval, digest, operator))

        def ended(position: Position) -> Body:
            # Asked where nobody else writes: whoever closes it at the same moment is second here.
            check(self._accounts.get(number), Act.CLOSE)
            if money is not None:
                money.check()
            return replace(body, approved=position.seq - 1) if approved else body

        drafts: list[Draft] = [*approved, ended, *(() if money is None else money.drafts)]
        along = () if money is None else money.along
        self._journal.append(drafts, at=self._clock(), operator=operator, along=along)
        return self._accounts.get(number)

    def standing(self, account: Account) -> Standing:
        """What this journal says of the account and its meters."""
        meters = [meter.meter for meter in account.meters]
        return self._queries.standing(account.number, meters)

    def cleared(self, account: Account) -> CardCleared | None:
        """What was settled with the account's card, if it ended here and that is certain."""
        return self._queries.cleared(account.number, account.card) if account.card else None

    def credit_left(self, account: Account) -> bool:
        """Whether a meter has not taken all that was sold to it, as far as is known."""
        return any(meter.waiting for meter in figures_of(account, self._queries).readings)

    def check_closing(self, account: Account, *, owing: bool = False) -> None:
        """See that the account can end but for credit on its card; raises as :meth:`close`.

        ``owing``: its debts are settled with it.
        """
        if not account.confirmed and self._queries.account_was_sold_to(account.number):
            raise errors.NotConfirmedYet(account=account.number)
        if owing:
            self._check_still(account)
        else:
            self._check_settled(account)
        if account.card and not self.out_of_use(account.card):
            raise errors.CardStillUsed(card=account.card, account=account.number)

    def digest(self, number: str, reason: str, amount: int = 0) -> bytes:
        """What a second person approves; ``amount`` is handed out with it, or collected."""
        return closing_digest(number, checked_reason(reason), amount)

    def withdrawal(self, number: str, reason: str) -> AccountMoved:
        """The record that takes back what was opened by mistake; nothing is written.

        Raises:
            AccountUnknown, AccountClosed, UsedSince, ReasonMissing.
        """
        account = self._allowed(number, Act.CLOSE)
        told = account.told
        touched = account.home or account.card or (told and (told.card or told.slots))
        if touched or self._queries.account_was_touched(number):
            raise errors.UsedSince(account=number)
        return _body(account, WITHDRAWN, checked_reason(reason))

    def hold(self, operator: str, number: str, form: HoldForm) -> Account:
        """Put a hold on the account.

        Raises:
            AccountUnknown, AccountClosed, HoldUnusable: nothing was changed.
            VaultLocked, KeysNotHeld, NodeRestored, DiskFull: nothing was changed.
        """
        account, now = self._allowed(number, Act.HOLD), self._clock()
        good = {
            "level": form.level in HOLD_LEVELS,
            "words": 0 < len(form.words) <= WORDS_MAX and form.words.isprintable(),
            "until": form.until is None or form.until > now,
            "lifter": form.lifter in (ANYBODY, LEADER),
        }
        for field, usable in good.items():
            if not usable:
                raise errors.HoldUnusable(field=field)
        body = AccountHeld(
            account=account.number,
            level=form.level,
            words=seal_words(form.words, self._keyring.personal_key(), number, self._random),
            until=to_timestamp(form.until) if form.until else 0,
            lifter=form.lifter,
        )
        self._journal.append([body], at=now, operator=operator)
        return self._accounts.get(number)

    def lift(self, operator: str, number: str, hold: tuple[str, int, int], reason: str) -> Account:
        """Lift a hold, named by node, epoch and seq.

        Raises:
            AccountUnknown, HoldGone, HoldNotYours, ReasonMissing: nothing was changed.
            VaultLocked, NodeRestored, DiskFull: nothing was changed.
        """
        account, now = self._accounts.get(number), self._clock()
        found = next((one for one in in_force(account, now) if one[:3] == hold), None)
        if found is None:
            raise errors.HoldGone
        if not self.may_lift(operator, found):
            raise errors.HoldNotYours
        node, epoch, seq = hold
        body = AccountHeld(
            account=number,
            node="" if node == self._accounts.here else node,
            epoch=epoch,
            seq=seq,
            reason=checked_reason(reason),
        )
        self._journal.append([body], at=now, operator=operator)
        return self._accounts.get(number)

    def may_lift(self, operator: str, hold: HoldView) -> bool:
        """Whether the operator is one who may lift it."""
        return hold.lifter != LEADER or leads(self._queries.operator(operator))

    def seen(self, operator: str, number: str) -> Account:
        """Write down that the operator is shown the holder's data in full.

        Raises:
            AccountUnknown, VaultLocked, NodeRestored, DiskFull: nothing is shown.
        """
        account = self._accounts.get(number)
        self._journal.append([PersonSeen(account=number)], at=self._clock(), operator=operator)
        return account

    def _allowed(self, number: str, act: Act) -> Account:
        account = self._accounts.get(number)
        check(account, act)
        return account

    def _known_as(
        self, account: Account, what: str, person: Person, community: str, reason: str
    ) -> AccountMoved:
        changed = changed_fields(account, person, community)
        if not changed:
            raise errors.NothingChanged
        key = self._keyring.personal_key()
        premises = self._accounts.premises(person, account.area, community)
        self._accounts.check_community(community)
        if set(changed) & _WHERE:
            self._accounts.check_address(premises, account.number, "")
        return AccountMoved(
            account=account.number,
            what=what,
            who=seal_person(person, key, account.number, self._random),
            changed=" ".join(changed),
            community=community,
            premises=premises,
            reason=checked_reason(reason),
        )

    def _moved(self, operator: str, account: Account, what: str, reason: str) -> Account:
        body = _body(account, what, checked_reason(reason))
        self._journal.append([body], at=self._clock(), operator=operator)
        return self._accounts.get(account.number)

    def _check_still(self, account: Account) -> None:
        """See that nothing of the account is open; raises StillOpen."""
        number = account.number
        if self._queries.pending(account=number) or self._queries.has_unpaid_refund(number):
            raise errors.StillOpen(account=number)

    def _check_settled(self, account: Account) -> None:
        """See that nothing is open and nothing is owed; raises StillOpen, ArrearsFirst."""
        self._check_still(account)
        owed = sum(debt.left for debt in account.told.debts) if account.told else 0
        if owed:
            raise errors.ArrearsFirst(account=account.number, owed=money_to_text(Money(owed)))

    def out_of_use(self, card: str) -> bool:
        """Whether the card can be sold to no more: it ended, or its holder lost it."""
        if self._standings.ended(card) is not None:
            return True
        return self._queries.card_lost(card) is not None


_WHERE: Final = {"address", "building", "unit", "room", "community"}
PERSON_FIELDS: Final = (
    *("name", "phone", "address", "building", "unit", "room"),
    *("document", "contract"),
)


def changed_fields(account: Account, person: Person, community: str) -> tuple[str, ...]:
    """The fields in which what is said of the holder differs from what is known."""
    known = account.person
    changed = [
        name
        for name in PERSON_FIELDS
        if getattr(person, name) != ("" if known is None else getattr(known, name))
    ]
    return (*changed, *(["community"] if community != account.community else []))


def _body(account: Account, what: str, reason: str, approved: int = 0) -> AccountMoved:
    return AccountMoved(account=account.number, what=what, reason=reason, approved=approved)
