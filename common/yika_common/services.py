"""The nine services, their units, and the meters one card can hold.

Source: the original product family (four, six and eight meters on one card; single-phase and
three-phase electricity; large-bore water).  The number of a service is its byte on the card.
"""

from enum import StrEnum

from yika_common.numbers import Quantity


class Service(StrEnum):
    """What a meter measures; the text is the key used in tariff files."""

    ELECTRICITY_SINGLE = "electricity_single"
    ELECTRICITY_THREE = "electricity_three"
    HEAT = "heat"
    GAS = "gas"
    COLD_WATER = "cold_water"
    HOT_WATER = "hot_water"
    RECYCLED_WATER = "recycled_water"
    PURIFIED_WATER = "purified_water"
    BULK_WATER = "bulk_water"

    @property
    def number(self) -> int:
        """The byte that stands for the service on a card, 1 to 9."""
        return _NUMBERS[self]

    @property
    def unit(self) -> str:
        """The unit its quantities are counted in, 1000 of our integers to one of it."""
        return "kWh" if self in _ENERGY else "m³"

    @property
    def quantum(self) -> Quantity:
        """The least that its meters count, 1/1000 of its unit."""
        return Quantity(1000 if self is Service.HEAT else 100)


_NUMBERS = {service: number for number, service in enumerate(Service, start=1)}
_BY_NUMBER = {number: service for service, number in _NUMBERS.items()}
_ENERGY = frozenset({Service.ELECTRICITY_SINGLE, Service.ELECTRICITY_THREE, Service.HEAT})

SLOTS_MAX = 8
"""Meters on one card, at most; a slot is 0 to 7."""

PROFILES: dict[int, tuple[Service, ...]] = {
    4: (Service.ELECTRICITY_SINGLE, Service.HEAT, Service.GAS, Service.COLD_WATER),
    6: (
        Service.ELECTRICITY_SINGLE,
        Service.HEAT,
        Service.GAS,
        Service.COLD_WATER,
        Service.HOT_WATER,
        Service.RECYCLED_WATER,
    ),
    8: (
        Service.ELECTRICITY_SINGLE,
        Service.ELECTRICITY_SINGLE,
        Service.HEAT,
        Service.GAS,
        Service.COLD_WATER,
        Service.HOT_WATER,
        Service.RECYCLED_WATER,
        Service.PURIFIED_WATER,
    ),
}
"""The original family's cards: number of meters to the service of each slot, in slot order."""


_ALSO = {
    Service.ELECTRICITY_SINGLE: (Service.ELECTRICITY_THREE,),
    Service.COLD_WATER: (Service.BULK_WATER,),
}


def services_of_place(service: Service) -> tuple[Service, ...]:
    """What may be measured in a place of the card made for this service; itself first.

    A three-phase meter stands where a single-phase one would, and a large-bore water meter where
    one for cold water would.
    """
    return (service, *_ALSO.get(service, ()))


def service_by_number(number: int) -> Service:
    """The service whose byte this is.

    Raises:
        ValueError: no service has that byte.
    """
    try:
        return _BY_NUMBER[number]
    except KeyError:
        raise ValueError(f"no service has number {number}") from None
