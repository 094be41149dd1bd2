"""A practice folder: the vending point, its little office, and a table with cards and meters.

====================  ==========================================================
in the folder         what it is
====================  ==========================================================
``office.json`` …     the office (:mod:`yika_node.practice.office`)
``node``              the data folder of the practice vending point
``cards``             cards on the table: households' and blank ones
``meters``            the households' meters, and spare ones
``ready.json``        written last: a folder without it is made anew
====================  ==========================================================
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yika_common.cards.special.contact import issue
from yika_common.clock import Clock
from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.files import replace_file
from yika_common.infra.passwords import Cost
from yika_common.infra.pins import stretched
from yika_common.meters.catalogue import fitted, usual_model
from yika_common.meters.state import MeterPlate
from yika_common.numbers import Quantity
from yika_common.services import PROFILES, Service
from yika_common.simulated.card_file import new_card_file
from yika_common.simulated.meter_file import new_meter_file
from yika_common.sync.personal_data import Person
from yika_node.bootstrap import Node, build
from yika_node.config import FILE_NAME, Config
from yika_node.practice.office import AREA, METERED, METERS_EACH, PracticeOffice, meter_number
from yika_node.practice.table import TableReader
from yika_node.services.staff_office import StaffOffice
from yika_node.services.views import AccountForm, Level

SUPERVISOR, CLERK = "lin", "mei"
PASSWORD: Final = "practice at the counter"  # noqa: S105 - told to everybody, opens nothing real
PIN: Final = "481516"
PORT: Final = 8641
BLANKS: Final = 6

_READY_FILE: Final = "ready.json"
_CEILING: Final = Quantity(100_000_000)


class NotAPracticeFolder(YikaError):
    """What lies where practice should be is something else."""

    code = "not_a_practice_folder"
    sentence = N_(
        "The folder %(folder)s is not one of practice. Nothing was changed or started. Move it "
        "away, then start practice again."
    )


@dataclass(frozen=True, slots=True)
class Household:
    """Who has an account when practice begins."""

    name: str
    phone: str
    address: str
    persons: int
    heated: int
    profile: int


HOUSEHOLDS: Final = (
    Household("王小明", "13800000001", "练习路 1 号", 3, 96_400, 8),
    Household("李秀英", "13800000002", "练习路 2 号", 5, 120_000, 6),
    Household("Zhang Wei", "13800000003", "练习路 3 号", 2, 58_750, 4),
)


@dataclass(frozen=True, slots=True)
class Practice:
    """Practice that is open: its node, its reader, its folder, and where its beginning ends.

    ``begun`` is the last record of the set-up: what came after it the learner did.
    """

    folder: Path
    node: Node
    reader: TableReader
    office: PracticeOffice
    begun: int


def folder_beside(data: Path) -> Path:
    """Where practice lies: beside the real data folder, never in it."""
    whole = data.absolute()
    return whole.with_name(f"{whole.name}-practice")


def clear(folder: Path) -> None:
    """Throw practice away.

    Raises:
        NotAPracticeFolder: something else lies there.
    """
    if not folder.exists():
        return
    if not (folder / "office.json").exists() and any(folder.iterdir()):
        raise NotAPracticeFolder(folder=str(folder))
    shutil.rmtree(folder)


def open_practice(
    folder: Path,
    clock: Clock,
    random: RandomSource,
    *,
    like: Config | None = None,
    cost: Cost | None = None,
) -> Practice:
    """Open practice, made where it is not there or was not finished; whoever opens it closes it.

    Args:
        folder: of practice.
        clock: the wall clock.
        random: unpredictable bytes.
        like: the real vending point's configuration, whose place practice shares.
        cost: what guessing a password costs; None: the usual.

    Raises:
        NotAPracticeFolder: something else lies there.
        AlreadyRunning: practice is open already.
    """
    if not (folder / _READY_FILE).exists():
        clear(folder)
        _make(folder, clock, random, like or Config(), cost)
    office = PracticeOffice(folder, clock, random)
    reader = TableReader(random)
    node = _built(folder, office, reader, clock, random, cost)
    begun = json.loads((folder / _READY_FILE).read_bytes())["begun"]
    return Practice(folder, node, reader, office, begun)


def _make(
    folder: Path, clock: Clock, random: RandomSource, like: Config, cost: Cost | None
) -> None:
    for name in ("node", "cards", "meters"):
        (folder / name).mkdir(parents=True)
    (folder / "node" / FILE_NAME).write_text(
        f"[web]\nport = {PORT}\n[cash]\nshifts = true\n"
        f'[place]\ntime_zone = "{like.place.time_zone}"\nlanguage = "{like.place.language}"\n',
        encoding="utf-8",
    )
    office = PracticeOffice(folder, clock, random)
    _make_meters(folder / "meters", office)
    reader = TableReader(random)
    node = _built(folder, office, reader, clock, random, cost)
    try:
        node.enrolment.enrol(office.token, SUPERVISOR, PASSWORD)
        _staff(node).add(SUPERVISOR, CLERK, PASSWORD, Level.CLERK)
        for index, household in enumerate(HOUSEHOLDS):
            _open_account(node, reader, folder / "cards", index, household, random)
        _make_managing_card(folder / "cards" / "manager", office, random)
        for number in range(1, BLANKS + 1):
            new_card_file(folder / "cards" / f"spare-{number}", random)
        node.courier.sync()
        begun = node.courier.state().head
    finally:
        node.close()
    replace_file(folder / _READY_FILE, json.dumps({"begun": begun}).encode())


def _built(
    folder: Path,
    office: PracticeOffice,
    reader: TableReader,
    clock: Clock,
    random: RandomSource,
    cost: Cost | None,
) -> Node:
    return build(
        folder / "node",
        clock=clock,
        random=random,
        reader=reader,
        uplinks=office.uplink,
        cost=cost,
    )


def _make_managing_card(card: Path, office: PracticeOffice, random: RandomSource) -> None:
    """The second person's card, with a PIN that everybody is told."""
    issue(new_card_file(card, random), random, office.managing_card(), PIN, stretched)


