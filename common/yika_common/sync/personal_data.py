"""Personal data of an account's holder: sealed wherever it is stored or carried.

The text in an ``account`` record is base64 of AES-256-GCM (:mod:`yika_common.signing.aead`) under
the node's personal-data key, bound to the account's number; inside is one JSON object::

    {"name":"王小明","phone":"010-1234","address":"...","document":"..."}

Keys whose value is empty are left out.  Whoever does not hold the key sees who bought nothing.
What is said of people in a ``hold`` record is sealed likewise.
"""

import base64
import binascii
import json
from collections.abc import Callable

from yika_common.signing import aead
from yika_common.signing.errors import SealBroken
from yika_common.signing.fields import Document, text
from yika_common.values import dataclass

NAME_MAX = 60
PHONE_MAX = 30
ADDRESS_MAX = 100
DOCUMENT_MAX = 30
CONTRACT_MAX = 30
ROOM_MAX = 20
WORDS_MAX = 200

_LABEL = b"yika/account/1\0"
_WORDS_LABEL = b"yika/words/1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Document):
    """Who holds an account; every text is printable."""

    name: str = text("name", most=NAME_MAX)
    phone: str = text("phone", most=PHONE_MAX, default="")
    address: str = text("address", most=ADDRESS_MAX, default="")
    document: str = text("document", most=DOCUMENT_MAX, default="")
    contract: str = text("contract", most=CONTRACT_MAX, default="")
    building: str = text("building", most=ROOM_MAX, default="")
    unit: str = text("unit", most=ROOM_MAX, default="")
    room: str = text("room", most=ROOM_MAX, default="")

    @property
    def place(self) -> str:
        """The address with what leads to the door, for example ``东河路 7 号 3-2-501``."""
        door = "-".join(part for part in (self.building, self.unit, self.room) if part)
        return " ".join(part for part in (self.address, door) if part)


def seal_person(person: Person, key: bytes, account: str, random: Callable[[int], bytes]) -> str:
    """The person's data under the 32-byte key, as the text of the account's record."""
    sealed = aead.encrypt(key, person.to_bytes(), _LABEL + account.encode(), random)
    return base64.b64encode(sealed).decode()


def open_person(sealed: str, key: bytes, account: str) -> Person:
    """The person behind an account's sealed text.

    Raises:
        SealBroken: another key, another account, or changed bytes.
        FileMalformed: sealed by us, and no person.
    """
    return Person.parse(_opened(sealed, key, _LABEL + account.encode()))


def person_members(sealed: str, key: bytes, account: str) -> dict[str, str]:
    """The texts of a person that were checked before they were sealed, by their keys.

    Raises:
        SealBroken: as :func:`open_person`, of which this is the faster half.
    """
    members: dict[str, str] = json.loads(_opened(sealed, key, _LABEL + account.encode()))
    return members


def seal_words(words: str, key: bytes, account: str, random: Callable[[int], bytes]) -> str:
    """What is said of an account's people under the 32-byte key, as a text of a record."""
    sealed = aead.encrypt(key, words.encode(), _WORDS_LABEL + account.encode(), random)
    return base64.b64encode(sealed).decode()


def open_words(sealed: str, key: bytes, account: str) -> str:
    """What was said.

    Raises:
        SealBroken: another key, another account, or changed bytes.
    """
    try:
        return _opened(sealed, key, _WORDS_LABEL + account.encode()).decode()
    except UnicodeDecodeError as cause:
        raise SealBroken from cause


def _opened(sealed: str, key: bytes, label: bytes) -> bytes:
    try:
        data = base64.b64decode(sealed, validate=True)
    except binascii.Error as cause:
        raise SealBroken from cause
    return aead.decrypt(key, data, label)
