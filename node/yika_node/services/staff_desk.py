"""Operators: signing in opens the vault, and the last one to leave locks it.

Wrong passwords in a row close a name (:mod:`yika_node.services.lockout`).  The journal cannot be
signed while the vault is locked, so failed attempts are recorded when somebody has signed in.

What becomes of operators after that is :mod:`yika_node.services.staff_office`'s.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from yika_common.clock import Clock
from yika_common.infra.sessions import EntryRefused, WrongPassword
from yika_common.journal.bodies import Boot, Login, OperatorAdded
from yika_common.journal.body import Body
from yika_node.db.journal import Journal
from yika_node.db.queries import Queries
from yika_node.services.errors import OperatorNameUnusable
from yika_node.services.keyring import KeyRing
from yika_node.services.lockout import NOBODY, Lockout
from yika_node.services.roster import Roster
from yika_node.services.rows import operator_of
from yika_node.services.standing import Standing
from yika_node.services.views import Level, Operator
from yika_node.vault import Vault

if TYPE_CHECKING:
    from yika_common.journal.phone_bodies import PhoneCode

NAME_MAX: Final = 32
ADMIT: Final = "admit"
"""As :mod:`yika_common.signing.phone_code`, which is loaded with the first telephone call."""
_FAILURES_RECORDED = 20


class StaffDesk:
    """Who may work here, and who does."""

    def __init__(
        self,
        journal: Journal,
        queries: Queries,
        standing: Standing,
        vault: Vault,
        keyring: KeyRing,
        clock: Clock,
        lockout: Lockout,
        *,
        roster: Roster,
        boot: Boot,
    ) -> None:
        self._journal = journal
        self._queries = queries
        self._standing = standing
        self._vault = vault
        self._keyring = keyring
        self._clock = clock
        self._lockout = lockout
        self._roster = roster
        self._boot = boot
        self._booted = False
        self._present: set[str] = set()
        self._lock = threading.Lock()

    def sign_in(self, name: str, password: str) -> Operator:
        """Open the vault with an operator's password; the first ever is a supervisor.

        Raises:
            NotEnrolled: there is nobody yet.
            TooManyAttempts, NameClosed: the password was not looked at.
            WrongPassword: the attempt is counted.
            NotListed, ListingEnded, ListTooOld: headquarters' list does not let him in.

        A node whose journal is refused lets people in without recording it, so that they can see
        why and send what it holds; it still sells nothing.
        """
        _ = self._standing.membership
        with self._lock:
            failures = self._proved(name, password)
            try:
                operator = self._admit(name, failures)
            except BaseException:
                self._lock_if_empty()
                raise
            self._present.add(name)
        return operator

    def sign_in_with(
        self,
        name: str,
        password: str,
        answered: Callable[[], PhoneCode],
        within: AbstractContextManager[None],
        *,
        closed: bool,
    ) -> Operator:
        """As :meth:`sign_in`, with headquarters' answer by telephone.

        Args:
            name: of the operator.
            password: his own.
            answered: looks at the code, once the password has opened the vault.
            within: what looks at tries and counts them; nobody else is looked at meanwhile.
            closed: the name may be closed; wrong passwords are then not counted under it.

        Raises:
            those of :meth:`sign_in`, and those of ``answered``: nobody is signed in.
        """
        _ = self._standing.membership
        with self._lock, within:
            try:
                if closed:
                    failures = 0
                    self._vault.unlock(name, password)
                else:
                    failures = self._proved(name, password)
                operator = self._admit(name, failures, answered())
            except BaseException:
                self._lock_if_empty()
                raise
            self._present.add(name)
        return operator

    def prove(self, name: str, password: str) -> None:
        """Look whether somebody who is at work knows his password; wrong ones are counted.

        Raises:
            TooManyAttempts, NameClosed: the password was not looked at.
            WrongPassword: the attempt is counted.
        """
        with self._lock:
            if self._proved(name, password):
                self._lockout.forget(name)

    def sign_out(self, name: str) -> None:
        """Forget the operator; the vault is locked when nobody is left."""
        with self._lock:
            self._present.discard(name)
            self._lock_if_empty()

    def lock(self) -> None:
        """Sign everybody out."""
        with self._lock:
            self._present.clear()
            self._lock_if_empty()

    @staticmethod
    def checked_name(name: str) -> str:
        """The name without spaces around it.

        Raises:
            OperatorNameUnusable: it is empty, too long or not printable.
        """
        name = name.strip()
        if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
            raise OperatorNameUnusable
        return name

    def operators(self) -> tuple[Operator, ...]:
        """Everybody, in the order they came."""
        return tuple(operator_of(row) for row in self._queries.operators())

    def operator(self, name: str) -> Operator | None:
        """One operator."""
        row = self._queries.operator(name)
        return None if row is None else operator_of(row)

    def _proved(self, name: str, password: str) -> int:
        """Let the vault judge a password; wrong ones before it, in a row."""
        key = name if name in self._vault.operators() else NOBODY
        failures = self._lockout.failures(key)
        try:
            self._vault.unlock(name, password)
        except WrongPassword:
            self._lockout.failed(key, failures + 1)
            raise
        return failures

    def _admit(self, name: str, failures: int, code: PhoneCode | None = None) -> Operator:
        """Record the start of the process, the first operator, and who came."""
        known = self._queries.operators()
        found = next((row for row in known if row.name == name), None)
        if found is None and known:
            raise WrongPassword
        if found is not None and found.disabled_at:
            # The record says so, and the machine stopped before the slot was gone.
            self._vault.remove(name)
            raise WrongPassword
        operator = Operator(name, Level.SUPERVISOR) if found is None else operator_of(found)
        if self._journal.refusal is not None:
            return operator
        bodies: list[Body] = [] if self._booted else [self._boot]
        if found is None:
            bodies.append(OperatorAdded(name=name, level=operator.level.name))
        else:
            operator = self._listed(operator, bodies, code)
        bodies += [Login(outcome="failed")] * min(failures, _FAILURES_RECORDED)
        if code is not None:
            bodies += answered_by_phone(name, code)
            failures += 1
        if self._lockout.released_at_console(name):
            bodies.append(released_by_console(name))
            failures += 1
        bodies.append(Login(outcome="ok"))
        self._journal.append(bodies, at=self._clock(), operator=name)
        self._booted = True
        if failures:
            self._lockout.forget(name)
        return operator

    def _listed(
        self, operator: Operator, before: Sequence[Body], code: PhoneCode | None
    ) -> Operator:
        """The operator with the level that headquarters' list leaves him; who may not is told so.

        That somebody came whom it does not let in is recorded.
        """
        admitted = code is not None and code.purpose == ADMIT
        try:
            level = self._roster.level(operator.name, operator.level, admitted=admitted)
        except EntryRefused:
            bodies = [*before, Login(outcome="locked")]
            self._journal.append(bodies, at=self._clock(), operator=operator.name)
            self._booted = True
            raise
        return Operator(operator.name, level, temporary=operator.temporary)

    def _lock_if_empty(self) -> None:
        if not self._present:
            self._vault.lock()
            self._keyring.forget()


def released_by_console(name: str) -> Body:
    """What the journal is told of a name that whoever keeps the machine has released."""
    from yika_common.journal.staff_bodies import RELEASED, StaffChanged  # noqa: PLC0415 - seldom

    return StaffChanged(name=name, what=RELEASED, reason="console")


def answered_by_phone(name: str, code: PhoneCode) -> list[Body]:
    """What the journal is told of headquarters' answer to somebody who could not sign in."""
    from yika_common.journal.staff_bodies import RELEASED, StaffChanged  # noqa: PLC0415 - seldom
    from yika_common.signing.phone_code import RELEASE  # noqa: PLC0415

    released = StaffChanged(name=name, what=RELEASED, reason="telephone")
    return [code, released] if code.purpose == RELEASE else [code]
