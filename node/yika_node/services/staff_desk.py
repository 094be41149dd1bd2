"""Operators: signing in opens the vault, and the last one to leave locks it.

Five wrong passwords in a row under one name close that name for 15 minutes of the node's trusted
clock; the count is in the database, so a restart does not clear it.  Names that nobody has are
counted together.  The journal cannot be signed while the vault is locked, so failed attempts are
recorded when somebody has signed in.
"""

import threading
from typing import Final

from yika_common.clock import Clock, to_timestamp
from yika_common.infra.sessions import TooManyAttempts, WrongPassword
from yika_common.journal.bodies import Boot, Login, OperatorAdded
from yika_common.journal.body import Body
from yika_node.db.journal import Journal
from yika_node.db.queries import Queries
from yika_node.services.errors import OperatorExists, OperatorNameUnusable
from yika_node.services.keyring import KeyRing
from yika_node.services.rows import operator_of
from yika_node.services.standing import Standing
from yika_node.services.views import Level, Operator
from yika_node.vault import Vault

FAILURES_MAX: Final = 5
CLOSED_S: Final = 15 * 60
NAME_MAX: Final = 32
_FAILURES_RECORDED = 20
_NOBODY = ""


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
        incarnation: str,
        software: str,
    ) -> None:
        self._journal = journal
        self._queries = queries
        self._standing = standing
        self._vault = vault
        self._keyring = keyring
        self._clock = clock
        self._boot = Boot(software=software, incarnation=incarnation)
        self._booted = False
        self._present: set[str] = set()
        self._lock = threading.Lock()

    def sign_in(self, name: str, password: str) -> Operator:
        """Open the vault with an operator's password; the first ever is a supervisor.

        Raises:
            NotEnrolled: there is nobody yet.
            TooManyAttempts: the name is closed for a while; the password was not looked at.
            WrongPassword: the attempt is counted.

        A node whose journal is refused lets people in without recording it, so that they can see
        why and send what it holds; it still sells nothing.
        """
        _ = self._standing.membership
        with self._lock:
            key = name if name in self._vault.operators() else _NOBODY
            failures = self._failures(key)
            try:
                self._vault.unlock(name, password)
            except WrongPassword:
                self._count(key, failures + 1)
                raise
            try:
                operator = self._admit(name, failures)
            except BaseException:
                self._lock_if_empty()
                raise
            self._present.add(name)
        return operator

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

    def add(self, by: str, name: str, password: str, level: Level) -> Operator:
        """Give another person a name, a level and a password.

        Raises:
            OperatorExists, OperatorNameUnusable: nothing was changed.
            PasswordTooShort, PasswordTooLong, VaultLocked: nothing was changed.
        """
        name = self.checked_name(name)
        with self._lock:
            if self._queries.operator(name) is not None:
                raise OperatorExists(name=name)
            # A slot without its record lets nobody in: signing in asks for both.
            self._vault.add(name, password)
            body = OperatorAdded(name=name, level=level.name)
            self._journal.append([body], at=self._clock(), operator=by)
        return Operator(name, level)

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

    def _failures(self, key: str) -> int:
        """Wrong passwords in a row so far.

        Raises:
            TooManyAttempts: the name is closed.
        """
        attempt = self._queries.attempt(key)
        if attempt is None:
            return 0
        waited = to_timestamp(self._clock()) - attempt.last_at
        if waited < 0:
            # The clock was set back, or had been far ahead: the wait begins anew, and ends.
            self._count(key, attempt.failures)
            waited = 0
        if attempt.failures % FAILURES_MAX == 0 and waited < CLOSED_S:
            raise TooManyAttempts(seconds=CLOSED_S - waited)
        return attempt.failures

    def _count(self, key: str, failures: int) -> None:
        self._journal.note(
            "INSERT OR REPLACE INTO attempt (operator, failures, last_at) VALUES (?, ?, ?)",
            (key, failures, to_timestamp(self._clock())),
        )

    def _admit(self, name: str, failures: int) -> Operator:
        """Record the start of the process, the first operator, and who came."""
        known = self._queries.operators()
        found = next((row for row in known if row.name == name), None)
        if found is None and known:
            raise WrongPassword
        operator = Operator(name, Level.SUPERVISOR) if found is None else operator_of(found)
        if self._journal.refusal is not None:
            return operator
        bodies: list[Body] = [] if self._booted else [self._boot]
        if found is None:
            bodies.append(OperatorAdded(name=name, level=operator.level.name))
        bodies += [Login(outcome="failed")] * min(failures, _FAILURES_RECORDED)
        bodies.append(Login(outcome="ok"))
        self._journal.append(bodies, at=self._clock(), operator=name)
        self._booted = True
        if failures:
            self._journal.note("DELETE FROM attempt WHERE operator = ?", (name,))
        return operator

    def _lock_if_empty(self) -> None:
        if not self._present:
            self._vault.lock()
            self._keyring.forget()
