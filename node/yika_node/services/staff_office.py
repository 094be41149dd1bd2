"""What becomes of operators: added, of another level, disabled, given another password, released.

Nobody is ever deleted, and every change is a record (:mod:`yika_common.journal.staff_bodies`).
The record comes first and the vault's slot after it: signing in asks for both, so whoever is
disabled by a record whose slot is still there is turned away, and the slot goes then.

Nobody makes others of those who manage operators alone: a second person approves.  And there is
always one left who can.
"""

from collections.abc import Callable
from typing import Final

from yika_common.cards.approval import act_digest
from yika_common.clock import Clock
from yika_common.errors import N_, YikaError
from yika_common.journal.acts import OPERATOR_LEVEL_ACT
from yika_common.journal.bodies import OperatorAdded
from yika_common.journal.staff_bodies import (
    BOUND,
    DISABLED,
    ENABLED,
    LEVEL,
    PASSWORD,
    RELEASED,
    RESET,
    StaffChanged,
)
from yika_common.values import dataclass
from yika_node.db.journal import Draft, Journal, Position
from yika_node.db.queries import Queries
from yika_node.services.approvals import Approvals
from yika_node.services.errors import OperatorExists
from yika_node.services.lockout import Lockout
from yika_node.services.phone_errors import NotListed
from yika_node.services.rights import RIGHTS, Right
from yika_node.services.roster import Roster
from yika_node.services.staff_desk import StaffDesk
from yika_node.services.views import Level, Operator
from yika_node.vault import Vault, check_chosen

REASON_MAX: Final = 200


class OperatorUnknown(YikaError):
    """Nobody of this name was ever added."""

    code = "operator_unknown"
    sentence = N_("There is no operator %(name)s. Nothing was changed. Look at the list.")


class OperatorIsDisabled(YikaError):
    """What is asked for needs somebody who may sign in."""

    code = "operator_is_disabled"
    sentence = N_(
        "%(name)s may not sign in any more. Nothing was changed. Let %(name)s sign in again first."
    )


class OperatorIsYou(YikaError):
    """Whoever is signed in would change his own rights."""

    code = "operator_is_you"
    sentence = N_("This is your own name. Nothing was changed. Ask another supervisor to do it.")


class LastSupervisor(YikaError):
    """Nobody would be left who can manage operators."""

    code = "last_supervisor"
    sentence = N_(
        "%(name)s is the last one here who can manage operators. Nothing was changed. Make "
        "somebody else a supervisor first."
    )


class ReasonMissing(YikaError):
    """Nobody could tell later why it was done."""

    code = "reason_missing"
    sentence = N_("This needs a reason. Nothing was changed. Say in a few words why it is done.")


class PasswordUnchanged(YikaError):
    """The new password is the old one."""

    code = "password_unchanged"
    sentence = N_("This is the password you have. It was not changed. Choose another one.")


def needs_approval(level: Level) -> bool:
    """Whether making somebody that needs a second person: he could then make others."""
    return Right.MANAGE_OPERATORS in RIGHTS[level]


def level_digest(name: str, level: Level, reason: str) -> bytes:
    """What a second person approves: this person, this level, this reason."""
    return act_digest(OPERATOR_LEVEL_ACT, name=name, level=level.name, reason=reason)


