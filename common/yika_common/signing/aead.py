"""Small secrets kept or carried under a shared key: AES-256-GCM.

======  =====  =========================================
offset  size   field
======  =====  =========================================
0       12     nonce, random, never used twice
12      n      ciphertext, as long as the plaintext
12+n    16     tag
======  =====  =========================================

``aad`` says what the bytes are for (table, row, purpose); they open only under the same words.
"""

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yika_common.signing.errors import SealBroken

KEY_SIZE = 32
NONCE_SIZE = 12
TAG_SIZE = 16


def encrypt(key: bytes, plaintext: bytes, aad: bytes, random: Callable[[int], bytes]) -> bytes:
    """The plaintext under the 32-byte key, bound to ``aad``; 28 bytes longer."""
    nonce = random(NONCE_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def decrypt(key: bytes, data: bytes, aad: bytes) -> bytes:
    """What :func:`encrypt` was given.

    Raises:
        SealBroken: another key, other words or changed bytes.
    """
    if len(data) < NONCE_SIZE + TAG_SIZE:
        raise SealBroken
    try:
        return AESGCM(key).decrypt(data[:NONCE_SIZE], data[NONCE_SIZE:], aad)
    except InvalidTag as cause:
        raise SealBroken from cause
