"""What a side tells the screen kit about itself, and how pages reach it again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from flask import current_app, g

from yika_common.clock import Clock
from yika_common.errors import YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.language import LANGUAGES
from yika_common.infra.sessions import NotSignedIn, Session, Sessions
from yika_common.values import dataclass

Text = object
"""Its ``str`` is shown: a ``lazy_gettext`` sentence, or a name that no language changes."""

Mood = Literal["good", "busy", "warn", "bad", "idle"]


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the bar of commands, shown to those who are allowed its ``need``.

    ``key`` is the key that clicks it (``F2``), printed beside it; empty for none.  No ``need``:
    everybody who is signed in.
    """

    endpoint: str
    label: Text
    key: str = ""
    need: object = None


@dataclass(frozen=True, slots=True)
class Chip:
    """One word of the status line: what it is about, how it stands, where it leads."""

    name: str
    text: str
    mood: Mood = "idle"
    endpoint: str = ""


def _nothing(_session: Session, _need: object) -> None:
    """Nobody asks what was used."""


def reaches(session: Session, need: Any) -> bool:
    """Where needs are levels: each level may what a lower one may."""
    return bool(session.level >= need)


@dataclass(frozen=True, slots=True)
class Site:
    """One program's face.

    ``side`` and ``instance`` make the cookies' names: programs on one machine share the browser's
    cookies, whatever their ports.  ``home`` is the endpoint after signing in.  ``trusted_hosts``
    are host names without port.  ``statuses`` maps error classes (and their subclasses) to HTTP
    statuses.  ``language`` is shown to browsers that ask for none we have, until somebody chooses.
    ``chips`` makes the status line for a signed-in user; ``health`` makes what
    ``/healthz`` adds to ``{"status": "ok"}``.  ``in_words`` names an error's facts as the pages
    name them.  ``allows`` says whether a session may do what a view needs, ``used`` hears of it
    when somebody asked for such a view.
    ``lock_key`` is the key that hides the page (:mod:`yika_common.infra.web.lock`); empty: none.
    Where nothing is real, ``mark`` says so on every page in both languages, on paper too, and
    ``marked`` are the pages that this world has besides.  ``otherwise`` is a public page for those
    whom the sign-in page does not let in.
    """

    side: str
    title: Text
    instance: str
    clock: Clock
    random: RandomSource
    sessions: Sessions
    secret_key: bytes
    time_zone: ZoneInfo
    home: str
    sign_in: str = "login.page"
    nav: Sequence[NavItem] = ()
    trusted_hosts: Sequence[str] = ("127.0.0.1", "localhost")
    statuses: Mapping[type[YikaError], int] = field(default_factory=dict)
    chips: Callable[[Session], Sequence[Chip]] | None = None
    health: Callable[[], Mapping[str, str | int]] | None = None
    allows: Callable[[Session, Any], bool] = reaches
    used: Callable[[Session, Any], None] = _nothing
    in_words: Callable[[YikaError], YikaError] = lambda error: error
    mark: str = ""
    marked: Sequence[NavItem] = ()
    otherwise: NavItem | None = None
    lock_key: str = ""
    https: bool = False
    currency: str = "¥"
    language: str = LANGUAGES[0]
    body_max: int = 1 << 20

    def cookie(self, purpose: str) -> str:
        """The name of this program's cookie for a purpose; over HTTPS it is bound to the host."""
        name = f"yika-{self.side}-{self.instance}-{purpose}"
        return f"__Host-{name}" if self.https else name


def site() -> Site:
    """The face of the program that answers the current request."""
    return cast(Site, current_app.extensions["yika_site"])


def present() -> Session | None:
    """The session of the current request, if somebody is signed in."""
    return cast(Session | None, g.get("yika_session"))


def signed_in() -> Session:
    """The session of the current request.

    Raises:
        NotSignedIn: the page is public and nobody is signed in.
    """
    session = present()
    if session is None:
        raise NotSignedIn
    return session
