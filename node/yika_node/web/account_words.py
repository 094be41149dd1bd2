"""The words for what becomes of accounts, and the holds on them."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext as _

from yika_common.infra.web.site import Mood, Text
from yika_common.journal.account_terms import (
    ANYBODY,
    CLOSED,
    DETAILS,
    HOLDER,
    LEADER,
    NOTE,
    REFUSE,
    RESUMED,
    SUPERVISOR,
    SUSPENDED,
    WARN,
    WITHDRAWN,
)
from yika_node.web import labels

STATES: Final[Mapping[str, Text]] = {
    "": _("open"),
    SUSPENDED: _("account suspended"),
    CLOSED: _("account closed"),
}
HOLDS: Final[Mapping[str, tuple[Text, Mood]]] = {
    NOTE: (_("Note"), "idle"),
    WARN: (_("Warning"), "warn"),
    SUPERVISOR: (_("Only a supervisor sells"), "warn"),
    REFUSE: (_("Nothing is sold"), "bad"),
}
HOLD_NAMES: Final = {level: word for level, (word, _mood) in HOLDS.items()}
LIFTERS: Final[Mapping[str, Text]] = {
    ANYBODY: _("whoever serves the customer"),
    LEADER: _("a supervisor"),
}
EVENTS: Final[Mapping[str, Text]] = {
    "account": _("Account opened"),
    "facts": _("What sets the prices was amended"),
    "limits": _("Own limits were set"),
    DETAILS: _("The holder's details changed"),
    HOLDER: _("Another holder"),
    SUSPENDED: _("Suspended"),
    RESUMED: _("Resumed"),
    CLOSED: _("Closed"),
    WITHDRAWN: _("Withdrawn: it was opened by mistake"),
    "hold": _("A hold was put on"),
    "lifted": _("A hold was lifted"),
    "seen": _("Telephone and document were shown in full"),
    "card": _("Card issued"),
    "report": _("The card was reported lost or found"),
    "ended": _("A card went out of use"),
    "cleared": _("The card can be sold to no more"),
    "swap": _("A meter was replaced"),
    "charge": _("A fee, deposit or guarantee"),
    "complaint": _("A complaint was written down"),
}
FIELDS: Final[Mapping[str, Text]] = {
    **labels.FIELDS,
    "inner_area": labels.FIELDS["area_m2"],
    "gross_area": labels.FIELDS["gross_m2"],
    "quota_from": _("Quotas counted anew since"),
}
"""Those of forms, and what records call otherwise."""
