"""The catalogue of reference meters: what each model counts, stores, and does by itself.

Every figure is in the unit of the service, 1000 of our integers to one of it; of a meter that
holds money, levels are in the currency's unit.  ``step`` is the least that the register counts,
``alarm`` warns, ``second`` closes once until a card is shown, ``lends`` is the overdraft, which
the meter takes back from the next purchase.

============  ====================  ======  =======  =====  ======  =====  ======================
model         meter                 ratio   step     alarm  second  lends  closes by itself
============  ====================  ======  =======  =====  ======  =====  ======================
E1            single phase          1       0.01     20     10      0      no battery
E3            three phase           1       0.01     60     30      0      no battery
E3-CT20       current 100/5         20      0.2      200    100     0      no battery
E3-CT40PT100  200/5, 10 kV/100 V    4000    4        9000   4000    0      no battery
H20           heat, reads kWh       1       1        300    100     50     battery low
H20-MWH       heat, reads MWh       1       1        300    100     50     battery low
G4            gas                   1       0.01     10     5       0      battery low
G4-SEALED     gas                   1       0.01     10     5       0      battery, cover, magnet
W20           waters                1       0.01     5      2       3      battery low
W100          bulk water, DN 100    1       0.1      50     20      0      battery low
W200          bulk water, DN 200    1       1        500    200     0      battery low
============  ====================  ======  =======  =====  ======  =====  ======================

A meter credits what is sold in whole quanta: 0.1 of the unit, 1 kWh of heat, 0.01 of the currency.
Each keeps the use of six months.
"""

from collections.abc import Iterable
from typing import Final

from yika_common.cards.parameters import Levels
from yika_common.errors import N_, YikaError
from yika_common.meters.register import DIRECT, Register
from yika_common.meters.state import Holds, MeterPlate
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.values import dataclass

MODEL_MAX: Final = 16
"""Characters of a model's name, at most."""

_UNIT = 1000
_TENTH, _HUNDREDTH = Quantity(100), Quantity(10)
_CEILING = Quantity(100_000 * _UNIT)
_MONEY_LEVELS = Levels(Quantity(20 * _UNIT), Quantity(0), Quantity(10 * _UNIT), Quantity(0))


class ModelUnknown(YikaError):
    """A model that the catalogue does not have."""

    code = "meter_model_unknown"
    sentence = N_(
        "The catalogue has no meter “%(name)s”. No meter was made. There are: %(names)s."
    )


class ModelUnfit(YikaError):
    """A model that measures something else than the meter is for."""

    code = "meter_model_unfit"
    sentence = N_(
        "Meter %(meter)s measures %(service)s, which a %(name)s does not. No meter was made. "
        "Choose one of: %(names)s."
    )


@dataclass(frozen=True, slots=True)
class Model:
    """A meter as its maker describes it.

    Attributes:
        name: capitals, digits and hyphens.
        services: what it can measure.
        levels: as it leaves the factory; ``overdraft`` is the most it ever lends.
        register: how it counts.
        quantum: the least that it credits.
        battery: it runs on one.
        battery_closes: it closes when that is low.
        tamper_closes: it closes when its cover is opened or a magnet comes near.
        reads: the unit on its face.
        reads_per: how many of the service's units make one of those.
        contact_s: how long the card has to stay in it.
        ceiling: the most credit it ever stores.
    """

    name: str
    services: tuple[Service, ...]
    levels: Levels
    register: Register = DIRECT
    quantum: Quantity = _TENTH
    battery: bool = True
    battery_closes: bool = True
    tamper_closes: bool = False
    reads: str = ""
    reads_per: int = 1
    contact_s: int = 2
    ceiling: Quantity = _CEILING

    @property
    def unit(self) -> str:
        """The unit on its face."""
        return self.reads or self.services[0].unit


def _levels(alarm: int, second: int, lends: int = 0) -> Levels:
    """Levels in whole units; the factory's most is the ceiling."""
    return Levels(*(Quantity(level * _UNIT) for level in (alarm, 0, second, lends)))


def _electricity(
    name: str, service: Service, levels: Levels, ratio: int = 1, step: int = 10
) -> Model:
    return Model(
        name,
        (service,),
        levels,
        Register(ratio, Quantity(step)),
        battery=False,
        battery_closes=False,
        contact_s=1,
    )


def _water(name: str, services: Iterable[Service], levels: Levels, step: int) -> Model:
    return Model(name, tuple(services), levels, Register(1, Quantity(step)), contact_s=3)


_SINGLE, _THREE = Service.ELECTRICITY_SINGLE, Service.ELECTRICITY_THREE
_WATERS = (
    Service.COLD_WATER,
    Service.HOT_WATER,
    Service.RECYCLED_WATER,
    Service.PURIFIED_WATER,
)
_HEAT = _levels(300, 100, 50)
_KWH = Register(1, Quantity(_UNIT))
_GAS = Register(1, _HUNDREDTH)

MODELS: Final = (
    _electricity("E1", _SINGLE, _levels(20, 10)),
    _electricity("E3", _THREE, _levels(60, 30)),
    _electricity("E3-CT20", _THREE, _levels(200, 100), ratio=20, step=200),
    _electricity("E3-CT40PT100", _THREE, _levels(9000, 4000), ratio=4000, step=4000),
    Model("H20", (Service.HEAT,), _HEAT, _KWH, Quantity(_UNIT)),
    Model("H20-MWH", (Service.HEAT,), _HEAT, _KWH, Quantity(_UNIT), reads="MWh", reads_per=1000),
    Model("G4", (Service.GAS,), _levels(10, 5), _GAS),
    Model("G4-SEALED", (Service.GAS,), _levels(10, 5), _GAS, tamper_closes=True),
    _water("W20", _WATERS, _levels(5, 2, 3), 10),
    _water("W100", (Service.BULK_WATER,), _levels(50, 20), 100),
    _water("W200", (Service.BULK_WATER,), _levels(500, 200), 1000),
)
"""All models; the first for a service is the one that is meant if none is named."""


def model_of(name: str) -> Model:
    """The model of that name.

    Raises:
        ModelUnknown: there is none.
    """
    for model in MODELS:
        if model.name == name:
            return model
    raise ModelUnknown(name=name[:MODEL_MAX], names=_names(MODELS))


def usual_model(service: Service) -> Model:
    """The model that is meant if none is named."""
    return next(model for model in MODELS if service in model.services)


def fitted(plate: MeterPlate, model: Model) -> MeterPlate:
    """The plate of a meter of that model; its number, keys and what it holds stay.

    Raises:
        ModelUnfit: the model does not measure what the meter is for.
    """
    if plate.service not in model.services:
        fitting = [other for other in MODELS if plate.service in other.services]
        raise ModelUnfit(
            meter=plate.meter_id,
            service=str(plate.service),
            name=model.name,
            names=_names(fitting),
        )
    money = plate.holds is Holds.MONEY
    return MeterPlate(
        meter_id=plate.meter_id,
        service=plate.service,
        key_version=plate.key_version,
        ceiling=model.ceiling,
        holds=plate.holds,
        model=model.name,
        levels=_MONEY_LEVELS if money else model.levels,
        register=model.register,
        quantum=_HUNDREDTH if money else model.quantum,
        battery_closes=model.battery_closes,
        tamper_closes=model.tamper_closes,
    )


def _names(models: Iterable[Model]) -> str:
    return ", ".join(model.name for model in models)
