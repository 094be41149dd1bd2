"""The keys a node may sell with, sealed to it.

A signed file of the ``registry`` role, type ``application/vnd.yika.keys.v1``, whose payload is an
HPKE box (:mod:`yika_common.signing.sealing`) with ``info`` of ``"yika/keys/1" 00 node 00 epoch``.
Inside is one line of JSON: the keys of the meters and cards of the node's areas, a pool of
unassigned ones for openings offline (which cards' numbers of these the node itself may issue is in
the list of cards, :mod:`yika_common.sync.card_list`), and the key for personal data.
"""

from collections.abc import Iterable

from yika_common.cards.identifiers import CARD_NUMBER_SIZE, METER_ID_SIZE, NODE_ID_SIZE
from yika_common.services import Service
from yika_common.signing.fields import (
    Document,
    documents,
    hexadecimal,
    identifier,
    number,
    service_name,
    text,
)
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey, seal
from yika_common.signing.signed_file import SignedFile, sign
from yika_common.signing.trust import TrustRoot
from yika_common.sync.errors import MessageForAnother
from yika_common.sync.messages import Certificate
from yika_common.values import dataclass

KEYS_TYPE = "application/vnd.yika.keys.v1"

_BUNDLE_MAX = 32 << 20
_KEYS_MAX = 200_000
_U8 = (1 << 8) - 1
_U32 = (1 << 32) - 1
_METER_KEY_SIZE = 16
_PERSONAL_KEY_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterKeyEntry(Document):
    """The keys of one meter that a node may hold; the one for evidence is not among them."""

    meter: str = identifier("id", METER_ID_SIZE)
    service: Service = service_name("service")
    key_version: int = number("kver", most=_U8)
    credit: str = hexadecimal("credit", _METER_KEY_SIZE, secret=True)
    wbn: str = hexadecimal("wbn", _METER_KEY_SIZE, secret=True)
    auth: str = hexadecimal("auth", _METER_KEY_SIZE, secret=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardKeyEntry(Document):
    """The key with which nodes open one user card."""

    card: str = identifier("number", CARD_NUMBER_SIZE)
    key_version: int = number("kver", most=_U8)
    node: str = hexadecimal("node", _METER_KEY_SIZE, secret=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBundle(Document):
    """All keys for one node and epoch."""

    kind: str = text("t", among=("keys",), default="keys")
    node: str = identifier("for", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    meters: tuple[MeterKeyEntry, ...] = documents("meters", MeterKeyEntry, most=_KEYS_MAX)
    cards: tuple[CardKeyEntry, ...] = documents("cards", CardKeyEntry, most=_KEYS_MAX)
    personal: str = hexadecimal("personal", _PERSONAL_KEY_SIZE, secret=True)
    """The key that personal data of accounts is kept and carried under."""


def _info(node: str, epoch: int) -> bytes:
    return b"yika/keys/1\0" + node.encode() + b"\0%d" % epoch


def seal_bundle(
    bundle: KeyBundle, certificate: Certificate, keys: Iterable[SigningKey]
) -> SignedFile:
    """The bundle sealed to the certified node and signed by the ``registry`` role.

    Raises:
        ValueError: the bundle is for another node or epoch than the certificate.
        KeyUnusable: the certificate's key for sealing is none.
    """
    if (bundle.node, bundle.epoch) != (certificate.node, certificate.epoch):
        raise ValueError("a key bundle is sealed to the node it is for")
    info = _info(bundle.node, bundle.epoch)
    return sign(KEYS_TYPE, seal(bundle.to_bytes(), certificate.seal_key, info), keys)


def open_bundle(
    file: SignedFile, root: TrustRoot, key: SealKey, *, node: str, epoch: int
) -> KeyBundle:
    """The bundle, once the ``registry`` role's signature holds and our key opens it.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: not genuine.
        SealBroken: sealed to another node, epoch or key.
        MessageForAnother: it names another node or epoch inside.
    """
    box = root.check("registry", file, payload_type=KEYS_TYPE)
    bundle = KeyBundle.parse(key.open(box, _info(node, epoch)), limit=_BUNDLE_MAX)
    if (bundle.node, bundle.epoch) != (node, epoch):
        raise MessageForAnother(node=bundle.node)
    return bundle
