"""What headquarters says of single cards and meters, sealed to a node: notices, and levels.

A signed file of the ``registry`` role, type ``application/vnd.yika.cards.v1``, whose payload is an
HPKE box (:mod:`yika_common.signing.sealing`) with ``info`` of ``"yika/cards/1" 00 node 00 epoch``.
Inside is one line of JSON, for the areas of that node alone.

A *notice* is about a card, or about a meter and whatever card it stands on:

==========  ===================================================================================
action      what the node does at the card's next presentation
==========  ===================================================================================
refuse      sells nothing to it: reported lost, revoked
keep        sells nothing to it and asks the clerk to keep it
call        sells nothing to it until the clerk has called headquarters
message     shows the message until the clerk has told it
==========  ===================================================================================

What was done is told once by a ``notice`` record.  A card that a newer one replaced is not listed:
the account's sheet names the newest.

*Numbers* are those that this node, and no other, may issue new cards under; the keys of all cards
are in the key bundle (:mod:`yika_common.sync.key_bundle`).

*Levels* (:class:`yika_common.cards.parameters.Levels`) are what meters are to be set to: of a
service and tariff class, or of one meter, which comes before them.  They are for meters that hold
money (``money`` 1) or for those that hold a quantity, never for both.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from yika_common.cards.identifiers import CARD_NUMBER_SIZE, METER_ID_SIZE, NODE_ID_SIZE
from yika_common.errors import Phrase
from yika_common.services import Service
from yika_common.signing.errors import FileMalformed, FileTooLarge
from yika_common.signing.fields import (
    Document,
    documents,
    identifier,
    is_name,
    is_number,
    is_service,
    is_text,
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

CARDS_TYPE = "application/vnd.yika.cards.v1"

REFUSE, KEEP, CALL, MESSAGE = "refuse", "keep", "call", "message"
ACTIONS: Final = (REFUSE, KEEP, CALL, MESSAGE)
STOPPING: Final = (REFUSE, KEEP, CALL)
"""Actions under which nothing is sold."""

NOTICES_MAX: Final = 20_000
METERS_MAX: Final = 20_000
MESSAGE_MAX: Final = 200

_PROFILES_MAX = 200
_RANGES_MAX = 2_000
_NUMBERS_MAX = 100_000
_CARD_MAX = 10**CARD_NUMBER_SIZE - _NUMBERS_MAX
_LIST_MAX = 4 << 20
_U16 = (1 << 16) - 1
_U32 = (1 << 32) - 1
_LEVEL = is_number(0, _U32)


class NumberRange(NamedTuple):
    """Numbers for new cards in a row: the first, as a number, and how many."""

    first: int
    many: int

    def cards(self) -> Iterator[str]:
        """The numbers as cards bear them, in order."""
        return (f"{self.first + nth:0{CARD_NUMBER_SIZE}}" for nth in range(self.many))


class ServiceLevels(NamedTuple):
    """Levels of a service's meters; an empty class: of every class that has none of its own.

    ``version`` is headquarters' number of the setting; on a card versions count by meter.
    """

    service: Service
    tariff_class: str
    money: int
    version: int
    alarm_level: int
    max_stored: int
    second_level: int
    overdraft: int


class MeterLevels(NamedTuple):
    """Levels of one meter."""

    meter: str
    money: int
    version: int
    alarm_level: int
    max_stored: int
    second_level: int
    overdraft: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Document):
    """A notice; exactly one of ``card`` and ``meter`` is given, and ``nth`` counts theirs."""

    nth: int = number("id", least=1, most=_U32)
    card: str = identifier("c", CARD_NUMBER_SIZE, default="")
    meter: str = identifier("m", METER_ID_SIZE, default="")
    action: str = text("do", among=ACTIONS)
    until: int = number("u", most=_U32, default=0)
    """The last second at which it holds, since 1970; 0: no end."""
    zh: str = text("zh", most=MESSAGE_MAX, default="")
    en: str = text("en", most=MESSAGE_MAX, default="")

    def __post_init__(self) -> None:
        """Besides each field's own shape: it is about one thing, and a message says something."""
        Document.__post_init__(self)
        if bool(self.card) == bool(self.meter):
            raise ValueError(Phrase("a notice is about a card or about a meter"))
        if self.action == MESSAGE and not (self.zh and self.en):
            raise ValueError(Phrase("a message is given in both languages"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CardList(Document):
    """All of it for one node and epoch."""

    kind: str = text("t", among=("cards",), default="cards")
    node: str = identifier("for", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    numbers: tuple[NumberRange, ...] = rows(
        "nb",
        NumberRange,
        (is_number(1, _CARD_MAX), is_number(1, _NUMBERS_MAX)),
        most=_RANGES_MAX,
        default=(),
    )
    levels: tuple[ServiceLevels, ...] = rows(
        "lv",
        ServiceLevels,
        (is_service, is_text(0, 32), is_number(0, 1), is_number(1, _U32), *[_LEVEL] * 4),
        most=_PROFILES_MAX,
        default=(),
    )
    meters: tuple[MeterLevels, ...] = rows(
        "mt",
        MeterLevels,
        (is_name(METER_ID_SIZE), is_number(0, 1), is_number(1, _U32), *[_LEVEL] * 4),
        most=METERS_MAX,
        default=(),
    )
    notices: tuple[Notice, ...] = documents("nt", Notice, most=NOTICES_MAX, default=())


def seal_cards(
    cards: CardList, certificate: Certificate, keys: Iterable[SigningKey]
) -> SignedFile:
    """The list sealed to the certified node and signed by the ``registry`` role.

    Raises:
        ValueError: the list is for another node or epoch than the certificate.
        KeyUnusable: the certificate's key for sealing is none.
    """
    if (cards.node, cards.epoch) != (certificate.node, certificate.epoch):
        raise ValueError("a list of cards is sealed to the node it is for")
    info = _info(cards.node, cards.epoch)
    packed = zlib.compress(cards.to_bytes(), level=9)
    return sign(CARDS_TYPE, seal(packed, certificate.seal_key, info), keys)


def open_cards(
    file: SignedFile, root: TrustRoot, key: SealKey, *, node: str, epoch: int
) -> CardList:
    """The list, once the ``registry`` role's signature holds and our key opens it.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: not genuine.
        SealBroken: sealed to another node, epoch or key.
        MessageForAnother: it names another node or epoch inside.
    """
    box = root.check("registry", file, payload_type=CARDS_TYPE)
    cards = CardList.parse(_unpacked(key.open(box, _info(node, epoch))), limit=_LIST_MAX)
    if (cards.node, cards.epoch) != (node, epoch):
        raise MessageForAnother(node=cards.node)
    return cards


def _unpacked(packed: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, _LIST_MAX)
    except zlib.error as cause:
        raise FileMalformed(why=Phrase("it can't be unpacked")) from cause
    if stream.unconsumed_tail:
        raise FileTooLarge(limit=_LIST_MAX)
    if not stream.eof:
        raise FileMalformed(why=Phrase("it is cut short"))
    return data


def _info(node: str, epoch: int) -> bytes:
    return b"yika/cards/1\0" + node.encode() + b"\0%d" % epoch
