"""What re-rating says of a purchase: the right price, and the difference by cause.

The causes are the rungs of a ladder from what was charged to what is right.  On each rung one more
of the node's assumptions is replaced by the truth:

=================  ===============================================================================
rung               what is replaced
=================  ===============================================================================
``wrong_price``    what was charged, by what the tariff named asks on the node's own assumptions
``unknown_tariff`` the same, where headquarters never published the tariff named
``stale_tariff``   the version named, by the one in force for the class it is for
``wrong_class``    that one, by the one in force for the account's class
``wrong_facts``    persons, areas and equipment that the node assumed, by the account's own
``quota_split``    the quantity the node knew of, by all that was bought before in the period
``doubled_charge`` a fee that had already been taken, by none
``missed_charge``  no fee, by the one that was due
``free_units``     the free units claimed, by those that were due
``late_void``      what purchases that are void or superseded since had counted for, by nothing
``superseded``     everything: the credit never reached the meter
``voided``         everything: headquarters has voided the purchase
=================  ===============================================================================
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yika_central.domain.purchases import Position, Purchase, TariffUsed
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.mixture import Mixture


class Cause(StrEnum):
    """Why a sale was charged something else than it should have cost."""

    WRONG_PRICE = "wrong_price"
    UNKNOWN_TARIFF = "unknown_tariff"
    STALE_TARIFF = "stale_tariff"
    WRONG_CLASS = "wrong_class"
    WRONG_FACTS = "wrong_facts"
    QUOTA_SPLIT = "quota_split"
    DOUBLED_CHARGE = "doubled_charge"
    MISSED_CHARGE = "missed_charge"
    FREE_UNITS = "free_units"
    LATE_VOID = "late_void"
    SUPERSEDED = "superseded"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Customer:
    """What selects an account's tariff; ``mixture`` says what part a second class has."""

    tariff_class: str
    area: str
    mixture: Mixture | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What sets an account's prices from ``since`` (aware) on, until the next one."""

    since: datetime
    tariff_class: str
    facts: Facts

    def customer(self, service: Service, area: str) -> Customer:
        """What selects its tariff of a service."""
        return Customer(self.tariff_class, area, self.facts.mixture_of(service))


@dataclass(frozen=True, slots=True)
class Premises:
    """An account as headquarters knows it: the area it lies in, and its standings by time.

    The first standing holds for everything before it too.

    Raises:
        ValueError: there is no standing, or they are not in order.
    """

    area: str
    standings: tuple[Standing, ...]

    def __post_init__(self) -> None:
        times = [standing.since for standing in self.standings]
        if not times or times != sorted(times):
            raise ValueError("an account has standings, in order of time")

    def standing_at(self, at: datetime) -> Standing:
        """The one that holds at a moment."""
        found = self.standings[0]
        for standing in self.standings[1:]:
            if standing.since > at:
                break
            found = standing
        return found


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a difference that one cause made; never zero."""

    cause: Cause
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """What a purchase should have cost.

    ``difference`` is ``amount`` less what was charged: above zero the customer owes it, below zero
    it is owed to him.  ``charged_through`` and ``free_day`` say how far the account's months and
    free units were settled after it.  A purchase that cannot be priced has the code of the error
    as ``problem``, no tariff, and the difference 0.

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
    charged_through: int = 0
    free_day: int = 0
    straddles: bool = False
    problem: str = ""

    def __post_init__(self) -> None:
        if sum(share.amount for share in self.shares) != self.difference:
            raise ValueError(f"the shares of {self.position} are not its difference")

    def confirms(self, purchase: Purchase) -> bool:
        """Whether it says nothing that the purchase does not say itself."""
        return (
            not (self.difference or self.shares or self.straddles or self.problem)
            and self.counted_at == purchase.stamped_at
            and self.tariff == purchase.tariff
            and self.period == purchase.period
            and self.used_before == purchase.used_before
            and self.heating_year == purchase.heating_year
            and self.charged_through == purchase.charged_through
            and self.free_day == purchase.free_day
        )
