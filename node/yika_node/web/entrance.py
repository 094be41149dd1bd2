"""Signing in and out: a session lasts no longer than its operator's hold on the vault.

The vault is locked when the last operator has gone, and an operator whose session ran out has
gone, whether or not his browser ever asks again: :meth:`DeskSessions.sweep` looks after that.

Two things stand between an operator and what his level may do: a password that holds once is
changed first, and whoever approved for another takes no money in the same session.
"""

from collections.abc import Callable

from yika_common.clock import Clock
from yika_common.infra.entropy import RandomSource
from yika_common.infra.sessions import (
    EntryRefused,
    MemorySessions,
    Session,
    SessionExpired,
    Sessions,
)
from yika_common.infra.web.login import Authenticate, Identity
from yika_node.services.rights import NOT_AFTER_APPROVING, Place, Right, may
from yika_node.services.staff_desk import StaffDesk
from yika_node.services.views import Level, Operator

LevelOf = Callable[[str, Level], Level]
"""What an operator with such a session may work as now; raises EntryRefused: as nothing."""


class _ListedSessions(MemorySessions):
    """Sessions whose keys can be gone through."""

    def __init__(self) -> None:
        super().__init__()
        self._users: dict[str, str] = {}

    def put(self, key: str, session: Session) -> None:
        self._users[session.user_id] = key
        super().put(key, session)

    def newest_keys(self) -> tuple[str, ...]:
        """The newest key of everybody who ever signed in; there are few."""
        return tuple(self._users.values())


class DeskSessions:
    """The sessions of a node."""

    def __init__(
        self,
        clock: Clock,
        random: RandomSource,
        leave: Callable[[str], None],
        level_of: LevelOf,
    ) -> None:
        self._store = _ListedSessions()
        self._must_change: set[str] = set()
        self._approved: set[str] = set()
        self._level_of = level_of
        self.sessions = Sessions(
            clock=clock,
            random=random,
            store=self._store,
            on_end=lambda session: leave(session.user_id),
        )

    def sweep(self) -> None:
        """End every session that ran out unasked, or whose operator may work no more."""
        for key in self._store.newest_keys():
            session = self._store.get(key)
            if session is not None and self.refusal(session) is not None:
                self.sessions.end(key)
            elif session is not None:
                self._end_if_over(key)

    def refusal(self, session: Session) -> EntryRefused | None:
        """Why the session's operator may work here no more; None: he may."""
        try:
            self._level_of(session.user_id, Level(session.level))
        except EntryRefused as refused:
            return refused
        return None

    def end(self, name: str) -> None:
        """End what an operator is doing, at whatever browser."""
        self._store.drop_user(name)

    def came(self, operator: Operator) -> None:
        """Somebody signed in: what was true of his last session is no more."""
        self._approved.discard(operator.name)
        self._must_change.discard(operator.name)
        if operator.temporary:
            self._must_change.add(operator.name)

    def must_change(self, session: Session) -> bool:
        """Whether the session's operator has to choose a password before anything else."""
        return session.user_id in self._must_change

    def changed(self, name: str) -> None:
        """The operator has chosen his own password."""
        self._must_change.discard(name)

    def has_approved(self, session: Session) -> None:
        """The session's operator approved what another does."""
        self._approved.add(session.user_id)

    def allows(self, session: Session, right: Right, place: Place = Place.COUNTER) -> bool:
        """Whether the session's operator has the right, now and there."""
        if self.must_change(session):
            return False
        if right in NOT_AFTER_APPROVING and session.user_id in self._approved:
            return False
        try:
            level = self._level_of(session.user_id, Level(session.level))
        except EntryRefused:
            return False
        return may(level, right, place)

    def _end_if_over(self, key: str) -> None:
        try:
            self.sessions.resume(key, in_use=False)
        except SessionExpired:
            return


def identity_of(operator: Operator) -> Identity:
    """An operator as the pages know him: his name and his level."""
    return Identity(operator.name, operator.name, operator.level)


def authenticate_with(staff: StaffDesk, sessions: DeskSessions) -> Authenticate:
    """Name and password are right when they open the vault."""

    def authenticate(name: str, password: str) -> Identity:
        operator = staff.sign_in(name, password)
        sessions.came(operator)
        return identity_of(operator)

    return authenticate
