"""The town's meters: reference meters in files, made from the keys that headquarters exported."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from yika_common.infra.entropy import system_random
from yika_common.infra.wall_clock import system_clock
from yika_common.meters.catalogue import fitted, usual_model
from yika_common.meters.dialogue import load
from yika_common.meters.factory import parse_key_file
from yika_common.meters.rules import Outcome
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.simulated.card_hold import CardHold
from yika_common.simulated.chip_file import in_a_reader, open_any_card_file
from yika_common.simulated.meter_file import new_meter_file, open_meter_file
from yika_common.tools.demo.processes import StepFailed

CEILING = Quantity(100_000_000)
"""What a key file is read with; the meter's model says how much it stores."""


class Depot:
    """Meters that came from the factory and wait to be built in, by area and service."""

    def __init__(self, factory: Path, folder: Path) -> None:
        self._factory = factory
        self._folder = folder
        self._waiting: dict[tuple[str, Service], list[str]] = defaultdict(list)

    def receive(self, area: str, meters: Sequence[Mapping[str, str]]) -> None:
        """Take in what headquarters put into stock: ``meter`` and ``service`` of each."""
        for entry in meters:
            self._waiting[area, Service(entry["service"])].append(entry["meter"])

    def take(self, area: str, services: Sequence[Service]) -> dict[int, str]:
        """Build in one meter for each slot; slot to meter number."""
        chosen = {}
        for slot, service in enumerate(services):
            meter = self._waiting[area, service].pop(0)
            keys = (self._factory / f"{meter}.json").read_bytes()
            plate, held = parse_key_file(keys, CEILING)
            plate = fitted(plate, usual_model(plate.service))
            new_meter_file(self._folder / meter, plate, held)
            chosen[slot] = meter
        return chosen

    def load(self, card: Path, meters: Mapping[int, str]) -> int:
        """Put the card into each of the meters; how many took credit.

        Raises:
            StepFailed: a meter refused the card.
        """
        credited = 0
        for meter in meters.values():
            stored = open_meter_file(self._folder / meter)
            held = in_a_reader(open_any_card_file(card, system_random))
            with CardHold(card):
                report = load(held, system_random, stored, system_clock())
            if report.outcome is Outcome.REFUSED:
                raise StepFailed(f"meter {meter} refused {card.name}: {report.reason}")
            credited += report.outcome is Outcome.CREDITED
        return credited

    def balance(self, meter: str) -> Quantity:
        """The credit a meter holds, in 1/1000 of its unit."""
        return open_meter_file(self._folder / meter).state().balance
