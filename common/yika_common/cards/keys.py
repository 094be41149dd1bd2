"""The keys of meters and cards, and how headquarters derives them from its masters.

==========  ============================  ==================================================
key         holders                       what it does
==========  ============================  ==================================================
K_credit    HQ, meter, nodes of its area  MAC of the credit record
K_wbn       HQ, meter, nodes of its area  MAC of the write-back
K_wbq       HQ and meter only             evidence inside the write-back; MAC of orders
K_auth      HQ, meter, nodes of its area  the meter's role on the card
K_node      HQ, card, nodes of its area   the node's role on the card; one per card
==========  ============================  ==================================================

Two steps lead from a master to a key.  The area key is HKDF (RFC 5869, no salt, 16 bytes) with the
info text ``yika/1|ROLE|AREA|KEY VERSION``: HKDF-SHA256 for AES, HKDF-SM3 for SM4.  The key of one
meter or card is the AES-128 diversification of NXP's AN10922 under the area key, or the same with
SM4, of these 28 bytes:

======  ====  ================================================================
offset  size  field
======  ====  ================================================================
0       1     role: 1 credit, 2 wbn, 3 wbq, 4 auth, 5 card
1       1     suite: 1 AES-128, 2 SM4
2       1     key version
3       8     area, padded name; all zeros: the whole utility
11      12    meter id or card number, padded name
23      5     ``YIKA1``
======  ====  ================================================================

AN10922 computes over ``01`` and the input, padded to 32 bytes; for 16 to 31 bytes of input that is
the plain CMAC of ``01`` and the input, and 28 lies within.
"""

from dataclasses import field
from enum import StrEnum

from cryptography.hazmat.primitives.hashes import SHA256, SM3
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from yika_common.cards.ciphers import (
    KEY_SIZE,
    Suite,
    cmac,
    key_of,
    key_of_version,
    suite_of,
    suite_of_version,
)
from yika_common.cards.identifiers import AREA_SIZE, METER_ID_SIZE, name_to_bytes
from yika_common.errors import Phrase
from yika_common.values import dataclass

_AES_128_CONSTANT = b"\x01"
_LABEL = b"YIKA1"
_DIVERSIFIER_MIN = 16
_DIVERSIFIER_MAX = 31


class KeyRole(StrEnum):
    """What a key is for; the text is part of the area key's info."""

    CREDIT = "credit"
    WBN = "wbn"
    WBQ = "wbq"
    AUTH = "auth"
    CARD = "card"

    @property
    def number(self) -> int:
        """The byte that stands for the role in the diversification."""
        return tuple(KeyRole).index(self) + 1


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """Headquarters' masters, 16 to 64 bytes each; they never leave headquarters."""

    credit: bytes = field(repr=False)
    wbn: bytes = field(repr=False)
    wbq: bytes = field(repr=False)
    auth: bytes = field(repr=False)
    card: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for role in KeyRole:
            if not 16 <= len(self.of(role)) <= 64:  # noqa: PLR2004 - the two bounds stated above
                raise ValueError(f"the {role} master is not 16 to 64 bytes")

    def of(self, role: KeyRole) -> bytes:
        """The master of one role."""
        master: bytes = getattr(self, role.value)
        return master


@dataclass(frozen=True, slots=True)
class MeterKeys:
    """One meter's keys, 16 bytes each; ``wbq`` is None wherever the holder is a node."""

    credit: bytes = field(repr=False)
    wbn: bytes = field(repr=False)
    wbq: bytes | None = field(repr=False)
    auth: bytes = field(repr=False)

    def __post_init__(self) -> None:
        held = (self.credit, self.wbn, self.auth, self.wbn if self.wbq is None else self.wbq)
        if any(len(key) != KEY_SIZE for key in held):
            raise ValueError(Phrase("a meter's key is %(size)s bytes", size=KEY_SIZE))


def derive_meter_keys(
    masters: MasterKeys, meter_id: str, kver: int, *, area: str = ""
) -> MeterKeys:
    """All four keys of a meter at one key version, 0 to 255.

    Raises:
        ValueError: the meter id or the area is not a name, or the key version is out of range.
    """
    credit, wbn, wbq, auth = (
        _derive(masters, role, meter_id, kver, area)
        for role in (KeyRole.CREDIT, KeyRole.WBN, KeyRole.WBQ, KeyRole.AUTH)
    )
    return MeterKeys(credit=credit, wbn=wbn, wbq=wbq, auth=auth)


def derive_card_key(masters: MasterKeys, card_number: str, kver: int, *, area: str = "") -> bytes:
    """K_node of one card, 16 bytes.

    Raises:
        ValueError: the card number or the area is not a name, or the key version is out of range.
    """
    return _derive(masters, KeyRole.CARD, card_number, kver, area)


def derive_area_key(master: bytes, role: KeyRole, area: str, kver: int) -> bytes:
    """The 16-byte key of one role, area and key version, from which each meter's key comes."""
    info = f"yika/1|{role}|{area}|{kver}".encode("ascii")
    hashing = SM3() if suite_of_version(kver) is Suite.SM4 else SHA256()
    derived = HKDF(algorithm=hashing, length=KEY_SIZE, salt=None, info=info).derive(master)
    return key_of_version(kver, derived)


def diversify(key: bytes, diversifier: bytes) -> bytes:
    """AN10922's diversification for inputs of 16 to 31 bytes, by the key's own cipher.

    Raises:
        ValueError: a shorter input, for which AN10922 is not the CMAC computed here.
    """
    if not _DIVERSIFIER_MIN <= len(diversifier) <= _DIVERSIFIER_MAX:
        raise ValueError(f"{len(diversifier)} bytes of diversification input")
    return key_of(suite_of(key), cmac(key, _AES_128_CONSTANT + diversifier))


def _derive(masters: MasterKeys, role: KeyRole, name: str, kver: int, area: str) -> bytes:
    if not name:
        raise ValueError("a key belongs to a meter or a card")
    diversifier = (
        bytes((role.number, suite_of_version(kver), kver))
        + name_to_bytes(area, AREA_SIZE)
        + name_to_bytes(name, METER_ID_SIZE)
        + _LABEL
    )
    return diversify(derive_area_key(masters.of(role), role, area, kver), diversifier)
