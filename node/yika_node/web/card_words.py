"""The words for what becomes of cards."""

from typing import Final

from flask_babel import lazy_gettext as _

from yika_common.infra.web.site import Text

END_CHOICES: Final[dict[str, tuple[Text, Text]]] = {
    "recycled": (_("Make it blank for the next customer"), _("made blank")),
    "retired": (_("Put it out of service for good"), _("out of service")),
    "kept": (_("Keep it here as it is"), _("kept here")),
}
"""How a card in the reader can end: what is chosen, and what is then true."""

ENDS: Final[dict[str, Text]] = {
    **{how: done for how, (_choice, done) in END_CHOICES.items()},
    "spoilt": _("spoilt"),
}
MOVES: Final[dict[str, Text]] = {
    "received": _("came"),
    "sent": _("were sent away"),
    "useless": _("were useless"),
}
"""What becomes of blank cards."""
