"""What a record can say about meters themselves: orders carried to them, one replaced by another.

As :mod:`yika_common.journal.bodies`, in whose terms these are.
"""

from typing import ClassVar, NamedTuple

from yika_common.cards.identifiers import CARD_NUMBER_SIZE, METER_ID_SIZE
from yika_common.errors import Phrase
from yika_common.journal.bodies import FIGURE_MAX, LAST_SLOT, TOTAL_MAX
from yika_common.journal.body import Body
from yika_common.services import SLOTS_MAX, Service
from yika_common.signing.fields import (
    identifier,
    is_name,
    is_number,
    is_text,
    number,
    rows,
    service_name,
    text,
)
from yika_common.values import dataclass

EXECUTED, REFUSED, UNUSED, UNCLEAR = "executed", "refused", "unused", "unclear"
OUTCOMES = (EXECUTED, REFUSED, UNUSED, UNCLEAR)
"""What became of an order: the meter followed it; wrote back and did not; never saw it; or claimed
it, and the card does not tell the rest."""

_LAST_KIND = 4
_OUTCOME_MAX = max(map(len, OUTCOMES))
_U16 = (1 << 16) - 1
_U32 = (1 << 32) - 1


class OrderDone(NamedTuple):
    """An order of a tool card and what became of it; ``kind`` and ``order`` as on the card."""

    meter: str
    kind: int
    order: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolReturned(Body):
    """A tool card came back: what each of its orders came to.

    What the meters wrote on it stands in ``reading`` records before this one.
    """

    kind: ClassVar[str] = "tool"
    card: str = identifier("c", CARD_NUMBER_SIZE)
    orders: tuple[OrderDone, ...] = rows(
        "od",
        OrderDone,
        (
            is_name(METER_ID_SIZE),
            is_number(1, _LAST_KIND),
            is_number(1, _U32),
            is_text(1, _OUTCOME_MAX),
        ),
        most=SLOTS_MAX,
    )

    def __post_init__(self) -> None:
        """Besides each field's own shape: an outcome is one of those known."""
        Body.__post_init__(self)
        if any(order.outcome not in OUTCOMES for order in self.orders):
            raise ValueError(Phrase("“od” has an outcome that there is none of"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSwapped(Body):
    """Another meter took the place of an account's, and what was left in it moves there.

    The old meter is sold nothing any more.  ``generation``, ``count`` and ``total`` are the
    newest purchase of the old meter that is known: what was bought later is not in ``moved``.
    The account's card is issued anew, and its first record for the new meter brings ``moved``, as
    far as that meter can hold it; the rest is ``owed``, and made up for later.
    """

    kind: ClassVar[str] = "swap"
    account: str = text("a")
    slot: int = number("s", most=LAST_SLOT)
    service: Service = service_name("sv")
    old: str = identifier("mo", METER_ID_SIZE)
    new: str = identifier("m", METER_ID_SIZE)
    generation: int = number("g", most=_U16)
    count: int = number("n", most=_U32)
    total: int = number("T", most=TOTAL_MAX)
    balance: int = number("bal", least=-FIGURE_MAX, most=FIGURE_MAX)
    """Of the old meter, by its last write-back; by the approved figure where ``figure`` is 1."""
    unloaded: int = number("ul", most=FIGURE_MAX, default=0)
    """Bought, and not yet taken by the old meter."""
    moved: int = number("mv", most=FIGURE_MAX)
    """What moves to the new meter: the two together, or nothing if that is below zero."""
    owed: int = number("ow", most=FIGURE_MAX, default=0)
    """Of that what the new meter has no room for now; it begins with the rest."""
    holds: int = number("mx", most=FIGURE_MAX, default=0)
    """The most that the new meter holds, as its plate says; 0: nobody said."""
    used: int = number("use", most=TOTAL_MAX)
    """Lifetime use of the old meter at the end."""
    start: int = number("si", most=TOTAL_MAX, default=0)
    """Index of the new meter at the beginning."""
    reading: int = number("wq", most=_U32, default=0)
    """Number of the old meter's write-back that says so; 0: it never wrote."""
    figure: int = number("fg", most=1, default=0)
    """1: the meter is dead, and a second person approved the balance."""
    reason: str = text("why", most=200)
    approved: int = number("aq", default=0)
    """Seq of the approval; 0: none was needed."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: nothing appears and nothing is lost on the way."""
        Body.__post_init__(self)
        if self.old == self.new:
            raise ValueError(Phrase("“m” is another meter than “mo”"))
        if self.moved != max(0, self.balance + self.unloaded):
            raise ValueError(Phrase("“mv” is “bal” and “ul” together, if that is above 0"))
        if self.owed > self.moved:
            raise ValueError(Phrase("“ow” is a part of “mv”"))
        if self.figure and not self.approved:
            raise ValueError(Phrase("“fg” needs “aq”"))
