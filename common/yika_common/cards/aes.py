"""AES-128 in the three shapes a card needs: CMAC, CBC without padding, one block.

Sources: FIPS 197, RFC 4493 (CMAC), NIST SP 800-38A (CBC).
"""

import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

KEY_SIZE = 16
BLOCK_SIZE = 16
MAC_SIZE = 8

ZERO_IV = bytes(BLOCK_SIZE)


def cmac(key: bytes, data: bytes) -> bytes:
    """AES-CMAC of the data, 16 bytes."""
    mac = CMAC(AES(key))
    mac.update(data)
    return mac.finalize()


def mac8(key: bytes, data: bytes) -> bytes:
    """The first 8 bytes of the AES-CMAC: what records and write-backs carry."""
    return cmac(key, data)[:MAC_SIZE]


def same(one: bytes, other: bytes) -> bool:
    """Whether two MACs are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


def encrypt_cbc(key: bytes, plain: bytes, iv: bytes = ZERO_IV) -> bytes:
    """AES-CBC; ``plain`` is whole blocks."""
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def decrypt_cbc(key: bytes, secret: bytes, iv: bytes = ZERO_IV) -> bytes:
    """AES-CBC; ``secret`` is whole blocks."""
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    return decryptor.update(secret) + decryptor.finalize()