def _staff(node: Node) -> StaffOffice:
    return StaffOffice(
        node.journal,
        node.queries,
        node.vault,
        node.staff,
        node.lockout,
        node.approvals,
        node.clock,
        node.roster,
    )


def _make_meters(folder: Path, office: PracticeOffice) -> None:
    for digit, service in METERED.items():
        for index in range(1, METERS_EACH + 1):
            name = meter_number(digit, index)
            plate = MeterPlate(name, service, 1, _CEILING)
            plate = fitted(plate, usual_model(service))
            new_meter_file(folder / name, plate, office.meter_keys(name))


def _open_account(
    node: Node,
    reader: TableReader,
    cards: Path,
    index: int,
    household: Household,
    random: RandomSource,
) -> None:
    account = node.accounts.open(
        SUPERVISOR,
        AccountForm(
            person=Person(name=household.name, phone=household.phone, address=household.address),
            area=AREA,
            tariff_class="residential",
            profile=household.profile,
            persons=household.persons,
            area_m2=Quantity(household.heated),
            meters=tuple(_meters(household.profile, index)),
        ),
    )
    card = cards / f"card-{index + 1}"
    new_card_file(card, random)
    reader.insert(card)
    node.cards.initialise(SUPERVISOR, account.number)
    reader.remove()


def _meters(profile: int, index: int) -> list[tuple[int, str]]:
    """A free meter for each slot; two of one service get neighbouring numbers."""
    digits = {service: digit for digit, service in METERED.items()}
    seen: dict[Service, int] = {}
    chosen = []
    for slot, service in enumerate(PROFILES[profile]):
        nth = seen.get(service, 0)
        seen[service] = nth + 1
        chosen.append((slot, meter_number(digits[service], 2 * index + nth + 1)))
    return chosen
