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
"""

import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from yika_common.errors import Phrase
from yika_common.signing.errors import KeyUnusable

ED25519 = "ed25519"
ES256 = "es256"
ALGORITHMS = (ED25519, ES256)

SEED_SIZE = 32
KEYID_SIZE = 8


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
        key = self._load()
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, message)
            else:
                key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def _load(self) -> ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey:
        try:
            key = serialization.load_der_public_key(self.spki)
        except (ValueError, UnsupportedAlgorithm) as cause:
            raise KeyUnusable(why=Phrase("its bytes are damaged")) from cause
        if self.alg == ED25519 and isinstance(key, ed25519.Ed25519PublicKey):
            return key
        if (
            self.alg == ES256
            and isinstance(key, ec.EllipticCurvePublicKey)
            and isinstance(key.curve, ec.SECP256R1)
        ):
            return key
        raise KeyUnusable(why=Phrase("its algorithm is not the one named"))


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
        spki = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
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
