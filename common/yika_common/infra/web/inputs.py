"""What no database can hold does not get as far as one.

PostgreSQL stores no zero character, and neither database a number of more than 64 bits.  Nothing
of ours holds either, so an address with such a number names nothing, and a text with a zero
character was not typed by anybody.
"""

from flask import request

from yika_common.infra.web.faults import NoSuchPage, NotUnderstood
from yika_common.infra.web.guard import for_programs, sent_max

FORM_MEMORY_MAX = 256 << 10
_ORDINARY_FORM = "application/x-www-form-urlencoded"
_NUMBER_MAX = 2**63 - 1


def bound_form() -> None:
    """Let no form be read that is larger than one is; runs before anything asks for its fields.

    Flask's own bound holds for the parts of a form with files alone, not for an ordinary one.
    """
    if request.mimetype == _ORDINARY_FORM:
        most = request.max_content_length or FORM_MEMORY_MAX
        request.max_content_length = min(most, FORM_MEMORY_MAX)
        return
    own = sent_max()
    if own is not None:
        request.max_content_length = own


def check_inputs() -> None:
    """Let the current request pass, or say why not; runs after the guard, before every view.

    Raises:
        NoSuchPage, NotUnderstood: nothing ran.
    """
    named = (request.view_args or {}).values()
    if any(isinstance(value, int) and value > _NUMBER_MAX for value in named):
        raise NoSuchPage
    if any(isinstance(value, str) and "\0" in value for value in named):
        raise NoSuchPage
    # Programs send bytes of their own; they are not read before their size and seal are checked.
    if not for_programs() and any("\0" in text for _, text in request.values.items(multi=True)):
        raise NotUnderstood
