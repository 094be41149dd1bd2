"""What the tariff office keeps as codes, in the language of the page."""

from typing import Final

from flask import Blueprint
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from yika_central.services.tariff_draft_rules import Act, State
from yika_central.services.tariff_shelf import Published, Standing
from yika_common.infra.language import said
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.site import Mood, Text, site

STATES: Final[dict[str, tuple[Text, Mood]]] = {
    State.DRAFT: (_("draft"), "idle"),
    State.REVIEWED: (_("replayed"), "busy"),
    State.APPROVED: (_("approved"), "good"),
    State.PUBLISHED: (_("published"), "good"),
    State.REJECTED: (_("rejected"), "bad"),
    State.CANCELLED: (_("cancelled"), "idle"),
}

ACTS: Final[dict[str, Text]] = {
    Act.DRAFTED: _("Wrote it"),
    Act.REVIEWED: _("Had it replayed over past sales"),
    Act.APPROVED: _("Approved and signed"),
    Act.PUBLISHED: _("Signed and published"),
    Act.REJECTED: _("Rejected"),
    Act.CANCELLED: _("Cancelled"),
}

STANDINGS: Final[dict[str, tuple[Text, Mood]]] = {
    Standing.SCHEDULED: (_("to come"), "busy"),
    Standing.IN_FORCE: (_("in force"), "good"),
    Standing.SUPERSEDED: (_("superseded"), "idle"),
}

CAUSES: Final[dict[str, Text]] = {
    "golden_case_differs": _("It prices a golden case differently"),
    "tariff_malformed": _("It cannot read the file"),
}


def phrase(text: object) -> str:
    """Words of the program in the language of the page; a name stays as it is."""
    return said(text, language_here()) if isinstance(text, str) else str(text)


def standing(entry: Published) -> tuple[str, Mood]:
    """What a version is now, its expiry included, and how good that is."""
    now = site().clock()
    if entry.standing is Standing.IN_FORCE and entry.hard is not None and entry.hard <= now:
        return gettext("expired"), "bad"
    if entry.standing is Standing.IN_FORCE and entry.wants_successor(now):
        return gettext("ends soon"), "warn"
    text, mood = STANDINGS[entry.standing]
    return str(text), mood


def register_labels(pages: Blueprint) -> None:
    """Let the templates use these words."""
    pages.add_app_template_filter(phrase, "phrase")
    pages.add_app_template_filter(standing, "standing")
    pages.add_app_template_filter(lambda state: STATES[state], "draft_state")
    pages.add_app_template_filter(lambda act: ACTS[act], "draft_act")
    pages.add_app_template_filter(lambda code: CAUSES.get(code, ""), "refusal")
