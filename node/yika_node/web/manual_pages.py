"""The manual, inside the program: one page in each language, opened where it is needed.

F1 leads to the chapter of the page it was pressed on, as the browser's referrer tells.  Chapters
are templates, ``manual/<language>/<chapter>.html``.
"""

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, render_template, request

from yika_common.infra.web.faults import language_here
from yika_common.infra.web.guard import needs
from yika_node.services.rights import Right
from yika_node.web.labels import CHAPTERS
from yika_node.web.messages import messages

pages = Blueprint("manual", __name__)

SEARCH_MAX: Final = 60
_FIRST: Final = "counter"
_CHAPTER_OF_PAGE: Final = {
    "sell": "selling",
    "receipts": "selling",
    "sales": "selling",
    "refunds": "refunds",
    "complaints": "refunds",
    "charges": "charges",
    "payments": "charges",
    "shift": "shift",
    "business": "business",
    "reports": "business",
    "workbooks": "business",
    "pending": "pending",
    "accounts": "accounts",
    "card": "cards",
    "cards": "card_life",
    "slips": "card_life",
    "readings": "cards",
    "tariffs": "tariffs",
    "sync": "headquarters",
    "operators": "operators",
    "operator": "operators",
    "password": "operators",
    "phone": "operators",
    "special": "special",
    "approve": "special",
    "display": "selling",
    "reader": "reader",
    "printer": "printer",
    "tools": "meters",
    "health": "safekeeping",
    "practice": "practice",
}


@pages.get("/manual")
@needs(Right.LOOK)
def page() -> str:
    """Every chapter; the one of the page before is where the reader begins."""
    from yika_node.web.manual_pictures import pictures_in  # noqa: PLC0415 - seldom needed

    language = language_here()
    return render_template(
        "manual.html",
        chapters=CHAPTERS,
        here=chapter_of(request.referrer or ""),
        messages=sorted(messages(language)),
        pictures=pictures_in(language),
    )


@pages.get("/manual/search")
@needs(Right.LOOK)
def search() -> str:
    """Where the words stand, in every chapter of the page's language."""
    from yika_node.web.manual_search import found  # noqa: PLC0415 - seldom needed

    words = request.args.get("q", "").strip()[:SEARCH_MAX]
    hits = found(words, language_here()) if words else ()
    return render_template("manual_search.html", words=words, hits=hits)


def chapter_of(address: str) -> str:
    """The chapter about the page at that address."""
    first = urlsplit(address).path.lstrip("/").partition("/")[0]
    return _CHAPTER_OF_PAGE.get(first, _FIRST)
