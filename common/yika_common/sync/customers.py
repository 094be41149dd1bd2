"""What a node may know of the customers of its areas, sealed to it: account sheets.

A signed file of the ``registry`` role, type ``application/vnd.yika.customers.v1``, whose payload
is an HPKE box (:mod:`yika_common.signing.sealing`) with ``info`` of
``"yika/customers/1" 00 item 00 node 00 epoch``.  Inside is a zlib stream of lines of JSON: the
head (:class:`CustomerHead`), then one sheet per account (:class:`AccountSheet`) in the order of
their numbers.  Sheets are read one at a time, so that a small machine can read many.

The accounts of an area lie in :data:`PARTS` parts, ``customers/AREA/PP``: the high half of the
first byte of SHA-256 of the account's number, as two hex digits.  What changes in one account
sends one part again.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator

from yika_common.cards.identifiers import (
    AREA_SIZE,
    CARD_NUMBER_SIZE,
    METER_ID_SIZE,
    NODE_ID_SIZE,
)
from yika_common.errors import Phrase
from yika_common.journal.bodies import (
    COMMUNITY_MAX,
    FIGURE_MAX,
    LAST_SLOT,
    TOTAL_MAX,
    AccountFacts,
    SlotOpened,
)
from yika_common.services import PROFILES, SLOTS_MAX
from yika_common.signing.errors import FileMalformed, FileTooLarge
from yika_common.signing.fields import (
    ROWS_MAX,
    Document,
    documents,
    identifier,
    is_name,
    is_number,
    is_service,
    is_text,
    listed,
    number,
    rows,
    text,
)
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey, seal
from yika_common.signing.signed_file import SignedFile, sign
from yika_common.signing.strict_json import INTEGER_LIMIT
from yika_common.signing.trust import TrustRoot
from yika_common.sync.errors import ItemMismatch, MessageForAnother
from yika_common.sync.messages import Certificate
from yika_common.sync.personal_data import Person
from yika_common.sync.sheet_rows import (
    SLOT_SHAPE,
    DebtSheet,
    HeldGuarantee,
    HoldSheet,
    LostSale,
    MadeUp,
    OwnLimit,
    SlotSheet,
    WaitingRefund,
)
from yika_common.tariffs.mixture import MIXTURES_TEXT_MAX
from yika_common.values import dataclass

__all__ = [  # a sheet's rows, too
    "DebtSheet",
    "HeldGuarantee",
    "HoldSheet",
    "LostSale",
    "MadeUp",
    "OwnLimit",
    "SlotSheet",
    "WaitingRefund",
]

CUSTOMERS_TYPE = "application/vnd.yika.customers.v1"
CUSTOMERS_ITEM = "customers/"
PARTS = 16
"""Parts that the accounts of one area lie in."""

LINES_MAX = 256 << 20
"""Bytes of a part, opened."""

LOST_MAX = 8
"""Lost intents that a sheet tells at a time; the others follow when these are closed."""

MADE_UP_MAX = 16
"""Meters that a sheet tells to have had no room for all that was left in their predecessors."""

HOLDS_MAX = 16
"""Holds that a sheet tells: the newest."""

GUARANTEES_MAX = 8
"""Vending points that a sheet tells to hold a guarantee; nobody leaves one at so many."""

MERGED_MAX = 16
"""Accounts that a sheet tells to have been merged into its own."""

_WORDS_MAX = 1200
_SHEET_MAX = 64 << 10
_SHEETS_MAX = 1_000_000
_CHUNK = 64 << 10
_LEVEL = 6
SUSPENDED, CLOSED = "suspended", "closed"
"""What an account is, unless it is open; the words of its records, too."""

_U8 = (1 << 8) - 1
_U16 = (1 << 16) - 1
_U32 = (1 << 32) - 1
_PLACE = is_name(NODE_ID_SIZE), is_number(0, _U32), is_number(1, INTEGER_LIMIT - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSheet(Document):
    """One account: who, where, what sets its prices, what it bought, what is owed either way."""

    account: str = text("a")
    area: str = identifier("ar", AREA_SIZE)
    node: str = identifier("nd", NODE_ID_SIZE)
    """The node that opened it."""
    opened: int = number("at")
    profile: int = number("pr", least=min(PROFILES), most=max(PROFILES))
    tariff_class: str = text("cl")
    persons: int = number("hp", most=_U8, default=0)
    persons_until: int = number("hpu", default=0)
    inner_area: int = number("m2", most=FIGURE_MAX, default=0)
    gross_area: int = number("mg", most=FIGURE_MAX, default=0)
    heat_class: str = text("hc", most=16, default="")
    heat_from: int = number("hf", default=0)
    suspended: tuple[int, ...] = listed("sy", is_number(1, _U16), most=8, default=())
    equipment: str = text("eq", most=64, default="")
    quota_from: int = number("qf", default=0)
    mixed: str = text("mx", most=MIXTURES_TEXT_MAX, default="")
    facts_at: int = number("fa", default=0)
    """Time of the record that the facts are from; 0: as the account was opened."""
    meters: tuple[SlotOpened, ...] = rows(
        "mt",
        SlotOpened,
        (is_number(0, LAST_SLOT), is_service, is_name(METER_ID_SIZE)),
        most=SLOTS_MAX,
    )
    card: str = identifier("c", CARD_NUMBER_SIZE, default="")
    """The account's newest card; empty while it has none."""
    generation: int = number("g", most=_U16, default=0)
    slots: tuple[SlotSheet, ...] = rows(
        "sl",
        SlotSheet,
        SLOT_SHAPE,
        most=SLOTS_MAX,
        default=(),
    )
    lowered: tuple[int, ...] = listed("lw", is_number(0, LAST_SLOT), most=SLOTS_MAX, default=())
    """The slots whose newest record gives a purchase back, or carries one that does."""
    waiting: tuple[WaitingRefund, ...] = rows(
        "wr",
        WaitingRefund,
        (is_number(0, LAST_SLOT), is_number(1, _U16), is_number(0, TOTAL_MAX)),
        most=SLOTS_MAX,
        default=(),
    )
    adjustment_number: int = number("jn", most=_U16, default=0)
    """Number of the cumulative adjustment of the account's money; 0: there never was one."""
    adjustment: int = number("j", least=-TOTAL_MAX, most=TOTAL_MAX, default=0)
    """Its total: above zero to the customer's favour.  What is applied stands at the slots."""
    debts: tuple[DebtSheet, ...] = rows(
        "db",
        DebtSheet,
        (
            is_text(1, 32),
            is_text(1, 60),
            is_text(1, 60),
            is_number(0, FIGURE_MAX),
            is_number(0, 1_000_000),
            is_number(0, FIGURE_MAX),
            is_number(0, _U16),
        ),
        default=(),
    )
    due: tuple[int, ...] = listed("du", is_number(0, 1 << 40), most=ROWS_MAX, default=())
    """Since when each of them is owed, in their order; nothing where headquarters does not say."""
    collected: int = number("dc", most=TOTAL_MAX, default=0)
    """What was collected from debts over all slots, as far as :attr:`debts` counts it."""
    limits: tuple[OwnLimit, ...] = rows(
        "li",
        OwnLimit,
        (
            is_service,
            *[is_number(0, FIGURE_MAX)] * 4,
            is_number(0, 1 << 40),
            is_number(0, 1 << 40),
        ),
        default=(),
    )
    made_up: tuple[MadeUp, ...] = rows(
        "mk",
        MadeUp,
        (
            is_number(0, LAST_SLOT),
            is_name(METER_ID_SIZE),
            is_number(1, FIGURE_MAX),
            is_number(0, FIGURE_MAX),
        ),
        most=MADE_UP_MAX,
        default=(),
    )
    """What is made up for since a meter was replaced, as far as the slots' adjustment has it."""
    lost: tuple[LostSale, ...] = rows("ls", LostSale, _PLACE, most=LOST_MAX, default=())
    """Intents whose purchase count another node's record has: their node can close them."""
    carried: tuple[LostSale, ...] = rows("ld", LostSale, _PLACE, most=LOST_MAX, default=())
    """Intents whose credit a later card carries: their node can close them as sales.

    And refunds that wait for their meter on a later card, whose maker knew of them.
    """
    status: str = text("st", among=("", SUSPENDED, CLOSED), default="")
    status_at: int = number("sa", default=0)
    """Time of the record that says so; 0: it is as it was opened."""
    holder_at: int = number("ha", default=0)
    """Time of the record that :attr:`holder` is from; 0: as the account was opened."""
    community: str = text("cm", most=COMMUNITY_MAX, default="")
    holds: tuple[HoldSheet, ...] = rows(
        "hd",
        HoldSheet,
        (
            is_name(NODE_ID_SIZE),
            is_number(1, _U32),
            is_number(1, INTEGER_LIMIT - 1),
            is_text(1, 16),
            is_number(0, 1 << 40),
            is_text(0, 16),
            is_text(0, _WORDS_MAX),
        ),
        most=HOLDS_MAX,
        default=(),
    )
    """The holds that nobody has lifted, as far as headquarters has heard."""
    lifted: tuple[LostSale, ...] = rows("hx", LostSale, _PLACE, most=HOLDS_MAX, default=())
    """Holds that were lifted elsewhere than where they were put on: the newest."""
    guarantees: tuple[HeldGuarantee, ...] = rows(
        "gu",
        HeldGuarantee,
        (is_name(NODE_ID_SIZE), is_number(1, FIGURE_MAX)),
        most=GUARANTEES_MAX,
        default=(),
    )
    """What each vending point holds as the account's guarantee, as far as headquarters heard."""
    merged_into: str = text("mi", most=20, default="")
    """The account that stands for this one's household; empty: this one does, or it is alone."""
    merged: tuple[str, ...] = listed("ml", is_text(1, 20), most=MERGED_MAX, default=())
    """The accounts of the household that this one stands for."""
    holder: tuple[Person, ...] = documents("who", Person, most=1, default=())

    @property
    def person(self) -> Person | None:
        """Who holds the account; None where it is not known."""
        return self.holder[0] if self.holder else None

    @property
    def facts(self) -> AccountFacts:
        """What sets the account's prices, as a record would say it."""
        return AccountFacts(
            account=self.account,
            tariff_class=self.tariff_class,
            persons=self.persons,
            persons_until=self.persons_until,
            inner_area=self.inner_area,
            gross_area=self.gross_area,
            heat_class=self.heat_class,
            heat_from=self.heat_from,
            suspended=self.suspended,
            equipment=self.equipment,
            quota_from=self.quota_from,
            mixed=self.mixed,
        )

    def slot(self, place: int) -> SlotSheet | None:
        """What headquarters counts of a slot; None if nothing was ever bought through it."""
        return next((slot for slot in self.slots if slot.slot == place), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerHead(Document):
    """The first line of a part: what it is, and for whom."""

    kind: str = text("t", among=("customers",), default="customers")
    item: str = text("item", most=64)
    node: str = identifier("for", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    sheets: int = number("n", most=_SHEETS_MAX)


@dataclass(frozen=True, slots=True)
class CustomerList:
    """A part, opened: its head, and its sheets as the lines they travel in.

    Each line is read when it is asked for; ``sheets`` can be gone through once.
    """

    head: CustomerHead
    lines: Iterator[bytes]

    @property
    def sheets(self) -> Iterator[AccountSheet]:
        """The sheets, in the order of the accounts' numbers.

        Raises:
            FileMalformed, FileTooLarge: a line is no sheet; those before it were.
        """
        return (AccountSheet.parse(line, limit=_SHEET_MAX) for line in self.lines)


def part_of(account: str) -> int:
    """The part of its area that an account lies in, 0 to :data:`PARTS` - 1."""
    return hashlib.sha256(account.encode()).digest()[0] * PARTS >> 8


def item_name(area: str, part: int) -> str:
    """What a manifest calls a part."""
    return f"{CUSTOMERS_ITEM}{area}/{part:02x}"


def seal_customers(
    item: str, lines: Iterable[bytes], certificate: Certificate, keys: Iterable[SigningKey]
) -> SignedFile:
    """The sheets' lines, each with its line feed, sealed to the certified node and signed.

    Raises:
        KeyUnusable: the certificate's key for sealing is none.
    """
    held = tuple(lines)
    head = CustomerHead(
        item=item, node=certificate.node, epoch=certificate.epoch, sheets=len(held)
    )
    press = zlib.compressobj(_LEVEL)
    packed = [press.compress(head.to_bytes()), *map(press.compress, held), press.flush()]
    info = _info(item, certificate.node, certificate.epoch)
    return sign(CUSTOMERS_TYPE, seal(b"".join(packed), certificate.seal_key, info), keys)


def open_customers(
    file: SignedFile, root: TrustRoot, key: SealKey, *, item: str, node: str, epoch: int
) -> CustomerList:
    """The part, once the ``registry`` role's signature holds and our key opens it.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: not genuine.
        SealBroken: sealed to another node, epoch or key, or as another part.
        MessageForAnother, ItemMismatch: it names another node, epoch or part inside.
    """
    box = root.check("registry", file, payload_type=CUSTOMERS_TYPE)
    lines = _lines(key.open(box, _info(item, node, epoch)))
    head = CustomerHead.parse(next(lines, b""), limit=_SHEET_MAX)
    if (head.node, head.epoch) != (node, epoch):
        raise MessageForAnother(node=head.node)
    if head.item != item:
        raise ItemMismatch(name=item)
    return CustomerList(head, _counted(lines, head.sheets))


def _info(item: str, node: str, epoch: int) -> bytes:
    return b"yika/customers/1\0" + item.encode() + b"\0" + node.encode() + b"\0%d" % epoch


def _lines(packed: bytes) -> Iterator[bytes]:
    """The lines of a zlib stream, unpacked a little at a time."""
    stream = zlib.decompressobj()
    rest, total = b"", 0
    while not stream.eof:
        try:
            piece = stream.decompress(packed, _CHUNK)
        except zlib.error as cause:
            raise FileMalformed(why=Phrase("it can't be unpacked")) from cause
        packed = stream.unconsumed_tail
        total += len(piece)
        if total > LINES_MAX:
            raise FileTooLarge(limit=LINES_MAX)
        if not piece and not packed and not stream.eof:
            raise FileMalformed(why=Phrase("it is cut short"))
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > _SHEET_MAX:
            raise FileTooLarge(limit=_SHEET_MAX)
        yield from whole
    if rest:
        raise FileMalformed(why=Phrase("it is cut short"))


def _counted(lines: Iterator[bytes], sheets: int) -> Iterator[bytes]:
    """The lines, which must be as many as the head says."""
    seen = 0
    for line in lines:
        seen += 1
        yield line
    if seen != sheets:
        raise FileMalformed(why=Phrase("it is cut short"))
