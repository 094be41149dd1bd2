"""Why a file of simulated hardware could not be read, in a few words for a sentence."""

import json

from yika_common.errors import Phrase, reason_of
from yika_common.infra.system_errors import why_refused


def why_unreadable(cause: Exception) -> Phrase:
    """A few words; never a traceback."""
    match cause:
        case OSError():
            return why_refused(cause)
        case UnicodeDecodeError() | json.JSONDecodeError():
            return Phrase("it is not JSON")
        case KeyError():
            return Phrase("“%(key)s” is missing", key=str(cause.args[0]))
        case _:
            return reason_of(cause)
