"""The manual, inside the program: one page in each language, opened where it is needed.

F1 leads to the chapter of the page it was pressed on, as the browser's referrer tells.  Chapters
are templates, ``manual/<language>/<chapter>.html``.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, render_template, request

from yika_common.errors import YikaError
from yika_common.infra.language import translate
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.guard import needs
from yika_node import services
from yika_node.services.rights import Right
from yika_node.web.labels import CHAPTERS

pages = Blueprint("manual", __name__)

_FIRST: Final = "counter"
_CHAPTER_OF_PAGE: Final = {
    "sell": "selling",
    "receipts": "selling",
    "sales": "selling",
    "refunds": "refunds",
    "pending": "pending",
    "accounts": "accounts",
    "card": "cards",
    "cards": "card_life",
    "slips": "card_life",
    "readings": "cards",
    "tariffs": "tariffs",
    "sync": "headquarters",
    "operators": "operators",
    "reader": "reader",
    "tools": "meters",
}


@pages.get("/manual")
@needs(Right.LOOK)
def page() -> str:
    """Every chapter; the one of the page before is where the reader begins."""
    language = language_here()
    return render_template(
        "manual.html",
        chapters=CHAPTERS,
        here=chapter_of(request.referrer or ""),
        messages=sorted(_messages(language)),
    )


def chapter_of(address: str) -> str:
    """The chapter about the page at that address."""
    first = urlsplit(address).path.lstrip("/").partition("/")[0]
    return _CHAPTER_OF_PAGE.get(first, _FIRST)


def _messages(language: str) -> Iterator[tuple[str, str]]:
    """The code and sentence of every failure this program knows, facts left open.

    Desks that few sales need are loaded when they are asked for; what can go wrong there is
    loaded here.
    """
    for module in pkgutil.iter_modules(services.__path__, f"{services.__name__}."):
        if module.name.endswith("_errors"):
            importlib.import_module(module.name)
    for kind in _kinds(YikaError):
        if hasattr(kind, "sentence"):
            yield kind.code, translate(kind.sentence, language) % _Open()


def _kinds(kind: type[YikaError]) -> Iterator[type[YikaError]]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from _kinds(narrower)


class _Open(dict[str, str]):
    """Whatever a sentence names is not known yet."""

    def __missing__(self, _: str) -> str:
        return "…"