@dataclass(frozen=True, slots=True)
class StaffOffice:
    """Changes who may work here; ``end`` ends the sessions of a name."""

    journal: Journal
    queries: Queries
    vault: Vault
    desk: StaffDesk
    lockout: Lockout
    approvals: Approvals
    clock: Clock
    roster: Roster
    end: Callable[[str], None] = lambda _name: None

    def add(
        self,
        by: str,
        name: str,
        password: str,
        level: Level,
        *,
        temporary: bool = False,
        approval: str = "",
        number: str = "",
    ) -> Operator:
        """Give another person a name, a level and a password.

        Args:
            by: who does it.
            name: of the new operator.
            password: what he signs in with.
            level: what he may do.
            temporary: he chooses another password when he first signs in.
            approval: the token of the approval, where :func:`needs_approval` says so.
            number: the staff number of headquarters' list; without it, where the list counts,
                the name is one of the list's.

        Raises:
            OperatorExists, OperatorNameUnusable: nothing was changed.
            PersonUnknown, PersonTaken, NotListed: nothing was changed.
            PasswordTooShort, PasswordTooLong, PasswordTooCommon, VaultLocked: nothing was changed.
            ApprovalMissing, ApprovalForAnother, ApprovalByOperator: nothing was changed.
        """
        name = self.desk.checked_name(name)
        if self.queries.operator(name) is not None:
            raise OperatorExists(name=name)
        check_chosen(name, password)
        bound = self._bound(name, number)
        raised = self._raised(by, name, level, "", approval)
        first = Level.CLERK if raised else level
        drafts: list[Draft] = [OperatorAdded(name=name, level=first.name), *raised, *bound]
        if temporary:
            drafts.append(StaffChanged(name=name, what=RESET))
        # A slot without its record lets nobody in: signing in asks for both.
        self.vault.add(name, password)
        self.journal.append(drafts, at=self.clock(), operator=by)
        return Operator(name, level, temporary=temporary)

    def change_level(
        self, by: str, name: str, level: Level, reason: str, approval: str = ""
    ) -> None:
        """Let somebody do more, or less; he signs in anew.

        Raises:
            OperatorUnknown, OperatorIsYou, OperatorIsDisabled, LastSupervisor, ReasonMissing,
            ApprovalMissing, ApprovalForAnother, ApprovalByOperator: nothing was changed.
        """
        held = self._other(by, name)
        if held.level is level:
            return
        reason = said_reason(reason)
        if not needs_approval(level):
            self._leave_one(held)
            self._append(by, StaffChanged(name=name, what=LEVEL, level=level.name, reason=reason))
        else:
            raised = self._raised(by, name, level, reason, approval)
            self.journal.append(raised, at=self.clock(), operator=by)
        self._out(name)

    def disable(self, by: str, name: str, reason: str) -> None:
        """Let somebody sign in no more, from this moment on.

        Raises:
            OperatorUnknown, OperatorIsYou, OperatorIsDisabled, LastSupervisor, ReasonMissing:
                nothing was changed.
        """
        held = self._other(by, name)
        self._leave_one(held)
        self._append(by, StaffChanged(name=name, what=DISABLED, reason=said_reason(reason)))
        self._out(name)
        self.vault.remove(name)

    def enable(self, by: str, name: str, password: str, reason: str) -> None:
        """Let somebody who was disabled sign in again, with a password that holds once.

        Raises:
            OperatorUnknown, ReasonMissing: nothing was changed.
            PasswordTooShort, PasswordTooLong, PasswordTooCommon: nothing was changed.
        """
        row = self.queries.operator(name)
        if row is None:
            raise OperatorUnknown(name=name)
        check_chosen(name, password)
        self._append(
            by,
            StaffChanged(name=name, what=ENABLED, reason=said_reason(reason)),
            StaffChanged(name=name, what=RESET),
        )
        self.lockout.forget(name)
        self.vault.add(name, password)

    def reset(self, by: str, name: str, password: str, reason: str) -> None:
        """Give somebody who forgot his password another one, that holds once.

        Raises:
            OperatorUnknown, OperatorIsYou, OperatorIsDisabled, ReasonMissing: nothing was changed.
            PasswordTooShort, PasswordTooLong, PasswordTooCommon: nothing was changed.
        """
        self._other(by, name)
        check_chosen(name, password)
        self._append(by, StaffChanged(name=name, what=RESET, reason=said_reason(reason)))
        self._out(name)
        self.lockout.forget(name)
        self.vault.add(name, password)

    def choose_password(self, name: str, old: str, new: str) -> None:
        """Let somebody change his own password.

        Raises:
            WrongPassword, TooManyAttempts, NameClosed: the old one was wrong; it still holds.
            PasswordUnchanged, PasswordTooShort, PasswordTooLong, PasswordTooCommon: likewise.
        """
        self.desk.prove(name, old)
        if new == old:
            raise PasswordUnchanged
        self.vault.add(name, new)
        self._append(name, StaffChanged(name=name, what=PASSWORD))

    def release(self, by: str, name: str, reason: str) -> None:
        """Open a name again that wrong passwords had closed.

        Raises:
            OperatorUnknown, OperatorIsYou, OperatorIsDisabled, ReasonMissing: nothing was changed.
        """
        self._other(by, name)
        self._append(by, StaffChanged(name=name, what=RELEASED, reason=said_reason(reason)))
        self.lockout.forget(name)

    def bind(self, by: str, name: str, number: str) -> None:
        """Say which person of headquarters' list an operator is.

        Raises:
            OperatorUnknown, OperatorIsYou, OperatorIsDisabled, PersonUnknown, PersonTaken:
                nothing was changed.
        """
        self._other(by, name)
        person = self.roster.shelf().free(number)
        self._append(by, StaffChanged(name=name, what=BOUND, staff_number=person.staff_number))

    def _bound(self, name: str, number: str) -> list[Draft]:
        """Which person somebody new is, if that is told; where the list counts, he is one."""
        if number:
            person = self.roster.shelf().free(number)
            return [StaffChanged(name=name, what=BOUND, staff_number=person.staff_number)]
        if self.roster.listed and self.roster.shelf().names_nobody(name):
            raise NotListed(name=name)
        return []

    def _raised(self, by: str, name: str, level: Level, reason: str, approval: str) -> list[Draft]:
        """The approval and the new level, where it needs one."""
        if not needs_approval(level):
            return []
        approved = self.approvals.take(approval, level_digest(name, level, reason), by)

        def changed(position: Position) -> StaffChanged:
            at = position.seq - 1
            return StaffChanged(
                name=name, what=LEVEL, level=level.name, reason=reason, approved=at
            )

        return [approved, changed]

    def _other(self, by: str, name: str) -> Operator:
        """Somebody else, who may sign in."""
        row = self.queries.operator(name)
        if row is None:
            raise OperatorUnknown(name=name)
        if name == by:
            raise OperatorIsYou
        if row.disabled_at:
            raise OperatorIsDisabled(name=name)
        return Operator(name, Level[row.level])

    def _leave_one(self, leaving: Operator) -> None:
        left = [
            row
            for row in self.queries.operators()
            if row.name != leaving.name
            and not row.disabled_at
            and needs_approval(Level[row.level])
        ]
        if not left:
            raise LastSupervisor(name=leaving.name)

    def _append(self, by: str, *bodies: StaffChanged) -> None:
        self.journal.append(bodies, at=self.clock(), operator=by)

    def _out(self, name: str) -> None:
        self.end(name)
        self.desk.sign_out(name)


def said_reason(reason: str) -> str:
    """The reason without spaces around it, no longer than a record holds.

    Raises:
        ReasonMissing: there is none.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    return reason[:REASON_MAX]
