"""When two addresses are one: normalised, and told apart by a keyed hash alone.

A flat is known by its community, building, unit and room, however they are typed: 3号楼, 三幢 and
3 are one building, １单元 and 1 one unit.  Where they are not given, the whole text is taken.  The
hash is under a key of its maker (a node's for personal data), so that it tells that two addresses
are the same, and to nobody which.
"""

import hashlib
import hmac
import re
import unicodedata
from typing import Final

from yika_common.journal.bodies import PREMISES_SIZE
from yika_common.sync.personal_data import Person

_LABEL = b"yika/premises/1\0"
_DIGITS: Final = str.maketrans("〇零一二三四五六七八九", "00123456789")
_TEN = re.compile(r"([一二三四五六七八九]?)十([一二三四五六七八九]?)")
_SUFFIX = re.compile(r"(?<=[0-9a-z])\s*(?:号楼|号|栋|幢|座|楼|单元|门|室|房|户|层)")
_BEFORE_NUMBER = re.compile(r"(?<=[^\W\d_])(?=[0-9])")
_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_NOTHING = re.compile(r"[\W_]+")


def normalised(text: str) -> str:
    """The text without what people type in different ways; runs are kept apart by hyphens."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _TEN.sub(lambda ten: f"{ten[1] or '一'}{ten[2] or '〇'}", plain).translate(_DIGITS)
    plain = _BEFORE_NUMBER.sub("-", _SUFFIX.sub("-", plain))
    return _ZEROS.sub("", _NOTHING.sub("-", plain)).strip("-")


def premises_key(person: Person, area: str, community: str, key: bytes) -> str:
    """What the holder's premises are known by, in hex; empty where no address is given."""
    door = [normalised(part) for part in (person.building, person.unit, person.room)]
    if community and door[2]:
        told = [normalised(community), *door]
    elif person.address or door[2]:
        told = [normalised(" ".join((community, person.address, *door)))]
    else:
        return ""
    text = "\0".join((area, *told)).encode()
    return hmac.new(key, _LABEL + text, hashlib.sha256).digest()[:PREMISES_SIZE].hex()
