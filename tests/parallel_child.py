"""A program on a machine with a parallel port: a counter's work through the real pyparallel.

Started by tests with ``packaging/dev/parport.c`` loaded, as ``parallel_child.py FOLDER PROTOCOL
MODE MODES``; ends with status 0 where everything held.
"""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from card_builders import ChipMemory
from memory_builders import numbered_card
from node_world import OPERATOR, World, a_form, for_quantity
from parallel_builders import NOT_BYTES
from yika_common.cards.errors import CardAbsent
from yika_common.infra.entropy import system_random
from yika_common.meters.rules import Outcome
from yika_common.readers.ieee1284 import Mode
from yika_common.readers.port import MemoryKind, NamedReader, ReaderDescription
from yika_common.services import PROFILES, Service
from yika_common.simulated.firmware import Firmware
from yika_common.simulated.icc import UserCardIcc, blank_memory
from yika_common.simulated.parallel_link import ParallelLink
from yika_common.simulated.reader import SimulatedReader
from yika_common.simulated.reader_asedrive import AseDrive
from yika_common.simulated.reader_gempc_twin import FIRMWARE, GemPcTwin
from yika_common.simulated.reader_slot import Slot
from yika_node.hardware.errors import ReaderSilent
from yika_node.hardware.finding import parallel_group
from yika_node.hardware.readers import reader_at
from yika_node.hardware.serial_reader import SerialReader
from yika_node.hardware.sought_reader import SoughtReader

PORT = "/dev/parport0"
FIRMWARES: dict[str, Callable[[Slot], Firmware]] = {
    "gempc-twin": partial(GemPcTwin, echo=False),
    "asedrive": AseDrive,
}
WATER = PROFILES[8].index(Service.COLD_WATER)


class Machine:
    """A reader on the port, and the events on its lines."""

    def __init__(self, folder: Path, protocol: str, modes: frozenset[Mode]) -> None:
        self.events: list[str] = []
        self._modes = modes
        self.links: list[ParallelLink] = []
        self.reader = SimulatedReader(
            Path(os.environ["YIKA_PARPORT"]), firmware=FIRMWARES[protocol], wire=self._wire
        )

    def _wire(self, path: Path, firmware: Firmware) -> ParallelLink:
        self.links.append(ParallelLink(path, modes=self._modes, on_event=self.events.append))
        return self.links[-1]

    def violations(self) -> list[str]:
        return [found for link in self.links for found in link.peripheral.violations]


def found(driver: NamedReader, protocol: str, transfer: str) -> None:
    """The reader is described as it is."""
    firmware = FIRMWARE.decode() if protocol == "gempc-twin" else ""
    assert driver.describe() == ReaderDescription(PORT, protocol, 0, firmware, transfer)


def sold_to(folder: Path, machine: Machine, driver: SerialReader) -> None:
    """A CPU card is issued, sold to, pulled at moments, and loaded."""
    world = World(folder / "node")
    world.hand = driver  # type: ignore[assignment]
    chip = ChipMemory(blank_memory(b"CHIP0001"))
    hand = machine.reader
    node = world.enrolled()
    account = node.accounts.open(OPERATOR, a_form(8))
    try:
        node.cards.initialise(OPERATOR, account.number)
    except CardAbsent:
        hand.insert(UserCardIcc(chip, system_random))
    number = node.cards.initialise(OPERATOR, account.number).number
    assert node.sales.sell(OPERATOR, number, [for_quantity(WATER, 10_000)], "one").complete
    for sale, after in enumerate((0, 30, 1000)):
        hand.pull_after(after)
        entry = for_quantity(WATER, 1_000)
        assert not node.sales.sell(OPERATOR, number, [entry], f"torn {sale}").complete
        hand.insert(UserCardIcc(chip, system_random))
        assert [one.problem for one in node.cards.read(OPERATOR).resolved] == [None]
    hand.remove()
    meter = next(view.meter for view in account.meters if view.slot == WATER)
    assert world.load(chip, meter).credited == 13_000
    assert world.load(chip, meter).outcome is Outcome.NOTHING_NEW
    node.close()


def vanishes(machine: Machine, driver: SerialReader) -> None:
    """The reader's cable is pulled and put back; it is found again without help."""
    chip = ChipMemory(blank_memory(b"CHIP0002"))
    machine.reader.insert(UserCardIcc(chip, system_random))
    connection = driver.connect()
    machine.reader.unplug()
    for _ in range(2):
        with pytest.raises(ReaderSilent):
            driver.card_present()
    connection.disconnect()
    machine.reader.plug()
    assert driver.card_present()
    driver.connect().disconnect()
    machine.reader.remove()
    assert not driver.card_present()


def memory_card(folder: Path, machine: Machine, driver: SerialReader) -> None:
    """A memory card is issued and sold to."""
    world = World(folder / "memory")
    world.hand = driver  # type: ignore[assignment]
    card = numbered_card(MemoryKind.SLE4442)
    machine.reader.insert(card.chip)
    node = world.enrolled()
    account = node.accounts.open(OPERATOR, a_form(8))
    number = node.cards.initialise(OPERATOR, account.number).number
    assert node.sales.sell(OPERATOR, number, [for_quantity(WATER, 2_000)], "one").complete
    node.close()


def main() -> None:
    folder, protocol, mode, modes = Path(sys.argv[1]), *sys.argv[2:]
    taken = frozenset(Mode) if modes == "byte" else NOT_BYTES
    transfer = mode if mode != "auto" else modes
    machine = Machine(folder, protocol, taken)
    driver = reader_at(PORT, "auto", mode)
    assert isinstance(driver, SerialReader)
    sought = SoughtReader([parallel_group("auto", mode, lambda: [PORT])])
    with machine.reader:
        found(sought, protocol, transfer)
        sought.close()
        found(driver, protocol, transfer)
        sold_to(folder, machine, driver)
        vanishes(machine, driver)
        if protocol == "asedrive":
            memory_card(folder, machine, driver)
        driver.close()
    assert machine.violations() == []
    assert ("16" in machine.events) == (transfer == "byte")
    print("every step held")


if __name__ == "__main__":
    main()
