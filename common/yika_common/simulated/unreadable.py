"""Why a file of simulated hardware could not be read, in a few words for a sentence."""

import json


def why_unreadable(cause: Exception) -> str:
    """A few words; never a traceback, never more than the cause says itself."""
    match cause:
        case FileNotFoundError():
            return "no such file"
        case UnicodeDecodeError() | json.JSONDecodeError():
            return "not JSON"
        case OSError():
            return cause.strerror or type(cause).__name__
        case KeyError():
            return f"no {cause}"
        case _:
            return str(cause) or type(cause).__name__
