"""What a supervisor fills in to amend an account: plain values, as its page hands them over."""

from datetime import datetime

from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.tariffs.mixture import Mixture
from yika_common.values import dataclass


@dataclass(frozen=True, slots=True)
class FactsForm:
    """What a supervisor fills in to amend what sets an account's prices; it replaces all of it.

    ``persons`` 0: not known; times None: for ever, and always; ``mixed``: the services of which a
    second class has a part.
    """

    tariff_class: str
    persons: int
    persons_until: datetime | None
    inner_m2: Quantity | None
    gross_m2: Quantity | None
    heat_class: str
    heat_from: datetime | None
    suspended: tuple[int, ...]
    equipment: tuple[str, ...]
    reason: str
    mixed: tuple[Mixture, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitsForm:
    """What a supervisor fills in to set an account's own limits of a service; 0: no bound."""

    service: Service
    per_sale: Quantity
    per_day: Quantity
    per_month: Quantity
    per_cycle: Quantity
    until: datetime
    reason: str
