"""Signing in and out: the same page on every side, over whatever the side knows users by."""

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from yika_common.infra.sessions import (
    EntryRefused,
    SessionExpired,
    TooManyAttempts,
    WrongPassword,
)
from yika_common.infra.web.faults import sentence_here, status_of
from yika_common.infra.web.guard import SESSION_KEY, public, signed_in_only
from yika_common.infra.web.site import present, site
from yika_common.values import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Who has proved himself: a stable id, the name shown, and the level."""

    user_id: str
    name: str
    level: int


Authenticate = Callable[[str, str], Identity]
"""Takes name and password; raises WrongPassword or TooManyAttempts, the same for unknown names."""


def begin_session(identity: Identity) -> None:
    """Sign the identity in at the current browser, under a new key and a new form token."""
    cookie.clear()
    cookie[SESSION_KEY] = site().sessions.begin(identity.user_id, identity.name, identity.level)


def end_session() -> None:
    """Sign out at the current browser."""
    key = cookie.pop(SESSION_KEY, None)
    cookie.clear()
    if key is not None:
        site().sessions.end(key)


def own_path(target: str) -> str | None:
    """The target if it is a path of this program, None if it leads anywhere else."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith("//"):
        return None
    return None if "\\" in target or any(ord(c) <= ord(" ") for c in target) else target


def login_blueprint(authenticate: Authenticate) -> Blueprint:
    """The pages ``login.page`` (GET, POST) and ``login.out`` (POST)."""
    blueprint = Blueprint("login", __name__)

    @blueprint.get("/login")
    @public
    def page() -> str | Response:
        expired = request.args.get("why") == SessionExpired.code
        if present() is not None:
            return redirect(_next(), 303)
        return _page(sentence_here(SessionExpired()) if expired else "")

    @blueprint.post("/login")
    @public
    def enter() -> Response | tuple[str, int]:
        try:
            identity = authenticate(request.form.get("name", "").strip(), _password())
        except (WrongPassword, TooManyAttempts, EntryRefused) as refusal:
            return _page(sentence_here(refusal), wrong=True), status_of(refusal)
        begin_session(identity)
        return redirect(_next(), 303)

    @blueprint.post("/logout")
    @signed_in_only
    def out() -> Response:
        end_session()
        return redirect(url_for("login.page"), 303)

    return blueprint


def _page(notice: str, *, wrong: bool = False) -> str:
    return render_template(
        "login.html",
        notice=notice,
        wrong=wrong,
        name=request.form.get("name", ""),
        next=own_path(request.values.get("next", "")) or "",
        otherwise=site().otherwise,
    )


def _password() -> str:
    return request.form.get("password", "")


def _next() -> str:
    return own_path(request.values.get("next", "")) or url_for(site().home)
