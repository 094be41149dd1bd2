"""What the faces show of refunds."""

from datetime import datetime
from enum import StrEnum

from yika_common.numbers import Money, Quantity
from yika_common.values import dataclass
from yika_node.db.projections import PENDING, SUPERSEDED
from yika_node.services.views import SaleRow, SaleState


class RefundState(StrEnum):
    """How far a refund is."""

    WRITING = "writing"
    """Its record is not known to be on the card: nothing may be paid."""
    WAITING = "waiting"
    """It is on the card, and the money was not handed out."""
    PAID = "paid"
    OVERTAKEN = "overtaken"
    """Another vending point moved the card on first: the purchase stands, nothing is paid."""


@dataclass(frozen=True, slots=True)
class RefundOffer:
    """What giving a purchase back comes to.

    ``money`` is what the customer gets, ``quantity`` what comes off the card, ``total`` and
    ``counted`` (in the quota period) what is left then; ``at_once``: whether the money can be
    handed out as soon as the card is written, None while the card was not asked.
    """

    purchase: SaleRow
    money: Money
    quantity: Quantity
    total: Quantity
    counted: Quantity
    at_once: bool | None


@dataclass(frozen=True, slots=True)
class RefundView:
    """A refund: its own record, the purchase it gives back, and how far it is."""

    sale: SaleRow
    purchase: SaleRow
    reason: str
    state: RefundState
    paid_at: datetime | None
    paid_by: str
    approved_by: str

    @property
    def written(self) -> bool:
        """Its record was read back from the card."""
        return self.sale.state is SaleState.WRITTEN

    @property
    def money(self) -> Money:
        """What the customer gets."""
        return Money(-self.sale.paid)


def state_of(intent: str, paid_at: int | None) -> RefundState:
    """How far a refund is, by the state of its intent and when it was paid."""
    if paid_at is not None:
        return RefundState.PAID
    if intent == SUPERSEDED:
        return RefundState.OVERTAKEN
    return RefundState.WRITING if intent == PENDING else RefundState.WAITING
