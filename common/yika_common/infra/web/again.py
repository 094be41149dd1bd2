"""A form that is refused comes back as it was filled in, with the one sentence above its fields.

The page is made anew, and the parts it is made of (``form``, ``field``, ``choice``, ``ticks`` of
``_macros.html``) ask here what was typed.  Only the form that was sent is filled in; of several
with one address that is the one whose hidden fields are those that were sent.  A password or PIN
is never sent back.  A page with no such parts says the sentence itself (``_refusal.html``), and
asks :func:`refusal_here` whether it fills in its fields.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec
from urllib.parse import urlsplit

from flask import Flask, g, make_response, request
from werkzeug.wrappers import Response

from yika_common.errors import YikaError
from yika_common.infra.web.faults import sentence_here, status_of

P = ParamSpec("P")
_KEY = "yika_refusal"


class Refusal:
    """Why a form came back, and the ``field`` it speaks of, if it names one.

    ``open`` while the form's own fields are made, ``shown`` once the sentence is on the page.
    """

    def __init__(self, error: YikaError) -> None:
        self.code = error.code
        self.field = str(error.facts.get("field", ""))
        self.sentence = sentence_here(error)
        self.open = False
        self.shown = False


def or_again(
    page: Callable[..., str],
) -> Callable[[Callable[P, Response | str]], Callable[P, Response]]:
    """Show ``page`` with the form filled in when the view is refused.

    Args:
        page: the view that has the form; it gets those of the address's parts that it names.

    Where the page can't be shown, or has no such form any more, the refusal is said alone.
    """
    names = tuple(signature(page).parameters)

    def wrap(view: Callable[P, Response | str]) -> Callable[P, Response]:
        @wraps(view)
        def submit(*args: P.args, **kwargs: P.kwargs) -> Response:
            try:
                return make_response(view(*args, **kwargs))
            except YikaError as error:
                text = _again(page, {k: kwargs[k] for k in kwargs if k in names}, error)
                return make_response(text, status_of(error))

        return submit

    return wrap


def _again(page: Callable[..., str], parts: Mapping[str, Any], error: YikaError) -> str:
    refusal = Refusal(error)
    setattr(g, _KEY, refusal)
    try:
        text = page(**parts)
    except YikaError:
        raise error from None
    finally:
        g.pop(_KEY)
    if not refusal.shown:
        raise error
    return text


def refusal_here() -> Refusal | None:
    """Why the page that is being made came back; None if it is made for the first time."""
    refusal: Refusal | None = g.get(_KEY)
    return refusal


def register_again(app: Flask) -> None:
    """Let the parts of pages ask what was typed."""
    app.jinja_env.globals.update(
        came_back=_came_back,
        begin_form=_begin_form,
        end_form=_end_form,
        said_once=_said_once,
        typed_again=_typed,
        ticked_again=_ticked,
    )


def _came_back(action: str, hidden: Mapping[str, object] | None = None) -> bool:
    """Whether this is the form that was refused; what folds it away is then open."""
    sent = request.form
    return (
        _KEY in g
        and urlsplit(action).path == request.script_root + request.path
        and all(sent.get(name) == str(value) for name, value in (hidden or {}).items())
    )


def _begin_form(action: str, hidden: Mapping[str, object]) -> Refusal | None:
    """Why this form came back; None if it is not the one that did, or the page has said it."""
    refusal = refusal_here()
    if refusal is None or not _came_back(action, hidden):
        return None
    refusal.open = True
    return _said_once()


def _said_once() -> Refusal | None:
    """Why the page came back, for the first part that asks; it is then said."""
    refusal = refusal_here()
    if refusal is None or refusal.shown:
        return None
    refusal.shown = True
    return refusal


def _end_form() -> str:
    refusal = refusal_here()
    if refusal is not None:
        refusal.open = False
    return ""


def _is_open() -> bool:
    refusal = refusal_here()
    return refusal is not None and refusal.open


def _typed(name: str, otherwise: object) -> object:
    """What was typed into a field of the form that came back; in any other form ``otherwise``."""
    return request.form.get(name, "") if _is_open() else otherwise


def _ticked(name: str, value: str, otherwise: bool) -> bool:  # noqa: FBT001 - a template calls it
    """Whether a box was ticked in the form that came back; in any other form ``otherwise``."""
    return value in request.form.getlist(name) if _is_open() else otherwise
