"""A form that is refused comes back as it was filled in, with the sentence above it."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import make_response
from werkzeug.wrappers import Response

from yika_common.errors import YikaError
from yika_common.infra.web.faults import sentence_here, status_of
from yika_node.web.labels import in_words

P = ParamSpec("P")
Submit = Callable[P, Response]


class Refusal:
    """Why the form came back: a sentence, its code, and the field it speaks of if it names one."""

    def __init__(self, error: YikaError) -> None:
        self.code = error.code
        self.field = str(error.facts.get("field", ""))
        self.sentence = sentence_here(in_words(error))


def or_again(form: Callable[[Refusal], str]) -> Callable[[Submit[P]], Submit[P]]:
    """Show ``form`` with the refusal when the view is refused by a desk.

    Where the form itself can't be shown (its card is gone), the refusal is said alone.
    """

    def wrap(view: Submit[P]) -> Submit[P]:
        @wraps(view)
        def submit(*args: P.args, **kwargs: P.kwargs) -> Response:
            try:
                return view(*args, **kwargs)
            except YikaError as error:
                try:
                    return make_response(form(Refusal(error)), status_of(error))
                except YikaError:
                    raise error from None

        return submit

    return wrap
