"""Personal data of an account's holder: sealed wherever it is stored or carried.

The text in an ``account`` record is base64 of AES-256-GCM (:mod:`yika_common.signing.aead`) under
the node's personal-data key, bound to the account's number; inside is one JSON object::

    {"name":"王小明","phone":"010-1234","address":"...","document":"..."}

Keys whose value is empty are left out.  Whoever does not hold the key sees who bought nothing.
"""

import base64
import binascii
from collections.abc import Callable

from yika_common.signing import aead
from yika_common.signing.errors import SealBroken
from yika_common.signing.fields import Document, text
from yika_common.values import dataclass

NAME_MAX = 60
PHONE_MAX = 30
ADDRESS_MAX = 100
DOCUMENT_MAX = 30

_LABEL = b"yika/account/1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Document):
    """Who holds an account; every text is printable."""

    name: str = text("name", most=NAME_MAX)
    phone: str = text("phone", most=PHONE_MAX, default="")
    address: str = text("address", most=ADDRESS_MAX, default="")
    document: str = text("document", most=DOCUMENT_MAX, default="")


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
    try:
        data = base64.b64decode(sealed, validate=True)
    except binascii.Error as cause:
        raise SealBroken from cause
    return Person.parse(aead.decrypt(key, data, _LABEL + account.encode()))
