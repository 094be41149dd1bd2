"""What the classes of customers are called; tariffs and accounts name them by keys."""

from typing import Final

from flask_babel import lazy_gettext as _

from yika_common.infra.web.site import Text

CLASSES: Final[dict[str, Text]] = {
    "residential": _("Residential"),
    "commercial": _("Commercial"),
    "industrial": _("Industrial"),
    "public": _("Public institution"),
    "example": _("Example"),
}


def class_name(key: str) -> Text:
    """A class in the page's language; one that only a tariff file knows is shown by its key."""
    return CLASSES.get(key, key)
