"""PINs are stretched by Argon2id, at one cost for good: it is part of the card's format.

19 MiB, 2 passes, 1 lane (RFC 9106), 32 bytes; the salt is the one on the card.
"""

from typing import Final

from yika_common.infra.entropy import RandomSource
from yika_common.infra.passwords import Cost, key_from_password

PIN_COST: Final = Cost(memory_kib=19 * 1024, passes=2, lanes=1)
SYSTEM_PIN_DIGITS: Final = 10
_DRAWN: Final = 16


def stretched(pin: str, salt: bytes) -> bytes:
    """32 bytes of a PIN and a salt of 16."""
    return key_from_password(pin, salt, PIN_COST)


def new_system_pin(random: RandomSource) -> str:
    """Ten digits that nobody chose."""
    number = int.from_bytes(random(_DRAWN), "big") % 10**SYSTEM_PIN_DIGITS
    return f"{number:0{SYSTEM_PIN_DIGITS}}"
