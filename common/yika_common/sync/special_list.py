"""The managing cards that are good at a node, and the special cards that it writes, sealed to it.

A signed file of the ``registry`` role, type ``application/vnd.yika.special.v1``, whose payload is
an HPKE box (:mod:`yika_common.signing.sealing`) with ``info`` of
``"yika/special/1" 00 node 00 epoch``.  Inside is one line of JSON.  A revoked card stays on the
list, so that the node can say so.  Only a node that has the right to issue (``issuing`` 1) gets
orders: each with all that the card is to hold but a managing card's PIN.
"""

from collections.abc import Iterable

from yika_common.cards.identifiers import CARD_NUMBER_SIZE, NODE_ID_SIZE
from yika_common.cards.special.face import ISSUER_SIZE, SALT_SIZE, CardType
from yika_common.cards.special.order import SpecialOrder
from yika_common.errors import Phrase
from yika_common.signing.fields import Document, documents, hexadecimal, identifier, number, text
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey, seal
from yika_common.signing.signed_file import SignedFile, sign
from yika_common.signing.trust import TrustRoot
from yika_common.sync.errors import MessageForAnother
from yika_common.sync.messages import Certificate
from yika_common.values import dataclass

SPECIAL_TYPE = "application/vnd.yika.special.v1"
CARDS_MAX = 2000
HOLDER_MAX = 32

_LIST_MAX = 4 << 20
_KEY_SIZE = 16
_U8 = (1 << 8) - 1
_U32 = (1 << 32) - 1
_TYPES = {"system": CardType.SYSTEM, "managing": CardType.MANAGING}


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagingEntry(Document):
    """A managing card that this node accepts, or no longer."""

    card: str = identifier("c", CARD_NUMBER_SIZE)
    holder: str = text("by", most=HOLDER_MAX)
    key_version: int = number("kv", most=_U8)
    manage: str = hexadecimal("key", _KEY_SIZE, secret=True)
    """K_manage: the host's key on the card."""
    valid_from: int = number("f", most=_U32, default=0)
    valid_until: int = number("u", most=_U32, default=0)
    """The last second at which it is good; 0: no end."""
    revoked: int = number("x", most=1, default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueOrder(Document):
    """A special card that this node is to write."""

    card: str = identifier("c", CARD_NUMBER_SIZE)
    type: str = text("w", among=tuple(_TYPES))
    holder: str = text("by", most=HOLDER_MAX, default="")
    key_version: int = number("kv", most=_U8)
    issuer: str = hexadecimal("is", ISSUER_SIZE)
    valid_from: int = number("f", most=_U32, default=0)
    valid_until: int = number("u", most=_U32, default=0)
    host: str = hexadecimal("host", _KEY_SIZE, secret=True)
    approve: str = hexadecimal("appr", _KEY_SIZE, default="", secret=True)
    salt: str = hexadecimal("salt", SALT_SIZE, default="")
    content: str = hexadecimal("cont", default="", secret=True)
    """A system card's voucher, sealed under its PIN."""
    purpose: str = text("for", most=80, default="")
    """What the person at the counter is told of it."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: a card can be made of it."""
        Document.__post_init__(self)
        try:
            self.order()
        except ValueError as cause:
            raise ValueError(Phrase("a special card is ordered that can't be made")) from cause

    def order(self) -> SpecialOrder:
        """What the card is to become."""
        return SpecialOrder(
            number=self.card,
            type=_TYPES[self.type],
            key_version=self.key_version,
            issuer=bytes.fromhex(self.issuer),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            holder=self.holder if self.type == "managing" else "",
            salt=bytes.fromhex(self.salt) or bytes(SALT_SIZE),
            host_key=bytes.fromhex(self.host),
            approval_key=bytes.fromhex(self.approve),
            content=bytes.fromhex(self.content),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialList(Document):
    """All of it for one node and epoch."""

    kind: str = text("t", among=("special",), default="special")
    node: str = identifier("for", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    issuing: int = number("iss", most=1, default=0)
    managers: tuple[ManagingEntry, ...] = documents("mgr", ManagingEntry, most=CARDS_MAX)
    orders: tuple[IssueOrder, ...] = documents("ord", IssueOrder, most=CARDS_MAX)


def seal_special(
    special: SpecialList, certificate: Certificate, keys: Iterable[SigningKey]
) -> SignedFile:
    """The list sealed to the certified node and signed by the ``registry`` role.

    Raises:
        ValueError: the list is for another node or epoch than the certificate.
        KeyUnusable: the certificate's key for sealing is none.
    """
    if (special.node, special.epoch) != (certificate.node, certificate.epoch):
        raise ValueError("a list of special cards is sealed to the node it is for")
    info = _info(special.node, special.epoch)
    return sign(SPECIAL_TYPE, seal(special.to_bytes(), certificate.seal_key, info), keys)


def open_special(
    file: SignedFile, root: TrustRoot, key: SealKey, *, node: str, epoch: int
) -> SpecialList:
    """The list, once the ``registry`` role's signature holds and our key opens it.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: not genuine.
        SealBroken: sealed to another node, epoch or key.
        MessageForAnother: it names another node or epoch inside.
    """
    box = root.check("registry", file, payload_type=SPECIAL_TYPE)
    special = SpecialList.parse(key.open(box, _info(node, epoch)), limit=_LIST_MAX)
    if (special.node, special.epoch) != (node, epoch):
        raise MessageForAnother(node=special.node)
    return special


def _info(node: str, epoch: int) -> bytes:
    return b"yika/special/1\0" + node.encode() + b"\0%d" % epoch
