"""What a system card carries: a signed voucher that registers one installation, sealed by its PIN.

======  ====  =====================================================================
offset  size  field
======  ====  =====================================================================
0       1     format, 1
1       8     node, padded name
9       16    one-time secret of the enrolment
25      32    SHA-256 of headquarters' root document
57      2     services it may sell: bit 0 is service number 1, bit 8 number 9
59      1     size L of the address
60      L     headquarters' address, ASCII
60 + L  64    Ed25519 signature of the ``enrol`` role
======  ====  =====================================================================

The signature covers ``yika/voucher/1`` 00, the card's number (12, padded name), good until (4) and
bytes 0 to 59 + L; both stand on the card's face.  On the card lies the AES-256-GCM of these bytes
under the PIN's K_box (:mod:`yika_common.cards.special.keys`), with a nonce of 12 zero bytes,
because the key seals once, and the same words as associated data.  So neither a copier nor the
vending point that writes the card reads the secret.

The signature is checked against the root document that comes with headquarters' answer, whose
digest is in the voucher: nothing of the network is believed before.
"""

from dataclasses import field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yika_common.cards.identifiers import (
    CARD_NUMBER_SIZE,
    NODE_ID_SIZE,
    name_from_bytes,
    name_to_bytes,
)
from yika_common.errors import Phrase
from yika_common.services import Service, service_by_number
from yika_common.signing.errors import FileMalformed, SealBroken, SignatureInvalid
from yika_common.signing.keys import SigningKey
from yika_common.signing.trust import TrustRoot
from yika_common.sync.enrolment import SECRET_SIZE, EnrolmentToken
from yika_common.sync.messages import DIGEST_SIZE
from yika_common.values import dataclass

FORMAT: Final = 1
ADDRESS_MAX: Final = 100
SIGNATURE_SIZE: Final = 64
KIND: Final = "voucher"
_TAG = b"yika/voucher/1\0"
_NONCE = bytes(12)
_SECRET_AT: Final = 1 + NODE_ID_SIZE
_ROOT_AT: Final = _SECRET_AT + SECRET_SIZE
_SERVICES_AT: Final = _ROOT_AT + DIGEST_SIZE
_SIZE_AT: Final = _SERVICES_AT + 2
_ADDRESS_AT: Final = _SIZE_AT + 1


@dataclass(frozen=True, slots=True)
class Voucher:
    """What registers an installation, and decides what it may sell."""

    token: EnrolmentToken = field(repr=False)
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class OpenedVoucher:
    """A voucher whose signature is still to be checked."""

    voucher: Voucher
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def check(self, root: TrustRoot) -> None:
        """Believe it: the ``enrol`` role of this root signed it.

        Raises:
            SignatureInvalid: it did not.
        """
        keys = root.role("enrol").keys
        if not any(key.verifies(self.signature, self.signed) for key in keys):
            raise SignatureInvalid(kind=KIND)


def seal_voucher(
    voucher: Voucher, number: str, until: int, signer: SigningKey, box_key: bytes
) -> bytes:
    """The bytes that lie on the card.

    Raises:
        ValueError: the address is none, or too long.
    """
    token, address = voucher.token, voucher.token.url.encode("ascii")
    if len(address) > ADDRESS_MAX:
        raise ValueError(f"an address has at most {ADDRESS_MAX} characters here")
    bits = sum(1 << service.number - 1 for service in voucher.services)
    plain = (
        bytes((FORMAT,))
        + name_to_bytes(token.node, NODE_ID_SIZE)
        + bytes.fromhex(token.secret)
        + bytes.fromhex(token.root)
        + bits.to_bytes(2, "big")
        + bytes((len(address),))
        + address
    )
    words = _words(number, until)
    return AESGCM(box_key).encrypt(_NONCE, plain + signer.sign(words + plain), words)


def open_voucher(sealed: bytes, number: str, until: int, box_key: bytes) -> OpenedVoucher:
    """The voucher that lies on a card; check its signature before anything is built on it.

    Raises:
        SealBroken: another PIN, another card, or changed bytes.
        FileMalformed: it is no voucher of this format.
    """
    words = _words(number, until)
    try:
        plain = AESGCM(box_key).decrypt(_NONCE, sealed, words)
    except (InvalidTag, ValueError) as cause:
        raise SealBroken from cause
    body, signature = plain[:-SIGNATURE_SIZE], plain[-SIGNATURE_SIZE:]
    try:
        if body[0] != FORMAT or len(body) != _ADDRESS_AT + body[_SIZE_AT]:
            raise ValueError("another format")
        token = EnrolmentToken(
            url=body[_ADDRESS_AT:].decode("ascii"),
            node=name_from_bytes(body[1:_SECRET_AT]),
            secret=body[_SECRET_AT:_ROOT_AT].hex(),
            root=body[_ROOT_AT:_SERVICES_AT].hex(),
        )
        bits = int.from_bytes(body[_SERVICES_AT:_SIZE_AT], "big")
        numbers = (place + 1 for place in range(16) if bits >> place & 1)
        services = tuple(service_by_number(number) for number in numbers)
    except (IndexError, ValueError) as cause:
        raise FileMalformed(why=Phrase("it is no voucher of ours")) from cause
    return OpenedVoucher(Voucher(token, services), words + body, signature)


def _words(number: str, until: int) -> bytes:
    return _TAG + name_to_bytes(number, CARD_NUMBER_SIZE) + until.to_bytes(4, "big")
