"""Keys that sign, and the public keys that check what they signed.

Source: the key hierarchy of the system: every key record names its algorithm from the first day.

==========  =======================  =============================
alg         public key               signature
==========  =======================  =============================
ed25519     RFC 8410, 44 bytes DER   RFC 8032, 64 bytes
es256       P-256, 91 bytes DER      ECDSA with SHA-256, DER
==========  =======================  =============================

We sign with ``ed25519``; ``es256`` is for keys that live in secure modules without it.  Both are
in the form that ``openssl pkeyutl`` and ``openssl dgst`` read.

In DER an Ed25519 key stands behind twelve bytes that are always the same (RFC 8410, section 4), so
it is read here.  What reads other forms of keys takes most of a megabyte and is loaded with the
first ``es256`` key.
"""

import hashlib
from dataclasses import field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from yika_common.values import dataclass

if TYPE_CHECKING:
    from yika_common.signing.es256 import Es256Key

ED25519 = "ed25519"
ES256 = "es256"
ALGORITHMS = (ED25519, ES256)

SEED_SIZE = 32
KEYID_SIZE = 8

_ED25519_HEAD = bytes.fromhex("302a300506032b6570032100")
_ED25519_SPKI_SIZE = 44


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures: its algorithm and its DER SubjectPublicKeyInfo.

    Raises:
        KeyUnusable: the bytes are no key of that algorithm.
    """

    alg: str
    spki: bytes

    def __post_init__(self) -> None:
        self._load()

    @property
    def keyid(self) -> str:
        """16 hex digits: a hint for finding the key, never a reason to trust it."""
        return hashlib.sha256(self.spki).digest()[:KEYID_SIZE].hex()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether this key's owner signed exactly this message."""
        try:
            self._load().verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def _load(self) -> "ed25519.Ed25519PublicKey | Es256Key":
        head, key = self.spki[: len(_ED25519_HEAD)], self.spki[len(_ED25519_HEAD) :]
        if (self.alg, head, len(self.spki)) == (ED25519, _ED25519_HEAD, _ED25519_SPKI_SIZE):
            return ed25519.Ed25519PublicKey.from_public_bytes(key)
        from yika_common.signing import es256  # noqa: PLC0415 - see above

        return es256.load(self.spki, named=self.alg == ES256)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private Ed25519 key; its text form shows nothing but the keyid of its public half."""

    _key: ed25519.Ed25519PrivateKey = field(repr=False)
    public: PublicKey

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        """The key of 32 secret bytes (RFC 8032); the same bytes give the same key.

        Raises:
            ValueError: the seed is not 32 bytes long.
        """
        key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        spki = _ED25519_HEAD + key.public_key().public_bytes_raw()
        return cls(key, PublicKey(ED25519, spki))

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes, for the vault that keeps them."""
        return self._key.private_bytes_raw()

    @property
    def keyid(self) -> str:
        """See :attr:`PublicKey.keyid`."""
        return self.public.keyid

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of the message."""
        return self._key.sign(message)
