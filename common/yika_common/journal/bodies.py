"""What a record can say: one class per type of record.

Every body is a document (:mod:`yika_common.signing.fields`): the first argument of each field is
its key in the line.  Money is in minor units, quantity in 1/1000 of the service's unit, prices as
in the tariff.  docs/journal.md lists the same keys for readers without Python.
"""

from typing import ClassVar

from yika_common.cards.identifiers import (
    AREA_SIZE,
    CARD_NUMBER_SIZE,
    METER_ID_SIZE,
    NODE_ID_SIZE,
    PERIOD_SIZE,
)
from yika_common.errors import Phrase
from yika_common.journal.body import Body
from yika_common.journal.bundle_bodies import BundleApplied, BundleRefused
from yika_common.journal.entries import AppliedItem, DebtPaid, Line, SlotOpened
from yika_common.journal.presence_bodies import Boot, Login, OperatorAdded
from yika_common.readers.port import MemoryKind
from yika_common.services import PROFILES, SLOTS_MAX, Service
from yika_common.signing.fields import (
    hexadecimal,
    identifier,
    is_name,
    is_number,
    is_service,
    is_text,
    listed,
    number,
    rows,
    service_name,
    text,
)
from yika_common.signing.strict_json import INTEGER_LIMIT
from yika_common.tariffs import mixture
from yika_common.values import dataclass

__all__ = [  # the rows of these records, who was there, and what bundles came to
    "AppliedItem",
    "Boot",
    "BundleApplied",
    "BundleRefused",
    "DebtPaid",
    "Line",
    "Login",
    "OperatorAdded",
    "SlotOpened",
]

LAST_SLOT = SLOTS_MAX - 1
BY_MONEY = "m"
BY_QUANTITY = "q"

PURCHASE = ""
REPLACEMENT = "replacement"
SWAP = "swap"
REFUND = "refund"
MAKEUP = "makeup"
ACTS = (PURCHASE, REPLACEMENT, SWAP, REFUND, MAKEUP)
"""Why a record goes onto a card: something was bought; a new card says again what its slots are
owed; a new meter begins with what was left in the one it replaces; a purchase is given back; a
quantity that is owed to the meter is loaded, and nothing is bought with it."""

ADDING = (PURCHASE, MAKEUP)
"""Acts by which a meter's total rises above all that was ever said of it."""

ON_A_NEW_CARD = (REPLACEMENT, SWAP)
"""Acts by which the first records of a card are made."""

CARRYING = (*ON_A_NEW_CARD, MAKEUP)
"""Acts that move what was bought before: they have no price, nor count in any quota."""

FIGURE_MAX = 10**12
"""Money or quantity in one record: so many of them that nobody sends them all fit 64 bits."""

TOTAL_MAX = (1 << 48) - 1
"""A quantity that grows from record to record: six bytes on the card."""

WHO_MAX = 2000
"""Characters of a holder's data, sealed, in base64."""

COMMUNITY_MAX = 32
PREMISES_SIZE = 16
"""Bytes of what premises are known by: a keyed hash of their address, normalised."""

_LINES_MAX = 160
"""Above what the widest tariff can ask for: every step of every component, fees, taxes."""

