"""Keys of P-256, which check ECDSA signatures with SHA-256.

Loaded with the first one that is met: reading keys in DER takes most of a megabyte, and a vending
point's own keys need none of it.
"""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from yika_common.errors import Phrase
from yika_common.signing.errors import KeyUnusable
from yika_common.values import dataclass


@dataclass(frozen=True, slots=True)
class Es256Key:
    """A public key that was read."""

    _key: ec.EllipticCurvePublicKey

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check a DER signature.

        Raises:
            InvalidSignature: this key's owner did not sign exactly this message.
        """
        self._key.verify(signature, message, ec.ECDSA(hashes.SHA256()))


def load(spki: bytes, *, named: bool) -> Es256Key:
    """The key of a DER SubjectPublicKeyInfo; ``named``: whether it was said to be such a key.

    Raises:
        KeyUnusable: the bytes are no key, or are not the key they were said to be.
    """
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise KeyUnusable(why=Phrase("its bytes are damaged")) from cause
    if (
        not named
        or not isinstance(key, ec.EllipticCurvePublicKey)
        or not isinstance(key.curve, ec.SECP256R1)
    ):
        raise KeyUnusable(why=Phrase("its algorithm is not the one named"))
    return Es256Key(key)
