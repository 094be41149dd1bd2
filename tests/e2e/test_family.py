"""The family of the original product, each system from its system card to the meter's write-back.

Headquarters orders a system card that allows what the system sells; another vending point writes
it; a new installation registers with it and may sell that and nothing else.  An account is opened
and its card made; every meter is sold to, loaded, used and loaded again; the card is read back,
the journals go to headquarters, which prices every sale alike and finds nothing odd.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from card_builders import repeatable_random
from central_builders import LI, WANG, HandClock, new_headquarters
from meter_builders import PageMemory
from node_world import OPERATOR, PASSWORD
from points_of_headquarters import AREA
from special_builders import AnyChip
from special_town import SpecialPoint, SpecialTown
from yika_common.cards.ciphers import Suite
from yika_common.meters.catalogue import fitted, model_of, usual_model
from yika_common.meters.dialogue import load
from yika_common.meters.rules import Outcome
from yika_common.meters.state import MeterPlate, consumed
from yika_common.numbers import Quantity
from yika_common.services import PROFILES, Service
from yika_common.simulated.meter_file import StoredMeter, new_meter_pages
from yika_common.sync.personal_data import Person
from yika_common.tariffs.shipped import shipped
from yika_node.services.allowed import ServiceNotAllowed
from yika_node.services.views import Account, AccountForm, By, SaleEntry, SaleState

UNIT = 1000
SINGLE, THREE = Service.ELECTRICITY_SINGLE, Service.ELECTRICITY_THREE
CLASS = "family"


@dataclass(frozen=True)
class System:
    """One member: what it may sell, and the meters on its card, by place."""

    name: str
    profile: int
    meters: tuple[tuple[int, Service, str], ...]
    tariffs: tuple[tuple[Service, str], ...] = ()
    suite: Suite = Suite.AES
    units: int = 40

    @property
    def services(self) -> tuple[Service, ...]:
        return tuple(dict.fromkeys(service for _, service, _ in self.meters))


def whole(profile: int) -> tuple[tuple[int, Service, str], ...]:
    return tuple((slot, service, "") for slot, service in enumerate(PROFILES[profile]))


USUAL = {
    SINGLE: "cn-bj-electricity-res.json",
    THREE: "cn-bj-electricity-res.json",
    Service.HEAT: "cn-heat-two-part-res.json",
    Service.GAS: "cn-bj-gas-res.json",
    Service.COLD_WATER: "cn-bj-water-res.json",
    Service.HOT_WATER: "example-hot-water-res.json",
    Service.RECYCLED_WATER: "cn-bj-recycled-water-res.json",
    Service.PURIFIED_WATER: "example-purified-water-res.json",
    Service.BULK_WATER: "cn-bj-recycled-water-res.json",
}
SIX_STEPS = ((Service.COLD_WATER, "example-six-steps.json"),)

FAMILY = (
    System("four meters, one card", 4, whole(4)),
    System("six meters, one card", 6, whole(6)),
    System("eight meters, one card", 8, whole(8)),
    System("eight meters, one card, SM4", 8, whole(8), suite=Suite.SM4),
    System("electricity, single phase", 4, ((0, SINGLE, "E1"),)),
    System("electricity, three phase", 4, ((0, THREE, "E3"),)),
    System("electricity, three phase, transformers", 4, ((0, THREE, "E3-CT40PT100"),)),
    System("electricity, both", 8, ((0, SINGLE, "E1"), (1, THREE, "E3-CT20"))),
    System("large-bore water", 4, ((3, Service.BULK_WATER, "W200"),)),
    System("water in six steps", 4, ((3, Service.COLD_WATER, "W20"),), SIX_STEPS, units=120),
    System("heat", 4, ((1, Service.HEAT, "H20-MWH"),)),
)
SYSTEMS = pytest.mark.parametrize("system", FAMILY, ids=lambda system: system.name)


def tariff_of(service: Service, name: str) -> bytes:
    """A shipped tariff for the service and the family's class, under an id of its own."""
    held = json.loads(shipped()[name])
    held |= {"id": f"family-{service}", "service": str(service), "class": CLASS}
    held.pop("area", None)
    held["golden"] = []
    return json.dumps(held, ensure_ascii=False).encode()


@dataclass
class Stage:
    """The town with one system's installation in it."""

    town: SpecialTown
    point: SpecialPoint
    system: System

    def __post_init__(self) -> None:
        self.meters: dict[str, PageMemory] = {}
        self.random = repeatable_random(77)

    def meter(self, number: str, service: Service, model: str) -> StoredMeter:
        if number not in self.meters:
            version = 129 if self.system.suite is Suite.SM4 else 1
            keys = self.town.hq.keys.meter_keys(number, version, AREA)
            plate = MeterPlate(number, service, version, Quantity(0))
            plate = fitted(plate, model_of(model) if model else usual_model(service))
            self.meters[number] = PageMemory(new_meter_pages(plate, keys))
        return StoredMeter(self.meters[number])

    def visit(self, chip: AnyChip, number: str, service: Service, model: str) -> Outcome:
        stored = self.meter(number, service, model)
        report = load(chip.contact(), self.random, stored, self.town.clock())
        assert report.written_back
        return report.outcome


