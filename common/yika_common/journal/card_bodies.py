"""What a record can say about cards beyond selling: lost, ended, written again, approved.

What becomes of a *special card* (system, managing, tool) is told from its issue to its return.

As :mod:`yika_common.journal.bodies`, in whose terms these are.
"""

from typing import ClassVar, NamedTuple

from yika_common.cards.identifiers import CARD_NUMBER_SIZE, METER_ID_SIZE
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.journal.body import Body
from yika_common.signing.fields import hexadecimal, identifier, is_number, number, rows, text
from yika_common.values import dataclass

ACT_DIGEST_SIZE = 32
_U16 = (1 << 16) - 1
_U32 = (1 << 32) - 1
_SLOTS = 8
_LAST_SLOT = _SLOTS - 1

LOST, FOUND = "lost", "found"
RETIRED, RECYCLED, SPOILT, KEPT = "retired", "recycled", "spoilt", "kept"
TURNED_AWAY, TOLD, TAKEN_IN = "refused", "told", "kept"
RECEIVED, SENT, USELESS = "received", "sent", "useless"
CHIPS_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReported(Body):
    """The holder said that the card is lost, or has it again; a lost card is sold nothing."""

    kind: ClassVar[str] = "report"
    account: str = text("a")
    card: str = identifier("c", CARD_NUMBER_SIZE)
    state: str = text("st", among=(LOST, FOUND))
    reason: str = text("why", most=200, default="")
    """How the caller was recognised, or what else there is to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEnded(Body):
    """A card is out of use: for good, made blank again, unreadable, or taken in at the counter.

    Written down before the chip is changed; a chip that was not changed yet is shown again.
    """

    kind: ClassVar[str] = "ended"
    account: str = text("a", default="")
    card: str = identifier("c", CARD_NUMBER_SIZE)
    serial: str = hexadecimal("cs", default="")
    how: str = text("how", among=(RETIRED, RECYCLED, SPOILT, KEPT))
    reason: str = text("why", most=200, default="")


class Through(NamedTuple):
    """What was settled of money through a slot, up to the purchase of that place in its chain."""

    slot: int
    generation: int
    count: int  # type: ignore[assignment]  # instead of the tuple's own method
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCleared(Body):
    """The account's card that ended here can be sold to no more: its chip was changed.

    It is certain what was settled with it: nothing that is not told here was settled through it.
    """

    kind: ClassVar[str] = "cleared"
    account: str = text("a")
    card: str = identifier("c", CARD_NUMBER_SIZE)
    number: int = number("jn", most=_U16, default=0)
    """The latest of headquarters' adjustments that was applied; 0: none was."""
    slots: tuple[Through, ...] = rows(
        "sl",
        Through,
        (
            is_number(0, _LAST_SLOT),
            is_number(1, _U16),
            is_number(0, _U32),
            is_number(-FIGURE_MAX, FIGURE_MAX),
        ),
        most=_SLOTS,
        default=(),
    )
    """By slot; one through which nothing was ever bought is not here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockMoved(Body):
    """Blank cards came to the counter, left it, or turned out to be useless before they were made.

    Cards that are issued, and cards that come back, are counted by their own records.
    """

    kind: ClassVar[str] = "stock"
    what: str = text("w", among=(RECEIVED, SENT, USELESS))
    chips: int = number("n", least=1, most=CHIPS_MAX)
    reason: str = text("why", most=200, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDone(Body):
    """What headquarters' list says of a card was done when the card was shown; once at a node.

    The card was turned away for the first time, its holder was told, or the card was taken in.
    """

    kind: ClassVar[str] = "notice"
    notice: int = number("id", least=1, most=_U32)
    """Its number among those of the card, or of the meter."""
    card: str = identifier("c", CARD_NUMBER_SIZE)
    """The card that was shown."""
    meter: str = identifier("m", METER_ID_SIZE, default="")
    """The meter that the notice is about; empty: it is about the card."""
    how: str = text("how", among=(TURNED_AWAY, TOLD, TAKEN_IN))
    reason: str = text("why", most=200, default="")
    """What came of it, in the clerk's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplemented(Body):
    """The record of a committed intent is written onto its card once more (补写).

    The bytes are the intent's own: a meter that took them takes nothing.
    """

    kind: ClassVar[str] = "supplement"
    intent: int = number("iq", least=1)
    epoch: int = number("iep", most=_U32, default=0)
    hash: str = hexadecimal("ih", 8, default="")
    card: str = identifier("c", CARD_NUMBER_SIZE)
    slot: int = number("s", most=_LAST_SLOT)
    reason: str = text("why", most=200)
    approved: int = number("aq", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPaid(Body):
    """The money of a refund was handed out: from now on no card brings the credit back.

    Its record was read back from the card, and either no meter had claimed the purchase, or the
    meter's write-back showed that it holds the credit no more.
    """

    kind: ClassVar[str] = "refunded"
    intent: int = number("iq", least=1)
    """Seq of the refund's intent, as a ``sale`` names it."""
    epoch: int = number("iep", most=_U32, default=0)
    hash: str = hexadecimal("ih", 8, default="")
    amount: int = number("amt", most=FIGURE_MAX)
    """Money handed out: what was paid for the purchase."""
    write_back: int = number("wq", most=_U32, default=0)
    """Number of the meter's write-back that shows it; 0: no meter had claimed the purchase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved(Body):
    """A second person approved one exact act, with a managing card and its PIN.

    The act is the record, or the first of the records, that name this one's seq.
    """

    kind: ClassVar[str] = "approved"
    act: str = hexadecimal("ah", ACT_DIGEST_SIZE)
    """SHA-256 of what is approved (:mod:`yika_common.cards.approval`)."""
    card: str = identifier("c", CARD_NUMBER_SIZE)
    """The managing card."""
    holder: str = text("by", most=64)
    counter: int = number("n", most=_U32)
    """The card's own count of approvals, this one included."""
    proof: str = hexadecimal("e", 8)
    """The card's MAC over the digest and the count, which headquarters can check."""


APPROVALS = ("approved", "phone")
"""Kinds of records that approve the act right after them."""

SYSTEM, MANAGING, TOOL = "system", "managing", "tool"
ISSUED, RETURNED, BURNT = "issued", "returned", "burnt"
MISSING, COPIED = "missing", "copied"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialCard(Body):
    """A special card was issued, came back, was used up, is missing, or is there twice.

    Written down before the chip is changed; a chip that was not changed yet is shown again.
    """

    kind: ClassVar[str] = "special"
    card: str = identifier("c", CARD_NUMBER_SIZE)
    what: str = text("w", among=(SYSTEM, MANAGING, TOOL))
    state: str = text("st", among=(ISSUED, RETURNED, BURNT, MISSING, COPIED))
    holder: str = text("by", most=64, default="")
    serial: str = hexadecimal("cs", default="")
    until: int = number("u", most=_U32, default=0)
    """The moment after which it is good for nothing, in seconds since 1970; 0: none."""
    reason: str = text("why", most=200, default="")
