"""Operators: signing in opens the vault, and the last one to leave locks it.

Wrong passwords in a row close a name (:mod:`yika_node.services.lockout`).  The journal cannot be
signed while the vault is locked, so failed attempts are recorded when somebody has signed in.

What becomes of operators after that is :mod:`yika_node.services.staff_office`'s.
"""

import threading
from typing import Final

from yika_common.clock import Clock
from yika_common.infra.sessions import WrongPassword
from yika_common.journal.bodies import Boot, Login, OperatorAdded
from yika_common.journal.body import Body
from yika_node.db.journal import Journal
from yika_node.db.queries import Queries
from yika_node.services.errors import OperatorNameUnusable
from yika_node.services.keyring import KeyRing
from yika_node.services.lockout import NOBODY, Lockout
from yika_node.services.rows import operator_of
from yika_node.services.standing import Standing
from yika_node.services.views import Level, Operator
from yika_node.vault import Vault

NAME_MAX: Final = 32
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
        boot: Boot,
    ) -> None:
        self._journal = journal
        self._queries = queries
        self._standing = standing
        self._vault = vault
        self._keyring = keyring
        self._clock = clock
        self._lockout = lockout
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

    def _admit(self, name: str, failures: int) -> Operator:
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
        bodies += [Login(outcome="failed")] * min(failures, _FAILURES_RECORDED)
        if self._lockout.released_at_console(name):
            bodies.append(released_by_console(name))
            failures += 1
        bodies.append(Login(outcome="ok"))
        self._journal.append(bodies, at=self._clock(), operator=name)
        self._booted = True
        if failures:
            self._lockout.forget(name)
        return operator

    def _lock_if_empty(self) -> None:
        if not self._present:
            self._vault.lock()
            self._keyring.forget()


def released_by_console(name: str) -> Body:
    """What the journal is told of a name that whoever keeps the machine has released."""
    from yika_common.journal.staff_bodies import RELEASED, StaffChanged  # noqa: PLC0415 - seldom

    return StaffChanged(name=name, what=RELEASED, reason="console")
