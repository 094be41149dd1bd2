"""A reader is found by itself on whichever port it is, and found again after it was moved."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pcsc_daemon import until
from reader_builders import OK, QUICK, QUICK_ATR, EchoCard, command
from yika_common.cards.errors import CardAbsent
from yika_common.errors import Phrase
from yika_common.infra.language import sentence
from yika_common.readers.errors import ReaderError
from yika_common.readers.port import CardReader, MemoryChip
from yika_common.simulated.firmware import Disturbance
from yika_common.simulated.reader import SimulatedReader
from yika_common.simulated.reader_asedrive import AseDrive
from yika_common.simulated.reader_gempc_twin import FIRMWARE
from yika_node.hardware import readers, serial_ports
from yika_node.hardware.errors import (
    PortBusy,
    ReaderNotFound,
    ReaderSilent,
    ReaderSought,
    ReaderUnplugged,
)
from yika_node.hardware.finding import serial_group
from yika_node.hardware.places import Group, Place
from yika_node.hardware.sought_reader import Patience, SoughtReader

PATIENCE = Patience(glance_s=0.05, page_s=2.0, group_s=3.0)


@dataclass
class Machine:
    """The serial ports of a machine, and the program's search on them."""

    folder: Path
    ports: list[str] = field(default_factory=list)
    now: float = 0.0

    def __post_init__(self) -> None:
        makers = [readers.PROTOCOLS[name] for name in ("gempc-twin", "asedrive")]
        self.group = serial_group(makers, lambda: list(self.ports), QUICK)
        self.reader = SoughtReader([self.group], patience=PATIENCE, monotonic=lambda: self.now)

    def port(self, name: str) -> Path:
        path = self.folder / name
        self.ports.append(str(path))
        return path


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    machine.reader.close()


@contextmanager
def silent_port(path: Path) -> Iterator[list[bytes]]:
    """A port on which nothing answers, and what arrives at its other end."""
    master, slave = os.openpty()
    path.symlink_to(os.ttyname(slave))
    os.set_blocking(master, False)
    heard: list[bytes] = []
    yield heard
    with suppress(BlockingIOError):
        heard.append(os.read(master, 4096))
    os.close(master)
    os.close(slave)


def use(reader: SoughtReader) -> None:
    """Exchange one command with the card that is in."""
    with reader.connect() as connection:
        assert not isinstance(connection, MemoryChip)
        assert connection.transmit(command(b"x")) == b"x" + OK


def test_it_is_found_among_silent_ports(machine: Machine) -> None:
    with (
        silent_port(machine.port("ttyUSB0")) as first,
        SimulatedReader(machine.port("ttyUSB1")) as simulated,
        silent_port(machine.port("ttyUSB2")),
    ):
        simulated.insert(EchoCard(QUICK_ATR))
        found = machine.reader.describe()
        assert (found.port, found.protocol) == (str(machine.folder / "ttyUSB1"), "gempc-twin")
        assert (found.baud, found.firmware) == (115_200, FIRMWARE.decode())
        use(machine.reader)
    assert first != [b""]


def test_it_is_found_again_at_another_port_while_the_program_runs(machine: Machine) -> None:
    old, new = machine.port("ttyUSB0"), machine.folder / "ttyUSB1"
    with SimulatedReader(old) as simulated:
        simulated.insert(EchoCard(QUICK_ATR))
        use(machine.reader)
    machine.ports.clear()
    with pytest.raises(ReaderUnplugged):
        machine.reader.card_present()
    with pytest.raises((ReaderNotFound, ReaderSought)):
        machine.reader.card_present()
    with SimulatedReader(new, firmware=AseDrive) as simulated:
        simulated.insert(EchoCard(QUICK_ATR))
        machine.ports.append(str(new))
        use(machine.reader)
        assert machine.reader.describe().protocol == "asedrive"


def test_of_two_that_answer_the_one_that_was_used_last_is_preferred(machine: Machine) -> None:
    with SimulatedReader(machine.port("ttyUSB0")):
        assert machine.reader.describe().port.endswith("ttyUSB0")
        with SimulatedReader(machine.port("ttyS0"), firmware=AseDrive):
            machine.ports.reverse()
            for _ in range(3):
                machine.reader.close()
                assert machine.reader.describe().port.endswith("ttyUSB0")


def test_what_was_tried_is_said_in_one_sentence(machine: Machine) -> None:
    with silent_port(machine.port("ttyUSB0")), silent_port(machine.port("ttyUSB1")):
        with pytest.raises(ReaderNotFound) as caught:
            machine.reader.describe()
        folder = machine.folder
        assert sentence(caught.value, "en") == (
            f"No card reader was found (nothing answers at {folder}/ttyUSB0, {folder}/ttyUSB1). "
            "Nothing was sent to a card. Plug it in and switch it on, or name its port in the "
            "settings."
        )
    machine.ports.clear()
    with pytest.raises(ReaderNotFound) as caught:
        machine.reader.describe()
    assert "(this machine has no serial port)" in sentence(caught.value, "en")


