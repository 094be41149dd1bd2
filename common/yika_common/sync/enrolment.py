"""Enrolment: how a new installation and headquarters come to know each other's keys.

Headquarters gives the installer a token, by paper or telephone: address, node, a one-time secret
and the digest of the root document::

    YIKA1.<base64url, no padding, of {"url":...,"node":...,"secret":HEX,"root":HEX}>

The node makes its keys and sends an :class:`EnrolmentRequest`, signed with the new key (so its
sender holds it) and carrying an HMAC under the token's secret (so its sender holds the token, and
nobody on the way can put other keys in).  The secret itself never travels.  The answer is a
certificate.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable

from yika_common.cards.identifiers import NODE_ID_SIZE
from yika_common.signing.errors import FileMalformed, FileTooLarge
from yika_common.signing.fields import Document, hexadecimal, identifier, number, text
from yika_common.signing.keys import ALGORITHMS, PublicKey, SigningKey
from yika_common.signing.signed_file import SignedFile, sign, verify
from yika_common.signing.trust import TrustRoot
from yika_common.sync.errors import EnrolmentRefused, RootUnknown, TokenMalformed
from yika_common.sync.messages import DIGEST_SIZE, bytes_of, text_of
from yika_common.values import dataclass

ENROLMENT_TYPE = "application/vnd.yika.enrolment.v1+json"
SECRET_SIZE = 16
TOKEN_MAX = 1024

_PREFIX = "YIKA1."
_PROOF_TAG = b"yika/enrolment/1\0"
_REQUEST_MAX = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentToken(Document):
    """What the installer types or scans."""

    url: str = text("url", least=8, most=200)
    node: str = identifier("node", NODE_ID_SIZE)
    secret: str = hexadecimal("secret", SECRET_SIZE, secret=True)
    root: str = hexadecimal("root", DIGEST_SIZE)

    def to_text(self) -> str:
        """The token as one word of ASCII."""
        return _PREFIX + base64.urlsafe_b64encode(self.to_bytes()).decode().rstrip("=")

    @classmethod
    def from_text(cls, typed: str) -> "EnrolmentToken":
        """The token of a text; spaces and line breaks in and around it do not matter.

        Raises:
            TokenMalformed: it is none.
        """
        word = "".join(typed[: 2 * TOKEN_MAX].split())
        if len(word) > TOKEN_MAX or not word.startswith(_PREFIX) or not word.isascii():
            raise TokenMalformed
        body = word.removeprefix(_PREFIX)
        try:
            data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
            return cls.parse(data, limit=TOKEN_MAX)
        except (binascii.Error, ValueError, FileMalformed, FileTooLarge) as cause:
            raise TokenMalformed from cause

    def check_root(self, root: TrustRoot) -> None:
        """Accept this root document.

        Raises:
            RootUnknown: the token names another one.
        """
        if not hmac.compare_digest(self.root, root.digest):
            raise RootUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRequest(Document):
    """A node's new keys with its proof that it holds the token."""

    kind: str = text("t", among=("enrol",), default="enrol")
    node: str = identifier("node", NODE_ID_SIZE)
    alg: str = text("alg", among=ALGORITHMS)
    spki: str = text("spki", most=512)
    kem: str = text("kem", most=512)
    at: int = number("ts")
    proof: str = hexadecimal("proof", DIGEST_SIZE)


def _proof(secret: str, node: str, spki: str, kem: str) -> str:
    message = _PROOF_TAG + "\0".join((node, spki, kem)).encode()
    return hmac.new(bytes.fromhex(secret), message, hashlib.sha256).hexdigest()


def make_request(token: EnrolmentToken, key: SigningKey, kem: bytes, at: int) -> SignedFile:
    """The node's request: its new signing key, its X25519 public key, and the proofs."""
    spki, kem_text = text_of(key.public.spki), text_of(kem)
    request = EnrolmentRequest(
        node=token.node,
        alg=key.public.alg,
        spki=spki,
        kem=kem_text,
        at=at,
        proof=_proof(token.secret, token.node, spki, kem_text),
    )
    return sign(ENROLMENT_TYPE, request.to_bytes(), [key])


def open_request(file: SignedFile, secret_of: Callable[[str], str | None]) -> EnrolmentRequest:
    """The request, once its sender proved to hold both the new key and the token.

    ``secret_of`` gives the open one-time secret (hex) of a node, or None.  The request is read
    before its signature is checked because it brings the key; nothing of it is used before both
    proofs hold.

    Raises:
        FileTooLarge, FileMalformed, KeyUnusable: it is no request.
        WrongKind, SignatureInvalid, TooFewSignatures: it is not signed with its own key.
        EnrolmentRefused: no open token fits.
    """
    request = EnrolmentRequest.parse(file.payload, limit=_REQUEST_MAX)
    key = PublicKey(request.alg, bytes_of(request.spki))
    verify(file, [key], payload_type=ENROLMENT_TYPE)
    secret = secret_of(request.node)
    if secret is None or not hmac.compare_digest(
        request.proof, _proof(secret, request.node, request.spki, request.kem)
    ):
        raise EnrolmentRefused(node=request.node)
    return request
