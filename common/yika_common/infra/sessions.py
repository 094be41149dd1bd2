"""Who is signed in: held by the server, ended after a pause or a working day.

A session ends 15 minutes after the last thing its user did, and 8 hours after it began, by the
injected clock.  What the program asks for by itself (the status line) does not count as use.  The
browser holds only the session's 256-bit key; a clock that jumps back ends nothing early and
prolongs nothing beyond the limits counted from the new time.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from yika_common.clock import Clock
from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.values import dataclass

KEY_SIZE = 32
SESSIONS_MAX = 1000


class NotSignedIn(YikaError):
    """A page that needs a user was asked for by nobody."""

    code = "not_signed_in"
    sentence = N_("You are not signed in. Nothing was changed. Sign in to go on.")


class SessionExpired(YikaError):
    """The session ended by its limits, or the program was started anew."""

    code = "session_expired"
    sentence = N_(
        "You were signed out because the time ran out or the program was restarted. Nothing was "
        "changed. Sign in again to go on."
    )


class NotAllowed(YikaError):
    """The user's level does not reach."""

    code = "not_allowed"
    sentence = N_(
        "Your level does not allow this. Nothing was changed. Ask somebody who may do it."
    )


class WrongPassword(YikaError):
    """Name and password do not belong together; which of them is wrong is not said."""

    code = "wrong_password"
    sentence = N_(
        "This name and password do not belong together. You are not signed in. Type both again."
    )


class EntryRefused(YikaError):
    """Whoever proved himself may not come in; each side has its own reasons."""


class TooManyAttempts(YikaError):
    """Too many wrong passwords in a row; ``seconds`` is the wait that is left."""

    code = "too_many_attempts"
    sentence = N_(
        "Too many wrong passwords. Signing in is closed for %(seconds)s seconds. Wait, then type "
        "the password with care."
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts: since its last use, and since its begin."""

    idle: timedelta = timedelta(minutes=15)
    absolute: timedelta = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Session:
    """One user at one browser; ``level`` is a number of the side's own scale."""

    user_id: str
    name: str
    level: int
    began: datetime
    seen: datetime


class SessionStore(Protocol):
    """Where sessions are kept; every method may be called from any thread."""

    def get(self, key: str) -> Session | None:
        """The session under the key, if there is one."""

    def put(self, key: str, session: Session) -> None:
        """Keep the session under the key."""

    def touch(self, key: str, seen: datetime) -> None:
        """Note the session's last use; one that has ended meanwhile stays ended."""

    def drop(self, key: str) -> None:
        """Forget the key; unknown keys are fine."""

    def drop_user(self, user_id: str) -> None:
        """Forget every session of the user."""


class MemorySessions:
    """Sessions that end with the process, as a vault's unlocked keys do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def get(self, key: str) -> Session | None:
        """See :class:`SessionStore`."""
        with self._lock:
            return self._sessions.get(key)

    def put(self, key: str, session: Session) -> None:
        """See :class:`SessionStore`; beyond 1,000 sessions the one unused longest is dropped."""
        with self._lock:
            self._sessions[key] = session
            if len(self._sessions) > SESSIONS_MAX:
                del self._sessions[min(self._sessions, key=lambda k: self._sessions[k].seen)]

    def touch(self, key: str, seen: datetime) -> None:
        """See :class:`SessionStore`."""
        with self._lock:
            session = self._sessions.get(key)
            if session is not None:
                self._sessions[key] = replace(session, seen=seen)

    def drop(self, key: str) -> None:
        """See :class:`SessionStore`."""
        with self._lock:
            self._sessions.pop(key, None)

    def drop_user(self, user_id: str) -> None:
        """See :class:`SessionStore`."""
        with self._lock:
            for key in [k for k, s in self._sessions.items() if s.user_id == user_id]:
                del self._sessions[key]


class Sessions:
    """Begins, resumes and ends sessions; ``on_end`` hears of each user whose session ended."""

    def __init__(
        self,
        *,
        clock: Clock,
        random: RandomSource,
        limits: Limits | None = None,
        store: SessionStore | None = None,
        on_end: Callable[[Session], None] | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._clock = clock
        self._random = random
        self._store = store or MemorySessions()
        self._on_end = on_end

    def begin(self, user_id: str, name: str, level: int) -> str:
        """Sign a user in, end his other sessions, and return the new session's key (hex)."""
        now = self._clock()
        key = self._random(KEY_SIZE).hex()
        self._store.drop_user(user_id)
        self._store.put(key, Session(user_id, name, level, began=now, seen=now))
        return key

    def resume(self, key: str, *, in_use: bool = True) -> Session:
        """The session under the key; ``in_use`` starts its idle limit anew.

        Raises:
            SessionExpired: a limit was reached or the key is unknown; the session is gone.
        """
        session = self._store.get(key)
        if session is None:
            raise SessionExpired
        now = self._clock()
        idle, age = now - session.seen, now - session.began
        if idle > self.limits.idle or age > self.limits.absolute:
            self.end(key)
            raise SessionExpired
        if in_use and now != session.seen:
            self._store.touch(key, now)
        return session

    def end(self, key: str) -> None:
        """Sign the session's user out; an unknown key changes nothing."""
        session = self._store.get(key)
        self._store.drop(key)
        if session is not None and self._on_end is not None:
            self._on_end(session)
