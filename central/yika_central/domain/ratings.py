"""What re-rating says of a purchase: the right price, and the difference by cause.

The causes are the rungs of a ladder from what was charged to what is right.  On each rung one more
of the node's assumptions is replaced by the truth:

=================  ===============================================================================
rung               what is replaced
=================  ===============================================================================
``wrong_price``    what was charged, by what the tariff named asks on the node's own assumptions
``unknown_tariff`` the same, where headquarters never published the tariff named
``stale_tariff``   the tariff named, by the one in force
``quota_split``    the quantity the node knew of, by all that was bought before in the period
``doubled_charge`` a fee that had already been taken, by none
``missed_charge``  no fee, by the one that was due
``superseded``     everything: the credit never reached the meter
=================  ===============================================================================
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yika_central.domain.purchases import Position, TariffUsed
from yika_common.numbers import Money, Quantity


class Cause(StrEnum):
    """Why a sale was charged something else than it should have cost."""

    WRONG_PRICE = "wrong_price"
    UNKNOWN_TARIFF = "unknown_tariff"
    STALE_TARIFF = "stale_tariff"
    QUOTA_SPLIT = "quota_split"
    DOUBLED_CHARGE = "doubled_charge"
    MISSED_CHARGE = "missed_charge"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Customer:
    """What selects an account's tariff."""

    tariff_class: str
    area: str


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a difference that one cause made; never zero."""

    cause: Cause
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """What a purchase should have cost.

    ``difference`` is ``amount`` less what was charged: above zero the customer owes it, below zero
    it is owed to him.  A purchase that cannot be priced has the code of the error as ``problem``,
    no tariff, and the difference 0.

    Raises:
        ValueError: the shares do not add up to the difference.
    """

    position: Position
    counted_at: datetime
    amount: Money
    difference: Money
    shares: tuple[Share, ...] = ()
    tariff: TariffUsed | None = None
    period: str = ""
    used_before: Quantity | None = None
    heating_year: int | None = None
    straddles: bool = False
    problem: str = ""

    def __post_init__(self) -> None:
        if sum(share.amount for share in self.shares) != self.difference:
            raise ValueError(f"the shares of {self.position} are not its difference")
