"""The kit's own addresses: its files, status line, preferences and health answer."""

import hashlib
from pathlib import Path

from flask import (
    Blueprint,
    Flask,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from yika_common.infra.language import LANGUAGES
from yika_common.infra.web.class_names import class_name
from yika_common.infra.web.guard import machine, may, passive, public, signed_in_only
from yika_common.infra.web.login import own_path
from yika_common.infra.web.site import Chip, Site, signed_in, site

LANGUAGE = "language"
TEXT_SIZE = "text"
TEXT_SIZES = ("normal", "large")
_TEN_YEARS_S = 10 * 366 * 24 * 3600

kit = Blueprint(
    "kit", __name__, static_folder="static", static_url_path="/kit", template_folder="templates"
)


@kit.get("/status")
@signed_in_only
@passive
def status() -> str | tuple[str, int]:
    """The status line, or nothing (204) if it still reads as the page shows it."""
    chips, tag = status_line()
    if request.args.get("tag") == tag:
        return "", 204
    return render_template("_status.html", chips=chips, tag=tag)


@kit.post("/preferences")
@public
def prefer() -> Response:
    """Keep language or text size in a cookie and show the same page again."""
    response = redirect(own_path(request.form.get("next", "")) or url_for(site().home), 303)
    for purpose, allowed in ((LANGUAGE, LANGUAGES), (TEXT_SIZE, TEXT_SIZES)):
        choice = request.form.get(purpose)
        if choice in allowed:
            response.set_cookie(
                site().cookie(purpose),
                choice,
                max_age=_TEN_YEARS_S,
                httponly=True,
                secure=site().https,
                samesite="Strict",
            )
    return response


@kit.get("/healthz")
@machine
def health() -> Response:
    """Alive, and what the side adds."""
    more = site().health
    return make_response(jsonify(status="ok", **(more() if more else {})))


def status_line() -> tuple[tuple[Chip, ...], str]:
    """The chips for the signed-in user, and a tag that changes when they do."""
    make = site().chips
    chips = tuple(make(signed_in())) if make else ()
    read = "\n".join(f"{c.name}\t{c.text}\t{c.mood}\t{c.endpoint}" for c in chips)
    return chips, hashlib.sha256(read.encode()).hexdigest()[:16]


def text_size() -> str:
    """``normal`` or ``large``, as the browser's cookie says."""
    choice = request.cookies.get(site().cookie(TEXT_SIZE), "")
    return choice if choice in TEXT_SIZES else TEXT_SIZES[0]


def chosen_language() -> str | None:
    """The language of the browser's cookie, or None if nobody chose."""
    choice = request.cookies.get(site().cookie(LANGUAGE))
    return choice if choice in LANGUAGES else None


def asset(path: str, endpoint: str = "kit.static") -> str:
    """The address of a static file; it changes with the file, so it may be kept for a year."""
    folders = {"kit.static": kit.static_folder, "static": current_app.static_folder}
    part = current_app.blueprints.get(endpoint.partition(".")[0])
    folder = folders.get(endpoint) or (None if part is None else part.static_folder)
    if folder is None:
        raise ValueError(f"{endpoint} has no folder of files")
    return url_for(endpoint, filename=path, v=_version(Path(folder) / path))


def next_language(language: str) -> str:
    """The other language, for the switch."""
    return LANGUAGES[(LANGUAGES.index(language) + 1) % len(LANGUAGES)]


def register_parts(app: Flask, face: Site) -> None:
    """Put the kit's addresses into the app and its helpers into the templates."""
    app.register_blueprint(kit)
    app.jinja_env.globals.update(
        asset=asset,
        next_language=next_language,
        status_line=status_line,
        text_size=text_size,
        class_name=class_name,
        may=may,
        new_form_token=lambda: face.random(16).hex(),
    )


def _version(path: Path) -> str:
    stamp = path.stat().st_mtime_ns
    known = _versions.get(path)
    if known is None or known[0] != stamp:
        known = _versions[path] = (stamp, hashlib.sha256(path.read_bytes()).hexdigest()[:12])
    return known[1]


_versions: dict[Path, tuple[int, str]] = {}
