"""Everything is shut unless its view says who may enter.

Each view carries exactly one declaration; an app with a view that carries none does not start.

==================  ===============================================================================
``@needs(need)``    a signed-in user whom the side allows that (:attr:`Site.allows`); unsafe
                    methods need the form's token
``@signed_in_only`` whoever is signed in; unsafe methods need the form's token
``@public``         anybody; unsafe methods still need the form's token and the page's own origin
``@machine``        other programs, which prove themselves by signatures inside the message: no
                    cookie is read, no token asked, and errors are answered as JSON
==================  ===============================================================================

``@passive`` beside ``@needs`` marks what the page asks for by itself: it keeps no session alive.
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from flask import session as cookie
from flask_wtf.csrf import CSRFProtect

from yika_common.errors import N_, YikaError
from yika_common.infra.sessions import NotAllowed, NotSignedIn, SessionExpired
from yika_common.infra.web.site import present, site

View = TypeVar("View", bound=Callable[..., Any])

_DECLARED = "_yika_entrance"
_PASSIVE = "_yika_passive"
_SENT_MAX = "_yika_sent_max"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SESSION_KEY = "key"


class Entrance(Enum):
    """Who may enter a view that names no need of its own."""

    PUBLIC = auto()
    MACHINE = auto()
    SIGNED_IN = auto()


class ForeignOrigin(YikaError):
    """Another site's page tried to send a form here."""

    code = "foreign_origin"
    sentence = N_(
        "This request came from another site's page and was refused. Nothing was changed. Open "
        "the program's own page and try there."
    )


class UnguardedView(Exception):
    """A view does not say who may enter; the program has a bug and does not start."""


def needs(need: object) -> Callable[[View], View]:
    """The view is for signed-in users whom the side allows this: a level or a right of its own."""
    return lambda view: _declare(view, need)


def signed_in_only(view: View) -> View:
    """The view is for whoever is signed in."""
    return _declare(view, Entrance.SIGNED_IN)


def public(view: View) -> View:
    """The view is for anybody."""
    return _declare(view, Entrance.PUBLIC)


def machine(view: View) -> View:
    """The view is for programs; its messages carry their own proof."""
    return _declare(view, Entrance.MACHINE)


def passive(view: View) -> View:
    """The page asks for this view by itself; nobody touched a key."""
    setattr(view, _PASSIVE, True)
    return view


def takes_files(most: int) -> Callable[[View], View]:
    """The view takes files of so many bytes, which is more than the site's pages else take."""

    def declare(view: View) -> View:
        setattr(view, _SENT_MAX, most)
        return view

    return declare


def sent_max() -> int | None:
    """How many bytes the current request's view takes; None: as many as the site's others."""
    if request.endpoint is None or _is_static(request.endpoint):
        return None
    return getattr(_view(request.endpoint), _SENT_MAX, None)


def check_views(app: Flask) -> None:
    """Refuse an app in which a view has no declaration.

    Raises:
        UnguardedView: names the endpoints.
    """
    open_ones = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if not hasattr(view, _DECLARED) and not _is_static(endpoint)
    ]
    if open_ones:
        raise UnguardedView(f"no one said who may enter: {', '.join(sorted(open_ones))}")


def for_programs() -> bool:
    """Whether the current request's view is one for programs."""
    return _declared(request.endpoint) is Entrance.MACHINE


def entrance_of(app: Flask, endpoint: str) -> object:
    """What an endpoint's view declares: an :class:`Entrance` or a need; None: a static file."""
    return None if _is_static(endpoint) else getattr(app.view_functions[endpoint], _DECLARED)


def may(need: object) -> bool:
    """Whether whoever is signed in at the current request is allowed this."""
    session = present()
    return session is not None and site().allows(session, need)


def guard(csrf: CSRFProtect) -> None:
    """Let the current request pass, or say why not; runs before every view.

    Raises:
        ForeignOrigin, NotSignedIn, SessionExpired, NotAllowed: nothing ran.
        CSRFError: the form's token is missing, old or foreign; nothing ran.
    """
    need = _declared(request.endpoint)
    if need is None:
        # Nothing will run but the page that says so, which may show who is signed in.
        _resume(in_use=False, needed=False)
        return
    if need is Entrance.MACHINE:
        return
    if request.method not in _SAFE_METHODS:
        _check_origin()
    asked = not hasattr(_view(request.endpoint), _PASSIVE)
    _resume(in_use=asked, needed=need is not Entrance.PUBLIC)
    if need is not Entrance.PUBLIC:
        if present() is None:
            raise NotSignedIn
        if need is not Entrance.SIGNED_IN:
            _demand(need, asked=asked)
    csrf.protect()


def _demand(need: object, *, asked: bool) -> None:
    """Let whoever is signed in pass if he may; what a page asks by itself is no use of a right."""
    if not may(need):
        raise NotAllowed
    session = present()
    if asked and session is not None:
        site().used(session, need)


def _declare(view: View, entrance: object) -> View:
    if hasattr(view, _DECLARED):
        raise UnguardedView(f"{view.__name__} says twice who may enter")
    setattr(view, _DECLARED, entrance)
    return view


def _declared(endpoint: str | None) -> object:
    return None if endpoint is None else entrance_of(current_app, endpoint)


def _view(endpoint: str | None) -> Callable[..., Any]:
    return current_app.view_functions[endpoint or ""]


def _is_static(endpoint: str) -> bool:
    return endpoint == "static" or endpoint.endswith(".static")


def _check_origin() -> None:
    """A browser names the page's origin with every unsafe request; a program names none."""
    origin = request.headers.get("Origin")
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if origin is None and fetch_site is None:
        return
    if origin != f"{request.scheme}://{request.host}":
        raise ForeignOrigin
    if fetch_site not in (None, "same-origin", "none"):
        raise ForeignOrigin


def _resume(*, in_use: bool, needed: bool) -> None:
    key = cookie.get(SESSION_KEY)
    if key is None:
        return
    try:
        g.yika_session = site().sessions.resume(key, in_use=in_use)
    except SessionExpired:
        # The dead key stays in the cookie: whatever else the page asks gets the same answer.
        if needed:
            raise
