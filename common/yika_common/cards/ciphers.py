"""The block cipher of a suite in the shapes that a card needs: CMAC, CBC without padding.

======  ===========  ===========================================  ============
suite   cipher       sources                                      key versions
======  ===========  ===========================================  ============
1       AES-128      FIPS 197, NIST SP 800-38A and 38B            0 to 127
2       SM4          GB/T 32907-2016, the same modes              128 to 255
======  ===========  ===========================================  ============

A key belongs to one suite for good, and its version says to which.  Nothing that stands on a card
chooses a cipher: whoever checks a MAC does it with a key of his own, and a key of one suite is
never used by the other's cipher, because it is of another type.
"""

import hmac
from enum import IntEnum

from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

KEY_SIZE = 16
BLOCK_SIZE = 16
MAC_SIZE = 8

ZERO_IV = bytes(BLOCK_SIZE)

_FIRST_OF_SM4 = 128


class Suite(IntEnum):
    """The byte that records and write-backs name their cipher by."""

    AES = 1
    SM4 = 2


class Sm4Key(bytes):
    """16 bytes that SM4 uses; every other 16 bytes are AES's."""

    __slots__ = ()


def suite_of_version(key_version: int) -> Suite:
    """The suite of keys of that version, 0 to 255."""
    return Suite.SM4 if key_version >= _FIRST_OF_SM4 else Suite.AES


def first_version(suite: Suite) -> int:
    """The first key version of a suite that is given out."""
    return _FIRST_OF_SM4 + 1 if suite is Suite.SM4 else 1


def key_of(suite: Suite, data: bytes) -> bytes:
    """These 16 bytes as a key of the suite."""
    return Sm4Key(data) if suite is Suite.SM4 else bytes(data)


def key_of_version(key_version: int, data: bytes) -> bytes:
    """These 16 bytes as a key of that version."""
    return key_of(suite_of_version(key_version), data)


def suite_of(key: bytes) -> Suite:
    """The suite that a key belongs to."""
    return Suite.SM4 if isinstance(key, Sm4Key) else Suite.AES


def cmac(key: bytes, data: bytes) -> bytes:
    """The CMAC of the data by the key's own cipher, 16 bytes."""
    mac = CMAC(_cipher(key))
    mac.update(data)
    return mac.finalize()


def mac8(key: bytes, data: bytes) -> bytes:
    """The first 8 bytes of the CMAC: what records and write-backs carry."""
    return cmac(key, data)[:MAC_SIZE]


def same(one: bytes, other: bytes) -> bool:
    """Whether two MACs are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


def encrypt_cbc(key: bytes, plain: bytes, iv: bytes = ZERO_IV) -> bytes:
    """CBC by the key's own cipher; ``plain`` is whole blocks."""
    encryptor = Cipher(_cipher(key), CBC(iv)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def decrypt_cbc(key: bytes, secret: bytes, iv: bytes = ZERO_IV) -> bytes:
    """CBC by the key's own cipher; ``secret`` is whole blocks."""
    decryptor = Cipher(_cipher(key), CBC(iv)).decryptor()
    return decryptor.update(secret) + decryptor.finalize()


def _cipher(key: bytes) -> BlockCipherAlgorithm:
    return SM4(key) if isinstance(key, Sm4Key) else AES(key)
