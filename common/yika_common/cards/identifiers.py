"""Short names on a card: capitals, digits and hyphens, left-aligned, padded with zero bytes.

=============  =====  =========================================================
name           bytes  example
=============  =====  =========================================================
card number    12     ``860000000017``
meter id       12     ``M00000000042``
node id        8      ``N0042``
quota period   8      ``2026-04``
area           8      ``A01``
=============  =====  =========================================================

A zero byte is never part of a name, so padding keeps different names different.
"""

import re

from yika_common.errors import Phrase

CARD_NUMBER_SIZE = 12
METER_ID_SIZE = 12
NODE_ID_SIZE = 8
PERIOD_SIZE = 8
AREA_SIZE = 8

TOOL_CARDS = "88"
"""How the numbers of tool cards begin; no customer's card has such a number."""

PRACTICE_CARDS = "87"
"""How the numbers of practice cards begin; no customer's card has such a number either."""

_NAME = re.compile(r"[0-9A-Z-]*", re.ASCII)


def name_to_bytes(name: str, size: int) -> bytes:
    """The name as exactly ``size`` bytes; the empty name is all zeros.

    Raises:
        ValueError: another character than 0-9, A-Z and hyphen, or more than ``size`` of them.
    """
    if len(name) > size or _NAME.fullmatch(name) is None:
        raise ValueError(
            Phrase("is not a name of at most %(size)s capitals, digits and hyphens", size=size)
        )
    return name.encode("ascii").ljust(size, b"\0")


def name_from_bytes(data: bytes) -> str:
    """The name in a padded field.

    Raises:
        ValueError: a character that no name has, or something after the padding began.
    """
    name = data.rstrip(b"\0").decode("latin-1")
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{data.hex()} is not a padded name")
    return name
