"""The keys of special cards.

==========  ==================================  ==================================================
key         holders                             what it does
==========  ==================================  ==================================================
K_manage    HQ, card, nodes where it is good    the host's role on a managing card; one per card
K_approve   HQ and card                         MAC of approvals; the node that writes the card
                                                has it until the card is issued
K_host      HQ, card; whoever knows the PIN     the host's role on a system card
K_box       HQ; whoever knows the PIN           seals what a system card carries
==========  ==================================  ==================================================

K_manage and K_approve come from headquarters' master for cards: key = AN10922 diversification of
the 28 bytes of :mod:`yika_common.cards.keys` with role 6 (manage) or 7 (approve), card number and
no area, under HKDF-SHA256 of the master with the info ``yika/1|manage||KEY VERSION`` or
``yika/1|approve||KEY VERSION``.

K_host (16 bytes) and K_box (32) are HKDF-SHA256, no salt, of the *stretched* PIN with the infos
``yika/system/host`` and ``yika/system/box``.  The PIN is stretched by Argon2id with the salt in
the card's face; who stretches it is a parameter here, because the domain does no work that is slow
on purpose.
"""

from collections.abc import Callable
from dataclasses import field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from yika_common.cards.ciphers import KEY_SIZE
from yika_common.cards.identifiers import AREA_SIZE, CARD_NUMBER_SIZE, name_to_bytes
from yika_common.cards.keys import diversify
from yika_common.values import dataclass

Stretch = Callable[[str, bytes], bytes]
"""Makes 32 bytes of a PIN and a salt of 16 bytes, slowly."""

BOX_SIZE = 32
_MANAGE, _APPROVE = (6, "manage"), (7, "approve")
_SUITE, _LABEL = 1, b"YIKA1"


@dataclass(frozen=True, slots=True)
class ManagingKeys:
    """Both keys of a managing card, 16 bytes each."""

    manage: bytes = field(repr=False)
    approve: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PinKeys:
    """What the PIN of a system card gives: 16 and 32 bytes."""

    host: bytes = field(repr=False)
    box: bytes = field(repr=False)


def derive_managing_keys(card_master: bytes, number: str, key_version: int) -> ManagingKeys:
    """The keys of the managing card of that number.

    Raises:
        ValueError: the number is no name, or the version no byte.
    """
    manage, approve = (
        diversify(
            _hkdf(card_master, f"yika/1|{name}||{key_version}", KEY_SIZE),
            bytes((role, _SUITE, key_version))
            + bytes(AREA_SIZE)
            + name_to_bytes(number, CARD_NUMBER_SIZE)
            + _LABEL,
        )
        for role, name in (_MANAGE, _APPROVE)
    )
    return ManagingKeys(manage, approve)


def pin_keys(pin: str, salt: bytes, stretch: Stretch) -> PinKeys:
    """What a system card's PIN gives with the salt of its face."""
    stretched = stretch(pin, salt)
    return PinKeys(
        _hkdf(stretched, "yika/system/host", KEY_SIZE),
        _hkdf(stretched, "yika/system/box", BOX_SIZE),
    )


def _hkdf(key: bytes, info: str, size: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=size, salt=None, info=info.encode()).derive(key)
