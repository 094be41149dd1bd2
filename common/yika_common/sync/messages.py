"""What headquarters says to nodes: signed documents, each of one kind under one role.

==============  =========  ==================================================
message         role       payload type
==============  =========  ==================================================
Certificate     enrol      application/vnd.yika.certificate.v1+json
Ack             ack        application/vnd.yika.ack.v1+json
Manifest        registry   application/vnd.yika.manifest.v1+json
tariff          tariff     application/vnd.yika.tariff.v1+json (exact tariff file)
==============  =========  ==================================================

Keys travel sealed (:mod:`yika_common.sync.key_bundle`); enrolment has its own two messages
(:mod:`yika_common.sync.enrolment`).  All are read strictly: size, signature, then meaning; an
unknown key is refused.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from yika_common.cards.identifiers import AREA_SIZE, NODE_ID_SIZE
from yika_common.errors import Phrase
from yika_common.services import Service
from yika_common.signing.fields import (
    Document,
    documents,
    hexadecimal,
    identifier,
    is_name,
    is_service,
    listed,
    number,
    text,
)
from yika_common.signing.keys import ALGORITHMS, PublicKey, SigningKey
from yika_common.signing.signed_file import SignedFile, sign
from yika_common.signing.trust import TrustRoot
from yika_common.values import dataclass

CERTIFICATE_TYPE = "application/vnd.yika.certificate.v1+json"
ACK_TYPE = "application/vnd.yika.ack.v1+json"
MANIFEST_TYPE = "application/vnd.yika.manifest.v1+json"
TARIFF_TYPE = "application/vnd.yika.tariff.v1+json"

DIGEST_SIZE = 32
EVERYONE = "*"
TARIFF_ITEM = "tariff/"
KEYS_ITEM = "keys/"
TOOLS_ITEM = "tools/"
SPECIAL_ITEM = "special/"
CARDS_ITEM = "cards/"
PERSONS_ITEM = "persons/"

_U32 = (1 << 32) - 1
_KEY_TEXT_MAX = 512
_ITEMS_MAX = 10_000
_ITEM_BYTES_MAX = 32 << 20

M = TypeVar("M", bound=Document)


class Status(StrEnum):
    """How a node's journal stands at headquarters."""

    OK = "OK"
    GAP = "GAP"
    """Records before those that came are missing: send from ``upto + 1``."""
    FORK = "FORK"
    """Two different records at one position: selling stops until a person decides."""
    BEHIND = "BEHIND"
    """Headquarters holds more than the node: it was restored; selling stops."""
    STOPPED = "STOPPED"
    """Headquarters stopped the node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Document):
    """Headquarters' word that this key writes the journal of this node in this epoch."""

    kind: str = text("t", among=("certificate",), default="certificate")
    node: str = identifier("node", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    name: str = text("name", default="")
    alg: str = text("alg", among=ALGORITHMS)
    spki: str = text("spki", most=_KEY_TEXT_MAX)
    """The node's signing key, DER in base64."""
    kem: str = text("kem", most=_KEY_TEXT_MAX)
    """The node's X25519 key, 32 bytes in base64."""
    areas: tuple[str, ...] = listed("areas", is_name(AREA_SIZE), most=1000)
    services: tuple[Service, ...] = listed("services", is_service)
    issued: int = number("issued")

    @property
    def key(self) -> PublicKey:
        """The key that checks the node's segments.

        Raises:
            KeyUnusable: its text is no key of ``alg``.
        """
        return PublicKey(self.alg, bytes_of(self.spki))

    @property
    def seal_key(self) -> bytes:
        """The 32-byte key that boxes for the node are sealed to."""
        return bytes_of(self.kem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack(Document):
    """How far headquarters holds a node's journal; the only word that makes records safe."""

    kind: str = text("t", among=("ack",), default="ack")
    node: str = identifier("node", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    upto: int = number("upto")
    """Headquarters holds every record up to this seq; 0: none."""
    head: str = hexadecimal("head", DIGEST_SIZE)
    """The hash of that record (the genesis hash for 0)."""
    count: int = number("n", least=1)
    """Acknowledgements given to this node so far, this one included."""
    hq_time: int = number("hqt")
    challenge: str = hexadecimal("ch", 16)
    status: str = text("st", among=tuple(Status))
    manifest: int = number("man", default=0)
    """Version of the newest manifest for the node; 0: none yet."""
    manifest_digest: str = hexadecimal("man_sha", DIGEST_SIZE, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Document):
    """A file a node must hold: ``sha256`` and ``length`` are of the signed file's exact bytes."""

    name: str = text("name", most=64)
    version: int = number("version", least=1)
    sha256: str = hexadecimal("sha256", DIGEST_SIZE)
    length: int = number("length", least=1, most=_ITEM_BYTES_MAX)

    @classmethod
    def of(cls, name: str, version: int, data: bytes) -> "Item":
        """The item whose file is ``data``."""
        digest = hashlib.sha256(data).hexdigest()
        return cls(name=name, version=version, sha256=digest, length=len(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(Document):
    """Everything a node must hold, in one list that only grows newer."""

    kind: str = text("t", among=("manifest",), default="manifest")
    audience: str = text("audience", most=NODE_ID_SIZE)
    version: int = number("version", least=1)
    prev: str = hexadecimal("prev", DIGEST_SIZE, default="")
    """SHA-256 of the payload of the manifest before; empty for version 1."""
    root_version: int = number("root_version", least=1)
    issued: int = number("issued")
    items: tuple[Item, ...] = documents("items", Item, most=_ITEMS_MAX)

    def __post_init__(self) -> None:
        Document.__post_init__(self)
        names = [item.name for item in self.items]
        if len(set(names)) != len(names):
            raise ValueError(Phrase("an item stands twice in the list"))
        if (self.version == 1) != (self.prev == ""):
            raise ValueError(Phrase("the first list, and no other, has none before it"))


def text_of(data: bytes) -> str:
    """Bytes as base64 text."""
    return base64.b64encode(data).decode()


def bytes_of(text_: str) -> bytes:
    """The bytes of a base64 text; empty, which no key is, for anything else."""
    try:
        return base64.b64decode(text_, validate=True)
    except (binascii.Error, ValueError):
        return b""


def digest_of(payload: bytes) -> str:
    """SHA-256 of a payload, 64 hex digits: what ``prev`` and ``man_sha`` hold."""
    return hashlib.sha256(payload).hexdigest()


def sign_certificate(certificate: Certificate, keys: Iterable[SigningKey]) -> SignedFile:
    """The certificate as a file, signed by the ``enrol`` role."""
    return sign(CERTIFICATE_TYPE, certificate.to_bytes(), keys)


def open_certificate(file: SignedFile, root: TrustRoot) -> Certificate:
    """The certificate, once the ``enrol`` role's signature holds.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: it does not.
        KeyUnusable: the key inside is none.
    """
    certificate = _opened(file, root, "enrol", CERTIFICATE_TYPE, Certificate)
    _ = certificate.key
    return certificate


def sign_ack(ack: Ack, keys: Iterable[SigningKey]) -> SignedFile:
    """The acknowledgement as a file, signed by the ``ack`` role."""
    return sign(ACK_TYPE, ack.to_bytes(), keys)


def open_ack(file: SignedFile, root: TrustRoot) -> Ack:
    """The acknowledgement, once the ``ack`` role's signature holds; then apply ``rules``.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: it does not.
    """
    return _opened(file, root, "ack", ACK_TYPE, Ack)


def sign_manifest(manifest: Manifest, keys: Iterable[SigningKey]) -> SignedFile:
    """The manifest as a file, signed by the ``registry`` role."""
    return sign(MANIFEST_TYPE, manifest.to_bytes(), keys)


def open_manifest(file: SignedFile, root: TrustRoot) -> Manifest:
    """The manifest, once the ``registry`` role's signature holds; then apply ``rules``.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: it does not.
    """
    return _opened(file, root, "registry", MANIFEST_TYPE, Manifest, limit=4 << 20)


def sign_tariff(tariff: bytes, keys: Iterable[SigningKey]) -> SignedFile:
    """The exact bytes of a tariff file, signed by the persons of the ``tariff`` role."""
    return sign(TARIFF_TYPE, tariff, keys)


def open_tariff(file: SignedFile, root: TrustRoot) -> bytes:
    """The exact bytes of the tariff file, once enough persons of the ``tariff`` role signed.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures: they did not.
    """
    return root.check("tariff", file, payload_type=TARIFF_TYPE)


def _opened(
    file: SignedFile,
    root: TrustRoot,
    role: str,
    payload_type: str,
    kind: type[M],
    *,
    limit: int = 64 << 10,
) -> M:
    return kind.parse(root.check(role, file, payload_type=payload_type), limit=limit)
