"""Bounds of what may be sold, and until when a tariff may be sold by."""

from datetime import datetime
from enum import StrEnum

from yika_common.errors import Phrase
from yika_common.numbers import Money, Quantity
from yika_common.tariffs.errors import Unsound
from yika_common.values import dataclass


class HoardCounts(StrEnum):
    """What is held against a hoard limit: the credit not yet used, or that and the sale."""

    REMAINING = "remaining"
    REMAINING_AND_SALE = "remaining_and_sale"


@dataclass(frozen=True, slots=True)
class Hoard:
    """How much credit a customer may hold unused."""

    quantity: Quantity
    counts: HoardCounts


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what one sale, or a day, month or quota period may hold; ``None`` for no bound.

    Raises:
        Unsound: a most below the least, so that nothing could ever be sold.
    """

    min_quantity: Quantity | None = None
    max_quantity_per_sale: Quantity | None = None
    max_quantity_per_cycle: Quantity | None = None
    max_quantity_per_day: Quantity | None = None
    max_quantity_per_month: Quantity | None = None
    min_amount: Money | None = None
    max_amount_per_sale: Money | None = None
    max_amount_per_day: Money | None = None
    max_amount_per_month: Money | None = None
    hoard: Hoard | None = None

    def __post_init__(self) -> None:
        for least_key, most_keys in _LEAST_AND_MOST:
            least: int = getattr(self, least_key) or 0
            for key in most_keys:
                most: int | None = getattr(self, key)
                if most is not None and most < least:
                    raise Unsound(key, Phrase("it must not be below %(least)s", least=least_key))
        hoard = self.hoard
        if (
            hoard is not None
            and hoard.counts is HoardCounts.REMAINING_AND_SALE
            and hoard.quantity < (self.min_quantity or 0)
        ):
            raise Unsound(
                "hoard.quantity", Phrase("it must not be below %(least)s", least="min_quantity")
            )

    @property
    def most_quantities(self) -> dict[str, Quantity]:
        """The bounds of quantities that are set, by their keys."""
        keys = _LEAST_AND_MOST[0][1]
        return {key: most for key in keys if (most := getattr(self, key)) is not None}


_LEAST_AND_MOST = (
    (
        "min_quantity",
        (
            "max_quantity_per_sale", "max_quantity_per_cycle", "max_quantity_per_day",
            "max_quantity_per_month",
        ),
    ),
    ("min_amount", ("max_amount_per_sale", "max_amount_per_day", "max_amount_per_month")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expiry:
    """Until when a tariff is fresh, and until when it may be sold by at all; aware UTC."""

    soft: datetime
    hard: datetime
