"""Everything is shut unless its view says who may enter.

Each view carries exactly one declaration; an app with a view that carries none does not start.

==================  ===============================================================================
``@needs(level)``   a signed-in user of at least that level; unsafe methods need the form's token
``@public``         anybody; unsafe methods still need the form's token and the page's own origin
``@machine``        other programs, which prove themselves by signatures inside the message: no
                    cookie is read, no token asked, and errors are answered as JSON
==================  ===============================================================================

``@passive`` beside ``@needs`` marks what the page asks for by itself: it keeps no session alive.
"""

from collections.abc import Callable
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
_PUBLIC = -1
_MACHINE = -2
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SESSION_KEY = "key"


class ForeignOrigin(YikaError):
    """Another site's page tried to send a form here."""

    code = "foreign_origin"
    sentence = N_(
        "This request came from another site's page and was refused. Nothing was changed. Open "
        "the program's own page and try there."
    )


class UnguardedView(Exception):
    """A view does not say who may enter; the program has a bug and does not start."""


def needs(level: int) -> Callable[[View], View]:
    """The view is for signed-in users of at least this level."""
    if level < 0:
        raise ValueError("a level is at least 0")
    return lambda view: _declare(view, level)


def public(view: View) -> View:
    """The view is for anybody."""
    return _declare(view, _PUBLIC)


def machine(view: View) -> View:
    """The view is for programs; its messages carry their own proof."""
    return _declare(view, _MACHINE)


def passive(view: View) -> View:
    """The page asks for this view by itself; nobody touched a key."""
    setattr(view, _PASSIVE, True)
    return view


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
    return _declared(request.endpoint) == _MACHINE


def guard(csrf: CSRFProtect) -> None:
    """Let the current request pass, or say why not; runs before every view.

    Raises:
        ForeignOrigin, NotSignedIn, SessionExpired, NotAllowed: nothing ran.
        CSRFError: the form's token is missing, old or foreign; nothing ran.
    """
    level = _declared(request.endpoint)
    if level is None:
        # Nothing will run but the page that says so, which may show who is signed in.
        _resume(in_use=False, needed=False)
        return
    if level == _MACHINE:
        return
    if request.method not in _SAFE_METHODS:
        _check_origin()
    _resume(in_use=not hasattr(_view(request.endpoint), _PASSIVE), needed=level != _PUBLIC)
    session = present()
    if level != _PUBLIC:
        if session is None:
            raise NotSignedIn
        if session.level < level:
            raise NotAllowed
    csrf.protect()


def _declare(view: View, entrance: int) -> View:
    if hasattr(view, _DECLARED):
        raise UnguardedView(f"{view.__name__} says twice who may enter")
    setattr(view, _DECLARED, entrance)
    return view


def _declared(endpoint: str | None) -> int | None:
    if endpoint is None or _is_static(endpoint):
        return None
    entrance: int = getattr(_view(endpoint), _DECLARED)
    return entrance


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
