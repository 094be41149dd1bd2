"""What a second person approves: one exact act, named by its digest.

Source: design section 6: an approval binds to the hash of the exact act.

The digest is ``SHA-256("yika/act/1" 00 ‖ JSON)`` where the JSON is the object of the act's facts
and, under ``act``, its kind: UTF-8, keys sorted, no spaces, only integers and strings.  Whoever
holds the journal can make it again from the records of the act, with ``sha256sum`` alone.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

TAG: Final = b"yika/act/1\0"
ACT: Final = "act"
"""The key of the kind; no fact has this name."""


def act_bytes(kind: str, facts: Mapping[str, int | str]) -> bytes:
    """What is hashed.

    Raises:
        ValueError: the kind is empty, a fact is named as the kind is, or is no integer or text.
    """
    if not kind or ACT in facts:
        raise ValueError("an act has a kind, and no fact under its name")
    for fact in facts.values():
        if isinstance(fact, bool) or not isinstance(fact, int | str):
            raise ValueError("facts are integers and texts")
    told = {ACT: kind, **facts}
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return TAG + text.encode()


def act_digest(kind: str, /, **facts: int | str) -> bytes:
    """The 32 bytes that name an act; another kind or another fact gives others.

    Raises:
        ValueError: see :func:`act_bytes`.
    """
    return hashlib.sha256(act_bytes(kind, facts)).digest()
