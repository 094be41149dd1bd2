"""What the customer does at the meter after a sale: the words of its model, or general ones.

Headquarters keeps the words of each model (:attr:`Settings.instructions`).  A vending point knows
a model by its service and by what the numbers of its meters begin with; the longest one counts.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from yika_common.errors import N_
from yika_common.services import Service
from yika_common.sync.settings import Settings
from yika_node.services.views import SaleRow

CHINESE: Final = "zh"
CONTACT_TIME: Final = N_(
    "Leave the card in the meter until its display stands still: a chip card with gold contacts "
    "for about 3 seconds, a memory card for up to 15. Taken out too soon it can be put in again; "
    "nothing is lost."
)
REFUSED: Final = N_(
    "If a meter refuses the card, it was taken out too soon, it is another meter's, or its "
    "contacts are dirty. Wipe it and put it in again. Refused once more, bring it here with what "
    "the display says: nothing that was paid is lost."
)
_ELECTRICITY: Final = N_(
    "Take the card out when the display shows the new credit. Supply that was off for want of "
    "credit comes on again."
)
_HEAT: Final = N_(
    "Take the card out when the display shows the new credit. A valve that was shut may take "
    "some minutes to open."
)
_GAS: Final = N_(
    "Turn every gas appliance off first. Take the card out when the display shows the new credit."
)
_WATER: Final = N_("Shut the taps first. Take the card out when the display shows the new credit.")
_OF_KIND: Final = {
    Service.ELECTRICITY_SINGLE: _ELECTRICITY,
    Service.ELECTRICITY_THREE: _ELECTRICITY,
    Service.HEAT: _HEAT,
    Service.GAS: _GAS,
}


class Told(NamedTuple):
    """One text, and the services of the meters that it is for, each once."""

    services: tuple[Service, ...]
    text: str


class Loading(NamedTuple):
    """What is said after a sale; ``in_general`` is empty where every meter has its own words."""

    told: tuple[Told, ...]
    in_general: tuple[str, ...]


def loading(
    settings: Settings, sales: Iterable[SaleRow], say: Callable[[str], str], language: str
) -> Loading:
    """What to do at the meters of these purchases, in their order; the same text stands once.

    ``say`` puts a sentence of the program into the language.
    """
    told: dict[str, dict[Service, None]] = {}
    general = False
    for sale in sales:
        own = _own(settings, sale.service, sale.meter, language)
        general = general or not own
        text = own or say(_OF_KIND.get(sale.service, _WATER))
        told.setdefault(text, {})[sale.service] = None
    return Loading(
        tuple(Told(tuple(services), text) for text, services in told.items()),
        (say(CONTACT_TIME), say(REFUSED)) if general else (),
    )


def _own(settings: Settings, service: Service, meter: str, language: str) -> str:
    """The words of the meter's model; empty where headquarters keeps none."""
    fitting = [
        one
        for one in settings.instructions
        if one.service == service and meter.startswith(one.numbers)
    ]
    if not fitting:
        return ""
    best = max(fitting, key=lambda one: len(one.numbers))
    return best.zh if language.startswith(CHINESE) else best.en
