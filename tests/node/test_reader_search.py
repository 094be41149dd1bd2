"""A reader is found by itself, whichever it is, and found again after it was exchanged."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from reader_builders import OK, QUICK, QUICK_ATR, EchoCard, command
from yika_common.readers.port import MemoryChip, ReaderDescription
from yika_common.simulated.firmware import Disturbance, Firmware
from yika_common.simulated.reader import SimulatedReader
from yika_common.simulated.reader_asedrive import AseDrive
from yika_common.simulated.reader_gempc_twin import FIRMWARE, GemPcTwin
from yika_common.simulated.reader_gemplus import FIRMWARE as GEMCORE
from yika_common.simulated.reader_gemplus import Gemplus
from yika_common.simulated.reader_slot import Slot
from yika_node.config import PROTOCOLS
from yika_node.hardware import readers
from yika_node.hardware.errors import PortMissing, ReaderGarbled, ReaderSilent, ReaderUnplugged
from yika_node.hardware.readers import reader_at
from yika_node.hardware.serial_reader import SerialReader

KNOWN: dict[str, Callable[[Slot], Firmware]] = {
    "gempc-twin": GemPcTwin,
    "asedrive": AseDrive,
    "gemplus": Gemplus,
}
SAID = {
    "gempc-twin": (115_200, FIRMWARE.decode()),
    "asedrive": (115_200, ""),
    "gemplus": (76_800, GEMCORE.decode()),
}
"""Speed and firmware."""
EACH = pytest.mark.parametrize("protocol", KNOWN)


@contextmanager
def search(port: Path) -> Iterator[SerialReader]:
    driver = SerialReader(str(port), list(readers.PROTOCOLS.values()), timing=QUICK)
    try:
        yield driver
    finally:
        driver.close()


def use(driver: SerialReader) -> None:
    """Exchange one command with the card that is in."""
    with driver.connect() as connection:
        assert not isinstance(connection, MemoryChip)
        assert connection.transmit(command(b"x")) == b"x" + OK


@EACH
def test_each_reader_is_found_and_named_with_its_speed(tmp_path: Path, protocol: str) -> None:
    port = tmp_path / "port"
    with SimulatedReader(port, firmware=KNOWN[protocol]) as simulated, search(port) as driver:
        simulated.insert(EchoCard(QUICK_ATR))
        baud, text = SAID[protocol]
        assert driver.describe() == ReaderDescription(str(port), protocol, baud, text)
        use(driver)


@EACH
def test_a_reader_that_missed_the_first_greeting_is_found(tmp_path: Path, protocol: str) -> None:
    port = tmp_path / "port"
    with SimulatedReader(port, firmware=KNOWN[protocol]) as simulated, search(port) as driver:
        simulated.disturb(Disturbance.SILENCE)
        assert driver.describe().protocol == protocol


def test_another_reader_at_the_same_port_is_found_when_the_first_one_is_gone(
    tmp_path: Path,
) -> None:
    port = tmp_path / "port"
    with search(port) as driver:
        for protocol in ("gempc-twin", "asedrive", "gemplus", "gempc-twin"):
            with SimulatedReader(port, firmware=KNOWN[protocol]) as simulated:
                simulated.insert(EchoCard(QUICK_ATR))
                assert driver.describe().protocol == protocol
                use(driver)
            with pytest.raises(ReaderUnplugged):
                driver.card_present()
            with pytest.raises(PortMissing):
                driver.card_present()


def test_a_port_where_nothing_answers_is_said_to_be_silent_in_time(tmp_path: Path) -> None:
    master, slave = os.openpty()
    with search(Path(os.ttyname(slave))) as driver:
        begun = time.monotonic()
        with pytest.raises(ReaderSilent):
            driver.card_present()
        assert time.monotonic() - begun < 3
    os.close(master)
    os.close(slave)


def test_a_port_where_nothing_makes_sense_is_said_to_be_garbled_in_time(tmp_path: Path) -> None:
    master, slave = os.openpty()
    stop = threading.Event()

    def babble() -> None:
        while not stop.wait(0.001):
            os.write(master, bytes(64))

    source = threading.Thread(target=babble)
    source.start()
    try:
        with search(Path(os.ttyname(slave))) as driver:
            begun = time.monotonic()
            with pytest.raises(ReaderGarbled):
                driver.card_present()
            assert time.monotonic() - begun < 5
    finally:
        stop.set()
        source.join()
        os.close(master)
        os.close(slave)


@EACH
def test_a_reader_of_another_protocol_than_the_configured_one_does_not_answer(
    tmp_path: Path, protocol: str
) -> None:
    port = tmp_path / "port"
    for other in KNOWN.keys() - {protocol}:
        with SimulatedReader(port, firmware=KNOWN[other]):
            driver = SerialReader(str(port), [readers.PROTOCOLS[protocol]], timing=QUICK)
            with pytest.raises((ReaderSilent, ReaderGarbled)):
                driver.card_present()
            driver.close()


@pytest.mark.parametrize("baud", [1_200, 38_400, 57_600, 76_800])
def test_a_gemplus_reader_is_found_at_the_speed_at_which_it_was_left(
    tmp_path: Path, baud: int
) -> None:
    port = tmp_path / "port"
    left = partial(Gemplus, baud=baud)
    with SimulatedReader(port, firmware=left) as simulated, search(port) as driver:
        simulated.insert(EchoCard(QUICK_ATR))
        begun = time.monotonic()
        assert driver.describe().protocol == "gemplus"
        assert time.monotonic() - begun < 5
        use(driver)


def test_with_the_usual_times_all_protocols_are_tried_within_a_few_seconds() -> None:
    master, slave = os.openpty()
    driver = SerialReader(os.ttyname(slave), list(readers.PROTOCOLS.values()))
    begun = time.monotonic()
    with pytest.raises(ReaderSilent):
        driver.card_present()
    assert time.monotonic() - begun < 8
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_that_can_be_configured_has_a_driver(protocol: str) -> None:
    reader_at("/dev/ttyUSB0", protocol).close()
