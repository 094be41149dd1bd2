"""What a price depends on besides the tariff and the sum."""

from dataclasses import dataclass

from yika_common.numbers import Quantity
from yika_common.tariffs.errors import UsageImpossible


@dataclass(frozen=True, slots=True)
class Usage:
    """What is known of the customer and the meter at the moment of a quote.

    Attributes:
        used: already counted in this quota period, 1/1000 of the service's unit.
        quantum: the least the meter can count, 1/1000 of the unit; sales are multiples of it.
        persons: members of the household; ``None`` for the included number.
        area_m2: heated area, 1/1000 m²; ``None`` when nobody recorded it.
        heating_year_paid: whether the basic fee of this heating year was already taken.
        months_due: months for which fixed charges are owed.

    Raises:
        UsageImpossible: a number is below its least value.
    """

    used: Quantity
    quantum: Quantity
    persons: int | None = None
    area_m2: Quantity | None = None
    heating_year_paid: bool = True
    months_due: int = 0

    def __post_init__(self) -> None:
        for key, value, least in (
            ("used", self.used, 0),
            ("quantum", self.quantum, 1),
            ("persons", self.persons, 1),
            ("area_m2", self.area_m2, 1),
            ("months_due", self.months_due, 0),
        ):
            if value is not None and value < least:
                raise UsageImpossible(key=key, value=value)
