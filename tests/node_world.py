"""A wired node in a folder of its own: real database, real signatures, cards and meters in memory.

``World`` holds what outlives the node's process: its folder, headquarters, chips and meters.  The
reader is in the process, so that a test can cut power or pull the card at any command;
``Fate`` counts the steps and strikes at one of them.
"""

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from card_builders import ChipMemory, repeatable_random
from little_headquarters import AREA, MASTERS, NODE, SERVICES, LittleHeadquarters, meter_number
from meter_builders import PageMemory
from yika_common.cards.errors import CardAbsent, CardRemoved
from yika_common.cards.keys import derive_meter_keys
from yika_common.clock import to_timestamp
from yika_common.infra.passwords import Cost
from yika_common.meters.dialogue import LoadReport, load
from yika_common.meters.state import MeterPlate
from yika_common.numbers import Quantity
from yika_common.readers.port import CardConnection, ReaderDescription
from yika_common.services import PROFILES, Service
from yika_common.simulated.icc import CardStore, UserCardIcc, blank_memory
from yika_common.simulated.meter_file import StoredMeter, new_meter_pages
from yika_common.sync.personal_data import Person
from yika_node.bootstrap import Node, build
from yika_node.db.projections import TABLES
from yika_node.services.recovery import verdict
from yika_node.services.settlement import Judge
from yika_node.services.views import Account, AccountForm, By, SaleEntry

START = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
OPERATOR = "mei"
PASSWORD = "four short words"
CHEAP = Cost(memory_kib=8, passes=1)
CEILING = Quantity(10**12)


class PowerCut(BaseException):
    """The machine's supply fails: nothing runs any more, not even an error handler's sale."""


@dataclass
class Fate:
    """Counts steps, and strikes at one of them.

    ``power`` fails, the process is ``kill``-ed, or the card is ``pull``-ed.

    Every command to the card has two steps, before it arrives and after it was taken; so has
    every commit of the journal.
    """

    at: int | None = None
    how: str = "power"
    steps: list[str] = field(default_factory=list)

    def step(self, name: str) -> bool:
        """Count one step; True tells the reader to lose the card."""
        self.steps.append(name)
        if self.at != len(self.steps) - 1:
            return False
        if self.how == "power":
            raise PowerCut
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return True


class Hand:
    """The reader, and the hand that puts cards in and pulls them out."""

    def __init__(self) -> None:
        self.fate = Fate()
        self.icc: UserCardIcc | None = None

    def insert(self, chip: CardStore) -> None:
        self.icc = UserCardIcc(chip, repeatable_random(11))

    def pull(self) -> None:
        self.icc = None

    def describe(self) -> ReaderDescription:
        return ReaderDescription("hand", "simulated", 0, "")

    def card_present(self) -> bool:
        return self.icc is not None

    def connect(self) -> CardConnection:
        if self.icc is None:
            raise CardAbsent
        self.icc.reset()
        return _Connection(self)

    def close(self) -> None:
        pass


