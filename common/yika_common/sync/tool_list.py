"""The tool cards that a node is to write, and to take back, sealed to it.

A signed file of the ``registry`` role, type ``application/vnd.yika.tools.v1``, whose payload is an
HPKE box (:mod:`yika_common.signing.sealing`) with ``info`` of ``"yika/tools/1" 00 node 00 epoch``.
Inside is one line of JSON: every tool card that is ordered, out or lost, with the key that the
card gets and its orders (:mod:`yika_common.cards.tool_order`).  The node can't check the orders'
MACs; it checks that each is for the card, the slot and the meter that stand beside it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from yika_common.cards.errors import ContentUnknown
from yika_common.cards.identifiers import CARD_NUMBER_SIZE, METER_ID_SIZE, NODE_ID_SIZE
from yika_common.cards.tool_order import ORDER_SIZE, ToolOrder, read_order
from yika_common.errors import Phrase
from yika_common.services import SLOTS_MAX
from yika_common.signing.fields import (
    Document,
    documents,
    hexadecimal,
    identifier,
    is_hex,
    is_name,
    is_number,
    number,
    rows,
    text,
)
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey, seal
from yika_common.signing.signed_file import SignedFile, sign
from yika_common.signing.trust import TrustRoot
from yika_common.sync.errors import MessageForAnother
from yika_common.sync.messages import Certificate
from yika_common.values import dataclass

TOOLS_TYPE = "application/vnd.yika.tools.v1"
CARDS_MAX = 1000
"""Tool cards that one node can have ordered or out."""

_LIST_MAX = 4 << 20
_KEY_SIZE = 16
_U8 = (1 << 8) - 1
_U32 = (1 << 32) - 1


class SlotOrder(NamedTuple):
    """The order in one slot of a tool card, 130 bytes in hexadecimal."""

    slot: int
    meter: str
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCard(Document):
    """A tool card: its number and key, who is to have it until when, and what it tells meters."""

    card: str = identifier("c", CARD_NUMBER_SIZE)
    key_version: int = number("kv", most=_U8)
    node: str = hexadecimal("node", _KEY_SIZE, secret=True)
    """The key of the node's role on the card."""
    holder: str = text("by", most=64)
    until: int = number("u", most=_U32)
    """The last second at which it is of use, since 1970."""
    reason: str = text("why", most=200, default="")
    ended: int = number("x", most=1, default=0)
    """1: it is not to be written any more; it may still come back."""
    orders: tuple[SlotOrder, ...] = rows(
        "od",
        SlotOrder,
        (is_number(0, SLOTS_MAX - 1), is_name(METER_ID_SIZE), is_hex(ORDER_SIZE)),
        most=SLOTS_MAX,
    )

    def __post_init__(self) -> None:
        """Besides each field's own shape: each order is for this card, its slot and its meter."""
        Document.__post_init__(self)
        slots = [held.slot for held in self.orders]
        if not slots or len(set(slots)) != len(slots):
            raise ValueError(Phrase("“od” has one order for each slot that is used"))
        for held in self.orders:
            told = order_of(held)
            if (told.card, told.slot, told.meter_id) != (self.card, held.slot, held.meter):
                raise ValueError(Phrase("“od” has an order for another card, slot or meter"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolList(Document):
    """All tool cards of one node and epoch."""

    kind: str = text("t", among=("tools",), default="tools")
    node: str = identifier("for", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    cards: tuple[ToolCard, ...] = documents("cards", ToolCard, most=CARDS_MAX)


def order_of(held: SlotOrder) -> ToolOrder:
    """What an order says.

    Raises:
        ValueError: it is none of this program's.
    """
    try:
        return read_order(bytes.fromhex(held.order))
    except ContentUnknown as cause:
        raise ValueError(Phrase("“od” has an order that can't be read")) from cause


def seal_tools(
    tools: ToolList, certificate: Certificate, keys: Iterable[SigningKey]
) -> SignedFile:
    """The list sealed to the certified node and signed by the ``registry`` role.

    Raises:
        ValueError: the list is for another node or epoch than the certificate.
        KeyUnusable: the certificate's key for sealing is none.
    """
    if (tools.node, tools.epoch) != (certificate.node, certificate.epoch):
        raise ValueError("a list of tool cards is sealed to the node it is for")
    info = _info(tools.node, tools.epoch)
    return sign(TOOLS_TYPE, seal(tools.to_bytes(), certificate.seal_key, info), keys)


def open_tools(
    file: SignedFile, root: TrustRoot, key: SealKey, *, node: str, epoch: int
) -> ToolList:
    """The list, once the ``registry`` role's signature holds and our key opens it.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: not genuine.
        SealBroken: sealed to another node, epoch or key.
        MessageForAnother: it names another node or epoch inside.
    """
    box = root.check("registry", file, payload_type=TOOLS_TYPE)
    tools = ToolList.parse(key.open(box, _info(node, epoch)), limit=_LIST_MAX)
    if (tools.node, tools.epoch) != (node, epoch):
        raise MessageForAnother(node=tools.node)
    return tools


def _info(node: str, epoch: int) -> bytes:
    return b"yika/tools/1\0" + node.encode() + b"\0%d" % epoch
