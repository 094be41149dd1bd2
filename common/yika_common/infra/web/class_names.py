"""What the classes of customers are called; tariffs and accounts name them by keys."""

from collections.abc import Iterable
from typing import Final

from flask_babel import lazy_gettext as _

from yika_common.infra.web.site import Text

_EXAMPLE: Final = "example"

CLASSES: Final[dict[str, Text]] = {
    "residential": _("Residential"),
    "commercial": _("Commercial"),
    "industrial": _("Industrial"),
    "public": _("Public institution"),
    _EXAMPLE: _("Example"),
}
"""The ordinary household comes first, what nobody lives in last."""


def class_name(key: str) -> Text:
    """A class in the page's language; one that only a tariff file knows is shown by its key."""
    return CLASSES.get(key, key)


def class_choices(keys: Iterable[str]) -> list[tuple[str, Text]]:
    """Classes to choose among and what they are called: households first, examples last."""
    order = {key: place for place, key in enumerate(CLASSES) if key != _EXAMPLE}

    def place(key: str) -> tuple[bool, int, str]:
        return key == _EXAMPLE, order.get(key, len(order)), key

    return [(key, class_name(key)) for key in sorted(keys, key=place)]
