"""One place turns whatever was raised into one sentence, in the user's language, with its status.

=======================  ===================================================================
asked for by             answered with
=======================  ===================================================================
a browser's page load    the error page; without a session, the sign-in page first
htmx, for a part         the sentence alone, to stand where the part would have stood
the page by itself       signed out: an order to go to the sign-in page, or to lock
a program                ``{"error": code, "sentence": …, "facts": {…}}``
=======================  ===================================================================
"""

import logging
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request
from flask import url_for as path_of
from flask_babel import get_locale
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from yika_common.errors import N_, YikaError
from yika_common.infra.language import sentence
from yika_common.infra.revisions import TablesTooNew
from yika_common.infra.sessions import (
    EntryRefused,
    NotAllowed,
    NotSignedIn,
    SessionExpired,
    TooManyAttempts,
    WrongPassword,
)
from yika_common.infra.sqlite_errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseUnreachable,
    DiskFailing,
    DiskFull,
    NotDurable,
)
from yika_common.infra.web.guard import ForeignOrigin, for_programs
from yika_common.infra.web.site import site
from yika_common.numbers import NotANumber

log = logging.getLogger(__name__)


class NoSuchPage(YikaError):
    """The address names nothing here."""

    code = "no_such_page"
    sentence = N_("There is no such page. Nothing was changed. Go back to the first page.")


class WrongMethod(YikaError):
    """The address exists, but not for this kind of request."""

    code = "wrong_method"
    sentence = N_(
        "This address cannot be opened in this way. Nothing was changed. Go back to the first "
        "page and start from there."
    )


class TooLarge(YikaError):
    """More was sent than the program takes at once."""

    code = "too_large"
    sentence = N_("What was sent is too large. Nothing was changed. Send less at once.")


class NotUnderstood(YikaError):
    """The request lacks something or is malformed."""

    code = "not_understood"
    sentence = N_(
        "The request was not complete. Nothing was changed. Load the page again and repeat the "
        "step."
    )


class FormExpired(YikaError):
    """The form was made in an earlier session, or by another site."""

    code = "form_expired"
    sentence = N_(
        "This page is from an earlier session. Nothing was changed. Load it again and repeat the "
        "step."
    )


class Unexpected(YikaError):
    """The program met a bug of its own; the log has the details."""

    code = "unexpected"
    sentence = N_(
        "The program met something it did not expect and noted it in its log. Look at the list "
        "before you repeat the step: what was committed is there, nothing else was done."
    )


_STATUSES: dict[type[YikaError], int] = {
    YikaError: 409,
    NotANumber: 422,
    NotSignedIn: 401,
    SessionExpired: 401,
    WrongPassword: 401,
    NotAllowed: 403,
    ForeignOrigin: 403,
    EntryRefused: 403,
    TooManyAttempts: 429,
    NoSuchPage: 404,
    WrongMethod: 405,
    TooLarge: 413,
    NotUnderstood: 400,
    FormExpired: 400,
    Unexpected: 500,
    NotDurable: 500,
    DatabaseDamaged: 500,
    DatabaseUnreachable: 500,
    DiskFailing: 500,
    TablesTooNew: 500,
    DatabaseBusy: 503,
    DiskFull: 507,
}
_HTTP_FAULTS: dict[int, type[YikaError]] = {
    404: NoSuchPage,
    405: WrongMethod,
    413: TooLarge,
    500: Unexpected,
}
_SIGNED_OUT = (NotSignedIn, SessionExpired)
LOCKED = "Yika-Lock"
"""A header of the answer to what a page asks by itself once nobody is signed in there."""


def register_faults(app: Flask) -> None:
    """Answer every error of this app in the one way."""
    app.register_error_handler(YikaError, answer)
    app.register_error_handler(CSRFError, lambda _: answer(FormExpired()))
    app.register_error_handler(SecurityError, _foreign_host)
    app.register_error_handler(HTTPException, _http_fault)


def status_of(error: YikaError) -> int:
    """The HTTP status of an error: the side's word, else the kit's, nearest class first."""
    statuses = {**_STATUSES, **site().statuses}
    return next(statuses[kind] for kind in type(error).__mro__ if kind in statuses)


def language_here() -> str:
    """``en`` or ``zh``, as the current request's pages are written."""
    locale = get_locale()
    return "zh" if locale is not None and locale.language == "zh" else "en"


def sentence_here(error: YikaError) -> str:
    """What the error says, in the current request's language."""
    return sentence(site().in_words(error), language_here())


def answer(error: YikaError) -> AnyResponse:
    """The answer to the current request for an expected failure."""
    status = status_of(error)
    log.info("refused", extra={"facts": {"code": error.code, "path": request.path}})
    if for_programs():
        return _for_program(error, status)
    if isinstance(error, _SIGNED_OUT) and site().lock_key and _is_part():
        return make_response("", status, {LOCKED: "1"})
    if isinstance(error, _SIGNED_OUT) and request.method == "GET":
        return _to_sign_in(error)
    if _is_part():
        part = render_template("_error.html", sentence=sentence_here(error), code=error.code)
        return make_response(part, status)
    page = render_template(
        "error.html",
        sentence=sentence_here(error),
        code=error.code,
        signed_out=isinstance(error, _SIGNED_OUT),
    )
    return make_response(page, status)


def _for_program(error: YikaError, status: int) -> Response:
    body = jsonify(error=error.code, sentence=sentence(error, "en"), facts=error.facts)
    body.status_code = status
    return body


def _to_sign_in(error: YikaError) -> AnyResponse:
    wanted = request.full_path.rstrip("?")
    if "HX-Request" in request.headers:
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
        wanted = f"{here.path}?{here.query}" if here.query else here.path
    why = error.code if isinstance(error, SessionExpired) else None
    target = path_of(site().sign_in, why=why, next=wanted or None)
    if "HX-Request" not in request.headers:
        return redirect(target, 303)
    response = make_response("", 200)
    response.headers["HX-Redirect"] = target
    return response


def _is_part() -> bool:
    return request.headers.get("HX-Request-Type") == "partial"


def _foreign_host(_: HTTPException) -> Response:
    """No page can be made for a host that is not ours: its links would lead there."""
    return Response("unknown host\n", 400, mimetype="text/plain")


def _http_fault(fault: HTTPException) -> AnyResponse:
    if fault.code is None or fault.code < HTTPStatus.BAD_REQUEST:
        return fault.get_response()
    if fault.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        g.pop("yika_session", None)
    return answer(_HTTP_FAULTS.get(fault.code, NotUnderstood)())