_MONTHS_MAX = 1200
_CUT_MAX = 3
_U8 = (1 << 8) - 1
_U16 = (1 << 16) - 1
_U32 = (1 << 32) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened(Body):
    """An account came into being; ``who`` is its personal data, sealed, in base64."""

    kind: ClassVar[str] = "account"
    account: str = text("a")
    area: str = identifier("ar", AREA_SIZE)
    tariff_class: str = text("cl")
    profile: int = number("pr", least=min(PROFILES), most=max(PROFILES))
    persons: int = number("hp", most=_U8, default=0)
    heated_area: int = number("m2", most=FIGURE_MAX, default=0)
    meters: tuple[SlotOpened, ...] = rows(
        "mt",
        SlotOpened,
        (is_number(0, LAST_SLOT), is_service, is_name(METER_ID_SIZE)),
        most=SLOTS_MAX,
    )
    who: str = text("who", most=WHO_MAX, default="")
    community: str = text("cm", most=COMMUNITY_MAX, default="")
    """Code of the community that the premises lie in: many households', so it may be read."""
    premises: str = hexadecimal("pk", PREMISES_SIZE, default="")
    """The same for two accounts of the same address, under the node's key for personal data."""
    reason: str = text("why", most=200, default="")
    """Why there is a second account at the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts(Body):
    """What sets an account's prices changed; every fact is given, the latest record holds."""

    kind: ClassVar[str] = "facts"
    account: str = text("a")
    tariff_class: str = text("cl")
    persons: int = number("hp", most=_U8, default=0)
    persons_until: int = number("hpu", default=0)
    """Until when the proof of the household's size holds, seconds since 1970; 0: for ever."""
    inner_area: int = number("m2", most=FIGURE_MAX, default=0)
    gross_area: int = number("mg", most=FIGURE_MAX, default=0)
    heat_class: str = text("hc", most=16, default="")
    heat_from: int = number("hf", default=0)
    """Since when the premises are heated at all, seconds since 1970; 0: always."""
    suspended: tuple[int, ...] = listed("sy", is_number(1, _U16), most=8, default=())
    """Heating years in which the supply is suspended."""
    equipment: str = text("eq", most=64, default="")
    reason: str = text("why", most=200, default="")
    quota_from: int = number("qf", default=0)
    """Since when another holder has a quota of his own, seconds since 1970; 0: it goes on."""
    mixed: str = text("mx", most=mixture.MIXTURES_TEXT_MAX, default="")
    """The services of which a second class has a part (:func:`.mixture.mixtures_of`)."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: mixed use is told in its own form."""
        Body.__post_init__(self)
        mixture.mixtures_of(self.mixed)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsLifted(Body):
    """A supervisor set an account's own limits of one service until a moment; 0: no bound."""

    kind: ClassVar[str] = "limits"
    account: str = text("a")
    service: Service = service_name("sv")
    per_sale: int = number("ms", most=FIGURE_MAX, default=0)
    per_day: int = number("md", most=FIGURE_MAX, default=0)
    per_month: int = number("mm", most=FIGURE_MAX, default=0)
    per_cycle: int = number("mc", most=FIGURE_MAX, default=0)
    until: int = number("until")
    reason: str = text("why", most=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardIssued(Body):
    """A card was made for an account."""

    kind: ClassVar[str] = "card"
    account: str = text("a")
    card: str = identifier("c", CARD_NUMBER_SIZE)
    generation: int = number("g", least=1, most=_U16)
    key_version: int = number("kv", most=_U8)
    serial: str = hexadecimal("cs", default="")
    """The chip that is to become the card: no other chip gets this number."""
    chip: str = text("ct", among=("", *MemoryKind.__members__), default="")
    """What kind of chip that is, if it is a memory card, whose content can be copied."""
    replaces: str = identifier("cr", CARD_NUMBER_SIZE, default="")
    """The account's card before this one, which no meter takes any more once this was used."""
    fee: int = number("fee", most=FIGURE_MAX, default=0)
    """Money taken for the card itself."""
    reason: str = text("why", most=200, default="")
    approved: int = number("aq", default=0)
    """Seq of the approval; 0: none was needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent(Body):
    """The money is taken and owed to the customer as credit on one slot of the card.

    Everything the card record holds is here, in the chain (the witness) or in ``rest``, so the
    very same bytes can be made again; ``mac`` proves that they are.
    """

    kind: ClassVar[str] = "intent"
    basket: int = number("b", default=0)
    """Seq of the first intent paid together with this one; 0: this is the first."""
    account: str = text("a")
    card: str = identifier("c", CARD_NUMBER_SIZE)
    meter: str = identifier("m", METER_ID_SIZE)
    slot: int = number("s", most=LAST_SLOT)
    service: Service = service_name("sv")
    generation: int = number("g", least=1, most=_U16)
    count: int = number("n", least=1, most=_U32)
    total: int = number("T", most=TOTAL_MAX)
    """Lifetime total of the meter after this purchase."""
    before_generation: int = number("gb", most=_U16, implied=lambda body: body.generation)
    """What the slot showed before: generation and count; an empty slot shows 0 and 0."""
    before_count: int = number("nb", most=_U32, implied=lambda body: body.count - 1)
    quantity: int = number("qty", least=-FIGURE_MAX, most=FIGURE_MAX)
    """Below zero, like ``amount``, only where a purchase is given back."""
    amount: int = number("amt", least=-FIGURE_MAX, most=FIGURE_MAX)
    residual: int = number("res", most=FIGURE_MAX, default=0)
    """Money tendered for this meter and given back."""
    typed_by: str = text("by", among=(BY_MONEY, BY_QUANTITY), default=BY_MONEY)
    typed: int = number("x", most=FIGURE_MAX)
    """What the clerk typed: money or quantity, as ``typed_by`` says."""
    tariff: str = text("tid", default="")
    """By which it was priced; empty where nothing is bought, with version 0 and no digest."""
    tariff_version: int = number("tv", default=0)
    tariff_digest: str = hexadecimal("th", 8, default="")
    period: str = identifier("pd", PERIOD_SIZE, default="")
    used_before: int = number("u", most=TOTAL_MAX, default=0)
    """Quantity bought in the quota period before this purchase."""
    persons: int = number("hp", most=_U8, default=0)
    heated_area: int = number("m2", most=FIGURE_MAX, default=0)
    heating_year: int = number("hy", most=_U16, default=0)
    """The heating year whose basic fee this purchase paid; 0: none."""
    heating_before: int = number("hb", most=_U16, default=0)
    """The newest one paid before it, where it paid one; 0: none."""
    months_due: int = number("md", most=_MONTHS_MAX, default=0)
    charged_through: int = number("ct", most=_U16, default=0)
    """The last month whose fixed charges are taken, this purchase included; 0: none ever."""
    free_day: int = number("fd", most=_U16, default=0)
    """The last day on which free units were claimed, this purchase included; 0: none ever."""
    free_before: int = number("fb", most=_U16, default=0)
    """The last such day before this purchase, where it claimed any; 0: none ever."""
    free: int = number("fq", most=FIGURE_MAX, default=0)
    """The free units claimed with this purchase; part of ``quantity``."""
    consumed: int = number("uc", most=TOTAL_MAX, default=0)
    """Where the tariff counts consumption: what of the period is settled, this one included."""
    heat_class: str = text("hc", most=16, default="")
    heat_days: int = number("hd", most=_MONTHS_MAX, default=0)
    """Days of the season that the basic fee was taken for; 0: all."""
    heat_suspended: int = number("hs", most=1, default=0)
    equipment: str = text("eq", most=64, default="")
    """Codes of registered equipment that bears on the price, separated by spaces."""
    adjusted: int = number("ja", least=-FIGURE_MAX, most=FIGURE_MAX, default=0)
    """Money of headquarters' adjustments settled here: above zero to the customer's favour."""
    adjusted_number: int = number("jn", most=_U16, default=0)
    """Number of the cumulative adjustment that this node then knew."""
    adjusted_quantity: int = number("jq", least=-FIGURE_MAX, most=FIGURE_MAX, default=0)
    """Quantity credited, or withheld, beside what was bought; part of ``total``, not of
    ``quantity``."""
    adjusted_quantity_number: int = number("jqn", most=_U16, default=0)
    debts: tuple[DebtPaid, ...] = rows(
        "db",
        DebtPaid,
        (is_text(1, 32), is_number(-FIGURE_MAX, FIGURE_MAX), is_number(0, FIGURE_MAX)),
        default=(),
    )
    kept: int = number("kp", least=-FIGURE_MAX, most=FIGURE_MAX, default=0)
    """Money that buys nothing today and is kept to the customer's favour."""
    rounding: int = number("rd", least=-FIGURE_MAX, most=FIGURE_MAX, default=0)
    """Cash rounding: above zero the customer paid so much more."""
    lines: tuple[Line, ...] = rows(
        "ln",
        Line,
        (
            is_text(1, 32),
            is_number(0, _U8),
            is_number(-FIGURE_MAX, FIGURE_MAX),
            is_number(1 - INTEGER_LIMIT, INTEGER_LIMIT - 1),
            is_number(-FIGURE_MAX, FIGURE_MAX),
        ),
        most=_LINES_MAX,
    )
    key_version: int = number("kv", most=_U8)
    mac: str = hexadecimal("mac", 8)
    """The MAC of the card record."""
    rest: str = hexadecimal("rx", default="")
    """Fields of the card record that stand nowhere else, as the card lays them out."""
    cut: int = number("cu", most=_CUT_MAX, default=0)
    """How much of that record the card has no room for, before the MAC was made; 0: nothing."""
    act: str = text("ac", among=ACTS, default=PURCHASE)
    lower: int = number("lw", most=1, default=0)
    """1: a replacement says again what a refund left, so that its total may fall."""
    moved: int = number("mv", most=FIGURE_MAX, default=0)
    """Credit brought from the meter that this one replaces; part of ``total``, not of
    ``quantity``."""
    refunds: int = number("rf", default=0)
    """Seq, in this epoch, of the purchase that is given back; 0: none is."""
    approved: int = number("aq", default=0)
    """Seq of the approval (:class:`~yika_common.journal.card_bodies.Approved`); 0: none needed."""
    reason: str = text("why", most=200, default="")
    mixed: str = text("mx", most=mixture.NAMED_TEXT_MAX, default="")
    """Of two classes that share the meter the second's tariff (:func:`.mixture.named_beside`)."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: only a refund takes back, and prices have names."""
        Body.__post_init__(self)
        if self.mixed and mixture.named_beside(self.mixed) and not self.tariff:
            raise ValueError(Phrase("“mx” stands beside “tid” only"))
        if self.act != REFUND and self._takes_back():
            raise ValueError(
                Phrase("“qty”, “amt”, “kp”, “db” and “ln” are below zero in a refund only")
            )
        if self.act in CARRYING:
            if any((self.quantity, self.amount, self.paid, self.free)):
                raise ValueError(Phrase("“amt” and “qty” are 0 where nothing is bought"))
            if self.adjusted_quantity and (self.act != MAKEUP or self.adjusted_quantity < 0):
                raise ValueError(Phrase("“jq” without a purchase is above 0, and made up"))
        elif not (self.tariff and self.tariff_version and self.tariff_digest):
            raise ValueError(Phrase("“tid”, “tv” and “th” say what the price rests on"))

    def _takes_back(self) -> bool:
        return (
            min(self.quantity, self.amount, self.kept) < 0
            or any(debt.amount < 0 for debt in self.debts)
            or any(line.quantity < 0 for line in self.lines)
        )

    @property
    def paid(self) -> int:
        """The money the customer handed over for this meter, change given back."""
        debts = sum(debt.amount for debt in self.debts)
        return self.amount - self.adjusted + debts + self.kept + self.rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale(Body):
    """The card record of an intent was read back from the card.

    An intent of an earlier epoch of the node is named with its ``epoch`` and 8 bytes of its hash.
    """

    kind: ClassVar[str] = "sale"
    intent: int = number("iq", least=1)
    epoch: int = number("iep", most=_U32, default=0)
    hash: str = hexadecimal("ih", 8, default="")
    through: int = number("tq", default=0)
    """Seq of another intent of this epoch whose record reached a card in this one's stead: its
    total includes this one's credit.  0: the record was this intent's own."""
    carried: str = identifier("cc", CARD_NUMBER_SIZE, default="")
    """The account's later card that carries this intent's credit, as another node made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded(Body):
    """Another node moved the card on before the intent reached it; the money becomes a claim."""

    kind: ClassVar[str] = "superseded"
    intent: int = number("iq", least=1)
    epoch: int = number("iep", most=_U32, default=0)
    hash: str = hexadecimal("ih", 8, default="")
    generation_seen: int = number("gs", most=_U16)
    count_seen: int = number("ns", most=_U32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Body):
    """What a meter wrote back onto the card; ``evidence`` is the MAC that no node can make."""

    kind: ClassVar[str] = "reading"
    card: str = identifier("c", CARD_NUMBER_SIZE)
    meter: str = identifier("m", METER_ID_SIZE)
    slot: int = number("s", most=LAST_SLOT)
    generation: int = number("g", most=_U16)
    count: int = number("n", most=_U32)
    total: int = number("T")
    balance: int = number("bal", least=1 - INTEGER_LIMIT)
    used: int = number("use")
    status: int = number("st")
    sequence: int = number("wq", most=_U32)
    meter_time: int = number("mt", most=_U32)
    evidence: str = hexadecimal("e", 8)
    parameters: int = number("pv", most=_U16, default=0)
    """Version of the parameters that the meter goes by; 0: none, or the card has no room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness(Body):
    """A card carried the name of an intent of another journal: it must turn up there."""

    kind: ClassVar[str] = "witness"
    card: str = identifier("c", CARD_NUMBER_SIZE)
    slot: int = number("s", most=LAST_SLOT)
    node: str = identifier("node", NODE_ID_SIZE)
    epoch: int = number("ep", most=_U32)
    seq: int = number("seq")
    head: str = hexadecimal("h8", 8)
    """First 8 bytes of the hash before that intent."""
