"""One way to make a web program: shut by default, in two languages, errors as sentences.

A side hands over its :class:`~yika_common.infra.web.site.Site` and its blueprints; what comes back
is complete and checked.  The order before every view: host, size, origin, session, level, form
token, inputs.
"""

from collections.abc import Iterable
from pathlib import Path

from flask import Blueprint, Flask, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect

from yika_common.infra.language import LANGUAGES, LOCALES, NAMES, TAGS, catalogue_folders
from yika_common.infra.web.again import refusal_here, register_again
from yika_common.infra.web.compiled import CompiledTemplates
from yika_common.infra.web.faults import language_here, register_faults
from yika_common.infra.web.formats import register_formats
from yika_common.infra.web.guard import check_views, guard
from yika_common.infra.web.headers import register_headers
from yika_common.infra.web.inputs import FORM_MEMORY_MAX, bound_form, check_inputs
from yika_common.infra.web.parts import chosen_language, register_parts
from yika_common.infra.web.site import Site, present, site

FORM_PARTS_MAX = 200
_COMPILED = Path(__file__).with_name("__pycache__")


def make_app(import_name: str, face: Site, blueprints: Iterable[Blueprint]) -> Flask:
    """A Flask app with the side's pages, ready to be served.

    Raises:
        UnguardedView: a view does not say who may enter.
    """
    app = Flask(import_name)
    app.config.update(_settings(face))
    app.extensions["yika_site"] = face
    Babel(app, locale_selector=_locale)
    csrf = CSRFProtect(app)
    app.before_request(bound_form)
    app.before_request(lambda: guard(csrf))
    app.before_request(check_inputs)
    register_headers(app, https=face.https)
    register_faults(app)
    register_formats(app, currency=face.currency, zone=face.time_zone)
    register_parts(app, face)
    register_again(app)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.context_processor(_for_templates)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.bytecode_cache = CompiledTemplates(_COMPILED)
    check_views(app)
    return app


def _settings(face: Site) -> dict[str, object]:
    return {
        "SECRET_KEY": face.secret_key,
        "SESSION_COOKIE_NAME": face.cookie("session"),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "SESSION_COOKIE_SECURE": face.https,
        "TRUSTED_HOSTS": list(face.trusted_hosts),
        "MAX_CONTENT_LENGTH": face.body_max,
        "MAX_FORM_MEMORY_SIZE": FORM_MEMORY_MAX,
        "MAX_FORM_PARTS": FORM_PARTS_MAX,
        "BABEL_TRANSLATION_DIRECTORIES": _catalogues(face.side),
        # The guard checks the token itself, after session and level, and lives as long as they do.
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
    }


def _catalogues(side: str) -> str:
    """Every package's catalogue; the side's own comes last, because the last word counts."""
    ordered = sorted(catalogue_folders(), key=lambda folder: folder.parent.name == f"yika_{side}")
    return ";".join(str(folder) for folder in ordered)


def _locale() -> str:
    """What was chosen here, else what the browser asks for, else what the program is set to."""
    asked = request.accept_languages.best_match(LANGUAGES)
    return LOCALES[chosen_language() or asked or site().language]


def _for_templates() -> dict[str, object]:
    """What every template knows: the face, the user, the language, why a form came back."""
    language = language_here()
    return {
        "site": site(),
        "user": present(),
        "refusal": refusal_here(),
        "language": language,
        "language_tag": TAGS[language],
        "language_names": NAMES,
    }
