"""What the driver does when line, reader or port fail: each ends, in time, in one sentence."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial

from reader_builders import (
    OK,
    QUICK,
    QUICK_ATR,
    EchoCard,
    GemPcTwinReader,
    command,
    reader_and_driver,
)
from yika_common.errors import YikaError
from yika_common.readers import ccid
from yika_common.simulated.firmware import Disturbance
from yika_node.hardware.errors import (
    PortBusy,
    PortMissing,
    PortUnusable,
    ReaderGarbled,
    ReaderSilent,
    ReaderUnplugged,
)

EVERY_MISHAP = list(Disturbance)


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


@pytest.mark.parametrize("kind", EVERY_MISHAP)
def test_one_mishap_in_an_exchange_is_repaired_and_the_command_executed_once(
    tmp_path: Path, kind: Disturbance
) -> None:
    card = EchoCard(QUICK_ATR)
    apdu = command(bytes(range(200)), write=True)
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with driver.connect() as connection:
            simulated.disturb(kind)
            assert connection.transmit(apdu) == apdu[5:] + OK
            assert connection.transmit(command(b"after")) == b"after" + OK
    assert card.seen == [apdu, command(b"after")]


@pytest.mark.parametrize("kind", EVERY_MISHAP)
def test_a_mishap_in_the_middle_of_a_chain_is_repaired(tmp_path: Path, kind: Disturbance) -> None:
    card = EchoCard(QUICK_ATR)
    apdu = command(bytes(600), write=True)
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with driver.connect() as connection:
            simulated.disturb(Disturbance.CHATTER)
            simulated.disturb(kind)
            assert connection.transmit(apdu) == apdu[5:] + OK
    assert card.seen == [apdu]


@pytest.mark.parametrize("kind", [k for k in EVERY_MISHAP if k is not Disturbance.PARITY])
def test_one_mishap_is_repaired_while_polling_and_powering_up(
    tmp_path: Path, kind: Disturbance
) -> None:
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.disturb(kind)
        assert driver.card_present() is False
        simulated.insert(EchoCard(QUICK_ATR))
        simulated.disturb(kind)
        with driver.connect() as connection:
            assert connection.transmit(command(b"x")) == b"x" + OK


def test_a_wrong_lrc_is_refused_and_an_unchecked_one_would_be_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the check the driver believes the very same spoilt frames."""

    def presence_with_spoilt_answers() -> bool:
        with reader_and_driver(tmp_path) as (simulated, driver):
            driver.describe()
            simulated.insert(EchoCard())
            simulated.disturb(Disturbance.BAD_LRC, 3)
            return driver.card_present()

    with pytest.raises(ReaderGarbled):
        presence_with_spoilt_answers()
    monkeypatch.setattr(ccid, "checksum", lambda data: 0)
    assert presence_with_spoilt_answers()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        pytest.param(Disturbance.SILENCE, ReaderSilent, id="silent"),
        pytest.param(Disturbance.LOST_ANSWER, ReaderSilent, id="all answers lost"),
        pytest.param(Disturbance.BAD_LRC, ReaderGarbled, id="all answers spoilt"),
        pytest.param(Disturbance.CUT, ReaderGarbled, id="all answers cut"),
        pytest.param(Disturbance.NAK, ReaderGarbled, id="all commands refused"),
    ],
)
def test_a_reader_that_stays_ill_is_named_in_time_and_works_when_it_is_well(
    tmp_path: Path, kind: Disturbance, error: type[YikaError]
) -> None:
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(EchoCard(QUICK_ATR))
        connection = driver.connect()
        simulated.disturb(kind, 100)
        with ends_within(3 * QUICK.operation_s), pytest.raises(error):
            connection.transmit(command(b"x"))
        with ends_within(3 * QUICK.operation_s), pytest.raises(error):
            driver.card_present()
        simulated.calm()
        with pytest.raises(error):
            connection.transmit(command(b"the connection stays broken"))
        with driver.connect() as fresh:
            assert fresh.transmit(command(b"x")) == b"x" + OK


def test_a_line_of_endless_garbage_hangs_nothing() -> None:
    master, slave = os.openpty()
    driver = GemPcTwinReader(os.ttyname(slave), timing=QUICK)
    stop = threading.Event()

    def babble() -> None:
        while not stop.wait(0.001):
            os.write(master, bytes(64))

    source = threading.Thread(target=babble)
    source.start()
    try:
        with ends_within(3 * QUICK.operation_s), pytest.raises(ReaderGarbled):
            driver.card_present()
    finally:
        stop.set()
        source.join()
        driver.close()
        os.close(master)
        os.close(slave)


def test_an_unplugged_reader_is_missed_and_works_again_when_it_returns(tmp_path: Path) -> None:
    card = EchoCard(QUICK_ATR)
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(card)
        connection = driver.connect()
        simulated.unplug()
        with ends_within(QUICK.operation_s), pytest.raises(ReaderUnplugged):
            connection.transmit(command(b"x"))
        with ends_within(QUICK.operation_s), pytest.raises(PortMissing):
            driver.card_present()
        simulated.plug()
        assert driver.card_present()
        with pytest.raises(ReaderUnplugged):
            connection.transmit(command(b"the old connection is over"))
        with driver.connect() as fresh:
            assert fresh.transmit(command(b"x")) == b"x" + OK
    assert card.seen == [command(b"x")]


def test_a_reader_swapped_between_two_polls_goes_unnoticed(tmp_path: Path) -> None:
    with reader_and_driver(tmp_path) as (simulated, driver):
        assert not driver.card_present()
        simulated.unplug()
        simulated.plug()
        with pytest.raises(ReaderUnplugged):
            driver.card_present()
        assert not driver.card_present()


def test_a_missing_port_is_named(tmp_path: Path) -> None:
    port = str(tmp_path / "nowhere")
    with pytest.raises(PortMissing, match="nowhere does not exist"):
        GemPcTwinReader(port).card_present()


def test_a_port_held_by_another_program_is_busy(tmp_path: Path) -> None:
    with reader_and_driver(tmp_path) as (simulated, driver):
        other = serial.Serial(str(simulated.link), exclusive=True)
        with pytest.raises(PortBusy, match="in use by another program"):
            driver.card_present()
        other.close()
        assert not driver.card_present()


def test_the_driver_keeps_other_programs_off_its_port(tmp_path: Path) -> None:
    with reader_and_driver(tmp_path) as (simulated, driver):
        driver.card_present()
        with simulated.link.open("rb") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_file_that_is_no_serial_port_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no port")
    with pytest.raises(PortUnusable, match=r"cannot be opened \(it is not a serial port\)"):
        GemPcTwinReader(str(tmp_path / "notes")).card_present()


def test_a_failed_opening_leaves_no_open_file(tmp_path: Path) -> None:
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.disturb(Disturbance.SILENCE, 1000)
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(3):
            with pytest.raises(ReaderSilent):
                driver.card_present()
        assert len(list(Path("/proc/self/fd").iterdir())) == before
