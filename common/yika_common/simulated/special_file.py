"""The special-card application in a simulated card's two files.

``special`` in ``FILE`` holds information, content and counter; ``special`` in ``FILE.secret`` the
keys and the PIN.  A chip whose application is blank has neither.
"""

from typing import Any

from yika_common.cards.ciphers import KEY_SIZE
from yika_common.cards.special.face import (
    CONTENT_SIZE,
    COUNTER_MAX,
    KEY_APPROVAL,
    KEY_HOST,
    PIN_BLOCK_SIZE,
    open_face,
)
from yika_common.errors import Phrase
from yika_common.simulated.special_icc import SpecialMemory

SPECIAL = "special"
_PIN = "pin"


def special_members(memory: SpecialMemory | None) -> dict[str, object]:
    """What ``FILE`` says of it."""
    if memory is None:
        return {}
    told = {
        "information": memory.face.encode().hex(),
        "content": memory.content.hex(),
        "counter": memory.counter,
    }
    return {SPECIAL: told}


def secret_special(memory: SpecialMemory | None) -> dict[str, object]:
    """What ``FILE.secret`` says of it."""
    if memory is None or not (memory.keys or memory.pin):
        return {}
    keys = {str(number): key.hex() for number, key in sorted(memory.keys.items())}
    return {SPECIAL: {_PIN: memory.pin.hex(), **keys}}


def special_of(held: dict[str, object], secret: dict[str, object]) -> SpecialMemory | None:
    """The application's memory in both files' objects.

    Raises:
        CardForeign, KeyError, TypeError, ValueError: there is none in them.
    """
    if SPECIAL not in held:
        return None
    told, hidden = _object(held[SPECIAL]), _object(secret.get(SPECIAL, {}))
    pin = bytes.fromhex(hidden.pop(_PIN, ""))
    keys = {int(number): bytes.fromhex(key) for number, key in hidden.items()}
    content, counter = bytes.fromhex(told["content"]), told["counter"]
    if len(content) != CONTENT_SIZE or len(pin) not in (0, PIN_BLOCK_SIZE):
        raise ValueError(Phrase("a record has another size"))
    if any(
        number not in (KEY_HOST, KEY_APPROVAL) or len(key) != KEY_SIZE
        for number, key in keys.items()
    ):
        raise ValueError(Phrase("a key has no role or another size"))
    if not isinstance(counter, int) or not 0 <= counter <= COUNTER_MAX:
        raise ValueError(Phrase("its counter is none of the chip's"))
    face = open_face(bytes.fromhex(told["information"]))
    return SpecialMemory(face, content, keys, pin, counter)


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(Phrase("it is not a JSON object"))
    return dict(value)