class _Connection:
    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self.atr = UserCardIcc.atr

    def transmit(self, apdu: bytes) -> bytes:
        hand = self._hand
        if hand.icc is None:
            raise CardAbsent
        name = f"card {apdu[1]:02X}"
        if hand.fate.step(f"before {name}"):
            hand.pull()
            raise CardRemoved
        answer = hand.icc.transmit(apdu)
        if hand.fate.step(f"after {name}"):
            hand.pull()
            raise CardRemoved
        return answer

    def disconnect(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.disconnect()


def without_shifts(folder: Path) -> None:
    """Let money be taken without an open shift, unless the folder has settings of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "node.toml"
    if not settings.exists():
        settings.write_text("[cash]\nshifts = false\n", encoding="utf-8")


class World:
    """Everything around one node's folder; ``shifts``: money is taken in open shifts only."""

    def __init__(
        self, folder: Path, node: str = NODE, *, key_version: int = 1, shifts: bool = False
    ) -> None:
        self.folder = folder
        self.shifts = shifts
        self.now = START
        self.ran = 0
        self.headquarters = LittleHeadquarters(
            now=to_timestamp(START), node=node, key_version=key_version
        )
        self.hand = Hand()
        self.meters: dict[str, PageMemory] = {}
        self.random = repeatable_random(1000)

    def clock(self) -> datetime:
        return self.now

    def pass_time(self, **spans: int) -> None:
        self.ran += max(int(timedelta(**spans).total_seconds()), 0)
        self.set_clock(**spans)

    def set_clock(self, **spans: int) -> None:
        """Move the hands by so much; no time passes."""
        self.now += timedelta(**spans)
        self.headquarters.now = to_timestamp(self.now)

    def build(self, judge: Judge = verdict) -> Node:
        if not self.shifts:
            without_shifts(self.folder)
        return build(
            self.folder,
            clock=self.clock,
            random=self.random,
            reader=self.hand,
            uplinks=self.headquarters.uplink,
            cost=CHEAP,
            judge=judge,
            elapsed=lambda: self.ran,
        )

    def enrolled(self) -> Node:
        """A node that is registered, with its first operator signed in."""
        node = self.build()
        node.enrolment.enrol(self.headquarters.token, OPERATOR, PASSWORD)
        return node

    def restarted(self, judge: Judge = verdict) -> Node:
        """The node after its process ended, with its operator signed in again."""
        node = self.build(judge)
        node.staff.sign_in(OPERATOR, PASSWORD)
        return node

    def use_meter(self, meter: str) -> StoredMeter:
        """The meter of that number, new when it is met for the first time."""
        if meter not in self.meters:
            version = self.headquarters.key_version
            keys = derive_meter_keys(MASTERS, meter, version, area=AREA)
            plate = MeterPlate(meter, SERVICES[meter[0]], version, CEILING)
            self.meters[meter] = PageMemory(new_meter_pages(plate, keys))
        return StoredMeter(self.meters[meter])

    def load(self, chip: CardStore, meter: str) -> LoadReport:
        """Show the card to a meter."""
        icc = UserCardIcc(chip, repeatable_random(21))
        return load(icc, repeatable_random(22), self.use_meter(meter), self.now)

    def copied_to(self, folder: Path) -> "World":
        """The same world again, elsewhere; chips are copied by their holder."""
        shutil.copytree(self.folder, folder)
        other = World(folder)
        other.now, other.headquarters = self.now, self.headquarters
        other.meters = {
            number: PageMemory(bytes(memory.pages)) for number, memory in self.meters.items()
        }
        return other


def abandon(node: Node) -> None:
    """End the node as a power cut does: nothing is written any more, files are let go."""
    node.store.close()
    node.journal._connection.close()
    os.close(node.lock)


def a_form(profile: int = 8, index: int = 0, **changes: object) -> AccountForm:
    """A form for a household whose meters are the ``index``-th of each service, and on."""
    held: dict[str, object] = {
        "person": Person(name="王小明", phone="010-555"),
        "area": AREA,
        "tariff_class": "residential",
        "profile": profile,
        "persons": 3,
        "area_m2": Quantity(96_400),
        "meters": tuple(meters_for(profile, index)),
    }
    return AccountForm(**{**held, **changes})  # type: ignore[arg-type]


def meters_for(profile: int, index: int) -> list[tuple[int, str]]:
    """A free meter for each slot: two of one service get neighbouring numbers."""
    digits = {service: digit for digit, service in SERVICES.items()}
    seen: dict[Service, int] = {}
    chosen = []
    for slot, service in enumerate(PROFILES[profile]):
        nth = seen.get(service, 0)
        seen[service] = nth + 1
        chosen.append((slot, meter_number(digits[service], 2 * index + nth)))
    return chosen


def open_with_card(
    world: World, node: Node, chip: CardStore | None = None, profile: int = 8, index: int = 0
) -> tuple[Account, CardStore]:
    """An account with its card, which lies in the reader."""
    chip = chip or a_chip(index)
    account = node.accounts.open(OPERATOR, a_form(profile, index))
    world.hand.insert(chip)
    node.cards.initialise(OPERATOR, account.number)
    return node.accounts.get(account.number), chip


def a_chip(index: int = 0) -> ChipMemory:
    return ChipMemory(blank_memory(b"CHIP%04d" % index))


def for_money(slot: int, minor: int) -> SaleEntry:
    return SaleEntry(slot, By.MONEY, minor)


def for_quantity(slot: int, milli: int) -> SaleEntry:
    return SaleEntry(slot, By.QUANTITY, milli)


def watch_commits(node: Node, fate: Fate) -> None:
    """Let this fate, and no earlier one, see every commit of the journal, before and after it."""
    vars(node.journal).pop("append", None)
    append: Callable[..., object] = node.journal.append

    def watched(*args: object, **options: object) -> object:
        fate.step("before commit")
        entries = append(*args, **options)
        fate.step("after commit")
        return entries

    setattr(node.journal, "append", watched)  # noqa: B010 - a method is replaced on purpose


def contents(database: Path) -> dict[str, Sequence[object]]:
    """Every row of every projection."""
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        return {
            table: sorted(connection.execute(f"SELECT * FROM {table}"))  # noqa: S608
            for table in TABLES
        }
    finally:
        connection.close()
