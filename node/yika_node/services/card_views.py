"""What the pages about cards' lives are shown."""

from datetime import datetime

from yika_common.numbers import Money
from yika_common.values import dataclass
from yika_node.services.views import SaleRow


@dataclass(frozen=True, slots=True)
class CardHistory:
    """A card from issue to return, as this vending point knows it."""

    card: str
    issued_at: datetime | None
    generation: int
    replaces: str
    replaced_by: str
    lost_since: datetime | None
    ended_at: datetime | None
    how: str


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card in a list: lost since, or ended how and when."""

    card: str
    account: str
    at: datetime
    operator: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Slip:
    """What the customer takes home with a new card: what it cost, and what it carries.

    Its number is the card's: none is given twice.
    """

    card: str
    replaces: str
    account: str
    generation: int
    at: datetime
    operator: str
    reason: str
    fee: Money
    lines: tuple[SaleRow, ...]
