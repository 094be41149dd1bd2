"""One key hides the page, and signing in, the same person or another, brings it back as it was.

Locking ends the session at the server, as an idle quarter of an hour does; what stands on the page
and was not sent yet stays in the browser, behind a dialog.  So there is nothing that only looks
locked: until somebody has signed in, no request of that browser is answered.  Whoever signs in
goes on on the same page if he may open it, else on his own first page.

=================  =============================================================================
``lock.begin``     POST: end the session; answers with the dialog, a browser without scripts is
                   led to the sign-in page
``lock.dialog``    GET: the dialog, for a page whose session ended by itself
``lock.end``       POST: sign in; answers with the parts of the page that tell who is signed in
=================  =============================================================================
"""

from typing import Final
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as cookie
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from yika_common.infra.sessions import EntryRefused, TooManyAttempts, WrongPassword
from yika_common.infra.web.faults import LOCKED, sentence_here, status_of
from yika_common.infra.web.guard import SESSION_KEY, Entrance, entrance_of, may, public
from yika_common.infra.web.login import Authenticate, begin_session, end_session, own_path
from yika_common.infra.web.site import present, site

GO: Final = "Yika-Go"
"""An answer's header: whoever came may not open the page; he goes there."""


def lock_blueprint(authenticate: Authenticate) -> Blueprint:
    """The three addresses; ``authenticate`` is the sign-in page's."""
    blueprint = Blueprint("lock", __name__)

    @blueprint.post("/lock")
    @public
    def begin() -> Response | str:
        session = present()
        end_session()
        if LOCKED not in request.headers:
            came_from = urlsplit(request.headers.get("Referer", "")).path
            return redirect(url_for("login.page", next=own_path(came_from)), 303)
        return _dialog("" if session is None else session.name)

    @blueprint.get("/lock")
    @public
    def dialog() -> str:
        return _dialog(request.args.get("name", ""))

    @blueprint.post("/unlock")
    @public
    def end() -> Response | tuple[str, int]:
        form = request.form
        try:
            identity = authenticate(form.get("name", "").strip(), form.get("password", ""))
        except (WrongPassword, TooManyAttempts, EntryRefused) as refusal:
            return _dialog(form.get("name", ""), sentence_here(refusal)), status_of(refusal)
        begin_session(identity)
        g.yika_session = site().sessions.resume(cookie[SESSION_KEY])
        answer = make_response(render_template("_unlocked.html"))
        if not _may_open(own_path(form.get("page", "")) or ""):
            answer.headers[GO] = url_for(site().home)
        return answer

    return blueprint


def _dialog(name: str, notice: str = "") -> str:
    return render_template("_lock.html", name=name, notice=notice)


def _may_open(path: str) -> bool:
    """Whether whoever is signed in may open the page at this path."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(urlsplit(path).path, method="GET")
    except HTTPException:
        return False
    need = entrance_of(current_app._get_current_object(), endpoint)  # type: ignore[attr-defined]
    return isinstance(need, Entrance) or may(need)