def test_a_page_never_waits_for_a_search_longer_than_its_patience(machine: Machine) -> None:
    with silent_port(machine.port("ttyUSB0")):
        begun = time.monotonic()
        with pytest.raises(ReaderSought):
            machine.reader.card_present()
        assert time.monotonic() - begun < 0.3
        with pytest.raises((ReaderSought, ReaderNotFound)):
            machine.reader.connect()
        assert time.monotonic() - begun < 0.3 + PATIENCE.page_s


def test_only_one_search_runs_however_many_pages_ask(machine: Machine) -> None:
    with silent_port(machine.port("ttyUSB0")):
        before = threading.active_count()
        for _ in range(20):
            with pytest.raises((ReaderSought, ReaderNotFound)):
                machine.reader.card_present()
            assert threading.active_count() <= before + 2


class Slots:
    """Places that are asked, counted; the reader is nowhere."""

    def __init__(self, *names: str) -> None:
        self.names, self.asked = list(names), 0

    def group(self, *, quiet: bool = False) -> Group:
        return Group(self._places, lambda _: Phrase("nothing"), quiet=quiet)

    def _places(self) -> list[Place]:
        return [Place(name, self.make) for name in self.names]

    def make(self) -> SoughtReader:
        self.asked += 1
        raise ReaderSilent(port="x")


def test_while_it_is_looked_for_once_more_the_last_outcome_stands(machine: Machine) -> None:
    with silent_port(machine.port("ttyUSB0")):
        with pytest.raises(ReaderNotFound):
            machine.reader.describe()
        machine.now += 3
        with pytest.raises(ReaderNotFound):
            machine.reader.card_present()


def test_a_search_in_vain_is_repeated_ever_more_rarely_but_at_once_for_a_new_port() -> None:
    now = 0.0
    serial, pcsc = Slots("ttyS0"), Slots("PC/SC")
    reader = SoughtReader(
        [serial.group(), pcsc.group(quiet=True)], patience=PATIENCE, monotonic=lambda: now
    )

    def look() -> tuple[int, int]:
        with pytest.raises(ReaderNotFound):
            reader.connect()
        return serial.asked, pcsc.asked

    assert look() == (1, 1)
    assert look() == (1, 1)
    now = 2.5
    assert look() == (2, 2)
    now += 2.5
    assert look() == (2, 3)
    now += 2.5
    assert look() == (3, 4)
    for quiet in range(5, 10):
        now += 2.5
        assert look() == (3, quiet)
    now += 2.5
    assert look() == (4, 10)
    serial.names.append("ttyUSB0")
    assert look() == (6, 11)
    now += 1.0
    assert look() == (6, 11)


def test_a_reader_that_is_found_after_all_was_closed_is_closed_too(machine: Machine) -> None:
    with SimulatedReader(machine.port("ttyUSB0")) as simulated:
        simulated.disturb(Disturbance.SILENCE, 2)
        with pytest.raises(ReaderSought):
            machine.reader.card_present()
        machine.reader.close()
        other = readers.reader_at(str(simulated.link), "gempc-twin")
        assert until(lambda: is_free(other), 5)
        other.close()


def is_free(reader: CardReader) -> bool:
    try:
        return not reader.card_present()
    except PortBusy:
        return False


def test_the_next_kind_of_place_is_asked_only_where_the_first_has_none(
    machine: Machine,
) -> None:
    other = Slots("PC/SC")
    reader = SoughtReader([machine.group, other.group()], patience=PATIENCE)
    with SimulatedReader(machine.port("ttyUSB0")):
        reader.describe()
        assert other.asked == 0
        with pytest.raises(CardAbsent):
            reader.connect()
        assert other.asked == 0
    reader.close()


HOLDER = """
import sys, time
held = open(sys.argv[1], "rb")
print("held", flush=True)
time.sleep(60)
"""


def test_a_port_that_another_program_has_open_is_not_touched(tmp_path: Path) -> None:
    device = Path("/dev/full")
    assert not serial_ports.is_held(str(device))
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(device)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert serial_ports.is_held(str(device))
        slots = Slots()
        place = Place(str(device), slots.make, lambda: serial_ports.is_held(str(device)))
        seen: dict[str, ReaderError] = {}

        def said(failures: dict[str, ReaderError]) -> Phrase:
            seen.update(failures)
            return Phrase("held")

        reader = SoughtReader([Group(lambda: [place], said)], patience=PATIENCE)
        with pytest.raises(ReaderNotFound):
            reader.describe()
        assert (slots.asked, [type(one) for one in seen.values()]) == (0, [PortBusy])
        other.kill()


def test_a_lock_file_or_the_systems_console_keeps_a_port_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_ports, "_LOCKS", tmp_path)
    lock = tmp_path / "LCK..full"
    for content, held in ((f"{os.getpid():10}\n", True), ("999999999\n", False), ("x", False)):
        lock.write_text(content)
        assert serial_ports.is_held("/dev/full") is held
    lock.unlink()
    consoles = tmp_path / "consoles"
    consoles.write_text("full                 -W- (EC  p a)    4:64\n")
    monkeypatch.setattr(serial_ports, "_PROC", tmp_path)
    assert serial_ports.is_held("/dev/full")
    assert not serial_ports.is_held("/dev/zero")
    assert not serial_ports.is_held("/dev/there-is-no-such-port")
