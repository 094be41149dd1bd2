"""Reasons to choose from: the one list of codes for what is not done every day.

Whoever types a reason is offered these; what is recorded is the code, a space and the words, to
which he may add his own.  So reasons can be counted by their codes in either language, and a code
never changes its meaning.
"""

from typing import Final

from flask_babel import lazy_gettext as _

from yika_common.infra.web.site import Text

OTHER: Final[tuple[str, Text]] = ("X9", _("other, namely:"))
REASONS: Final[dict[str, tuple[tuple[str, Text], ...]]] = {
    "refund": (
        ("R1", _("wrong amount")),
        ("R2", _("wrong meter")),
        ("R3", _("the customer moves away")),
        ("R4", _("sold twice")),
        OTHER,
    ),
    "supplement": (("S1", _("the place on the card is damaged")), OTHER),
    "card": (
        ("C1", _("lost")),
        ("C2", _("broken")),
        ("C3", _("stolen")),
        ("C4", _("our fault")),
        OTHER,
    ),
    "meter": (
        ("M1", _("broken")),
        ("M2", _("worn out, exchanged by plan")),
        ("M3", _("opened by force")),
        ("M4", _("wrong size")),
        OTHER,
    ),
    "account": (
        ("A1", _("as the customer asked")),
        ("A2", _("proof was shown")),
        ("A3", _("typed wrongly before")),
        ("A4", _("as headquarters ordered")),
        OTHER,
    ),
    "staff": (
        ("P1", _("other duties")),
        ("P2", _("left")),
        ("P3", _("came back")),
        ("P4", _("forgot the password")),
        ("P5", _("as headquarters ordered")),
        OTHER,
    ),
    "limit": (
        ("L1", _("new at the counter")),
        ("L2", _("proved reliable")),
        ("L3", _("after an irregularity")),
        OTHER,
    ),
    "money": (
        ("G1", _("as the customer asked")),
        ("G2", _("taken by mistake")),
        ("G3", _("for the safe")),
        ("G4", _("change was short")),
        OTHER,
    ),
    "special": (("T1", _("lost")), ("T2", _("stolen")), ("T3", _("broken")), OTHER),
}
"""What each group of acts offers; codes are told apart across all groups."""
