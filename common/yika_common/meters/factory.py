"""The key file that headquarters exports for the meter factory.

A JSON object with exactly these keys::

    {"meter": id, "service": text, "key_version": 1,
     "credit": hex, "wbn": hex, "wbq": hex, "auth": hex}

Each hexadecimal text is a 16-byte key, of the suite that the key version says.  Whoever reads the
file can make the meter's credit.
"""

import json

from yika_common.cards.ciphers import key_of_version
from yika_common.cards.identifiers import METER_ID_SIZE, name_to_bytes
from yika_common.cards.keys import MeterKeys
from yika_common.errors import N_, Phrase, YikaError, reason_of
from yika_common.meters.state import Holds, MeterPlate
from yika_common.numbers import Quantity
from yika_common.services import Service

KEY_FILE_SIZE_MAX = 4096
_KEYS = ("credit", "wbn", "wbq", "auth")
_NAMES = {"meter", "service", "key_version", *_KEYS}
_KEY_VERSION_MAX = 255


class KeyFileMalformed(YikaError):
    """A file that should hold one meter's keys does not."""

    code = "key_file_malformed"
    sentence = N_(
        "The key file is not one of a meter (%(why)s). No meter was made. Export it again at "
        "headquarters."
    )


def parse_key_file(
    data: bytes, ceiling: Quantity, holds: Holds = Holds.QUANTITY
) -> tuple[MeterPlate, MeterKeys]:
    """The plate and keys of a meter to be made.

    Args:
        data: the file's bytes.
        ceiling: the most credit the meter will ever store.
        holds: what its credit is.

    Raises:
        KeyFileMalformed: too large, no JSON, missing or unknown keys, or a value out of range.
    """
    if len(data) > KEY_FILE_SIZE_MAX:
        raise KeyFileMalformed(
            why=Phrase("it is over %(most)s bytes long", most=KEY_FILE_SIZE_MAX)
        )
    try:
        return _parsed(json.loads(data), ceiling, holds)
    except (UnicodeDecodeError, json.JSONDecodeError) as cause:
        raise KeyFileMalformed(why=Phrase("it is not JSON")) from cause
    except (RecursionError, TypeError, ValueError) as cause:
        raise KeyFileMalformed(why=reason_of(cause)) from cause


def _parsed(held: object, ceiling: Quantity, holds: Holds) -> tuple[MeterPlate, MeterKeys]:
    if not isinstance(held, dict) or set(held) != _NAMES:
        raise ValueError(Phrase("its keys must be %(names)s", names=", ".join(sorted(_NAMES))))
    name_to_bytes(held["meter"], METER_ID_SIZE)
    version = held["key_version"]
    if not held["meter"] or type(version) is not int or not 0 <= version <= _KEY_VERSION_MAX:
        raise ValueError(Phrase("a meter has an id, and a key version from 0 to 255"))
    plate = MeterPlate(
        meter_id=held["meter"],
        service=Service(held["service"]),
        key_version=version,
        ceiling=ceiling,
        holds=holds,
    )
    keys = {name: key_of_version(version, bytes.fromhex(held[name])) for name in _KEYS}
    return plate, MeterKeys(**keys)
