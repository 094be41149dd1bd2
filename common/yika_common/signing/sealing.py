"""Sealing bytes to one receiver who is not there: HPKE.

Source: RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.  ``info`` says
what the box is for and opens only under the same words.  Base mode does not say who sealed: the
box travels inside a signed file.  The library draws the sender's one-time key itself, so sealing
is the one act here that cannot be repeated byte for byte.
"""

from dataclasses import field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from yika_common.errors import Phrase
from yika_common.signing.errors import KeyUnusable, SealBroken
from yika_common.values import dataclass

PRIVATE_SIZE = 32


def _suite() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class SealKey:
    """A private X25519 key that opens what was sealed to its public half."""

    _key: x25519.X25519PrivateKey = field(repr=False)
    public: bytes

    @classmethod
    def from_private(cls, private: bytes) -> "SealKey":
        """The key of 32 secret bytes.

        Raises:
            ValueError: not 32 bytes.
        """
        key = x25519.X25519PrivateKey.from_private_bytes(private)
        return cls(key, key.public_key().public_bytes_raw())

    @property
    def private(self) -> bytes:
        """The 32 secret bytes, for the vault that keeps them."""
        return self._key.private_bytes_raw()

    def open(self, box: bytes, info: bytes) -> bytes:
        """The bytes that :func:`seal` was given.

        Raises:
            SealBroken: sealed to another key or for another purpose, or changed.
        """
        try:
            return _suite().decrypt(box, self._key, info)
        except (InvalidTag, ValueError) as cause:
            raise SealBroken from cause


def seal(plaintext: bytes, receiver: bytes, info: bytes) -> bytes:
    """The plaintext sealed to the receiver's 32-byte public key.

    Raises:
        KeyUnusable: the receiver's key is none.
    """
    try:
        public = x25519.X25519PublicKey.from_public_bytes(receiver)
        return _suite().encrypt(plaintext, public, info)
    except ValueError as cause:
        raise KeyUnusable(why=Phrase("it is no X25519 key")) from cause
