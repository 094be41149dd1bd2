"""The pictures of the manual, which ``packaging/dev/manual_pictures.py`` makes of its pages.

Each stands at the end of its chapter, in the page's language:
``static/manual/<language>/<name>.png``.
"""

from pathlib import Path
from typing import Final, NamedTuple

from flask_babel import lazy_gettext as _

from yika_common.infra.web.site import Text

WIDTH: Final = 1024
FOLDER: Final = Path(__file__).with_name("static") / "manual"


class Picture(NamedTuple):
    """One picture: what it is called, where it stands, what it shows, its size in pixels."""

    name: str
    chapter: str
    shows: Text
    height: int = 600

    @property
    def width(self) -> int:
        """All are as wide as the smallest screen."""
        return WIDTH


PICTURES: Final = (
    Picture("counter", "counter", _("The first page, when no card is in the reader")),
    Picture(
        "sell", "selling", _("A sale: the amount is typed, and its price stands beside it"), 720
    ),
    Picture("receipt", "selling", _("The receipt of a sale"), 720),
    Picture("pulled", "pending", _("The card was pulled out too early")),
    Picture("refund", "refunds", _("A purchase is given back")),
    Picture("shift", "shift", _("An open shift: the drawer is counted without a look at the sum")),
    Picture("business", "business", _("What was sold, with its sums"), 960),
    Picture("accounts", "accounts", _("An account is looked for by a part of its address")),
    Picture("account", "accounts", _("An account, with what can be done with it"), 720),
    Picture("open_account", "accounts", _("A new account"), 720),
    Picture("card", "cards", _("What the meters wrote onto the card"), 720),
    Picture("lost", "card_life", _("A card that was reported lost")),
    Picture("reader", "reader", _("The reader, after its test")),
    Picture("tariffs", "tariffs", _("The prices that this vending point holds")),
    Picture("office", "headquarters", _("How this vending point stands with headquarters")),
    Picture("operators", "operators", _("Who may work here")),
    Picture("health", "safekeeping", _("How everything is, with advice"), 720),
    Picture("table", "practice", _("The table of practice: cards, and the reader")),
    Picture("hour", "practice", _("The first hour")),
)


def pictures_in(language: str) -> tuple[Picture, ...]:
    """Those that were made in the language, in the manual's order."""
    return tuple(
        picture for picture in PICTURES if (FOLDER / language / f"{picture.name}.png").exists()
    )