@pytest.fixture
def stage(tmp_path: Path, system: System) -> Iterator[Stage]:
    clock = HandClock()
    hq = new_headquarters(tmp_path / "central", clock)
    tariffs = {service: USUAL[service] for service in system.services} | dict(system.tariffs)
    for service, name in tariffs.items():
        hq.tariff_office.publish(tariff_of(service, name), [LI, WANG])
    hq.stock.take_in_new(AREA, [service for _, service, _ in system.meters], 3, system.suite)
    hq.stock.take_in_new(AREA, [Service.GAS, SINGLE], 0)
    town = SpecialTown(tmp_path, hq, clock)
    writer = town.issuing_point()
    card, ordered = town.system_card(writer, "cpu", "N0002", system.services)
    point = town.point("N0002", token=False)
    point.hand.chip = card
    point.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    point.start.burn(OPERATOR)
    clock.pass_by(minutes=1)
    point.sync()
    yield Stage(town, point, system)
    town.close()


def opened(stage: Stage) -> Account:
    accounts = stage.point.node.accounts
    seen: set[str] = set()
    chosen = []
    for slot, service, _ in stage.system.meters:
        number = next(m for m in accounts.free_meters(service) if m not in seen)
        seen.add(number)
        chosen.append((slot, number))
    area = Quantity(96_400) if Service.HEAT in stage.system.services else None
    form = AccountForm(
        Person(name="王小明"), AREA, CLASS, stage.system.profile, 3, area, tuple(chosen)
    )
    return accounts.open(OPERATOR, form)


@SYSTEMS
def test_a_system_sells_from_its_system_card_to_the_write_back(
    stage: Stage, system: System
) -> None:
    node, clock = stage.point.node, stage.town.clock
    account = opened(stage)
    assert [meter.service for meter in account.meters] == [s for _, s, _ in system.meters]
    chip = AnyChip("cpu")
    stage.point.hand.chip = chip
    card = node.cards.initialise(OPERATOR, account.number).number
    entries = [SaleEntry(slot, By.QUANTITY, system.units * UNIT) for slot, _, _ in system.meters]
    receipt = node.sales.sell(OPERATOR, card, entries, "family")
    assert {line.sale.state for line in receipt.lines} == {SaleState.WRITTEN}
    if dict(system.tariffs) == dict(SIX_STEPS):
        assert {line.step for line in receipt.lines[0].bill.quote.lines} >= {1, 2, 3, 4, 5, 6}
    models = {slot: model for slot, _, model in system.meters}
    for meter in account.meters:
        model = models[meter.slot]
        assert stage.visit(chip, meter.meter, meter.service, model) is Outcome.CREDITED
        stored = stage.meter(meter.meter, meter.service, model)
        clock.pass_by(hours=1)
        used, _ = consumed(stored.state(), Quantity(20 * UNIT), clock(), stored.plate.register)
        stored.commit(used)
        assert stage.visit(chip, meter.meter, meter.service, model) is Outcome.NOTHING_NEW
    view = node.cards.read(OPERATOR)
    for slot in view.slots:
        assert slot.write_back is not None
        reading = slot.write_back.reading
        assert reading.total == system.units * UNIT
        assert reading.balance + reading.lifetime_use == reading.total
        assert reading.position == (1, 1)
    clock.pass_by(minutes=5)
    stage.point.sync()
    hq = stage.town.hq
    hq.rerating.drain()
    hq.detection.run()
    assert hq.detection.cases() == ()
    assert {cause: n for cause, (n, _) in hq.enquiries.differences().items()} == {}


@SYSTEMS
def test_a_system_sells_nothing_else(stage: Stage, system: System) -> None:
    strange, place = (Service.GAS, 2) if Service.GAS not in system.services else (THREE, 0)
    if strange is THREE:
        stage.town.hq.stock.take_in_new(AREA, [THREE], 0)
        stage.town.clock.pass_by(minutes=1)
        stage.point.sync()
    accounts = stage.point.node.accounts
    number = accounts.free_meters(strange)[0]
    form = AccountForm(
        Person(name="王小明"), AREA, CLASS, system.profile, 3, None, ((place, number),)
    )
    if strange is Service.GAS and system.profile == 8:
        form = AccountForm(Person(name="王小明"), AREA, CLASS, 8, 3, None, ((3, number),))
    with pytest.raises(ServiceNotAllowed):
        accounts.open(OPERATOR, form)
