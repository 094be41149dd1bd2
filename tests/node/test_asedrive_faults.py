"""What the driver does when line, reader or port fail: each ends, in time, in one sentence."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from asedrive_builders import asedrive, new_chip
from reader_builders import OK, QUICK, QUICK_ATR, EchoCard, command
from yika_common.cards.errors import CardMute
from yika_common.errors import YikaError
from yika_common.readers import asedrive as wire
from yika_common.readers.asedrive_data import ReaderFacts
from yika_common.readers.port import MemoryKind
from yika_common.simulated.firmware import Disturbance
from yika_node.hardware.asedrive_card import AseDriveCard
from yika_node.hardware.asedrive_link import AseDriveLink
from yika_node.hardware.errors import PortMissing, ReaderGarbled, ReaderSilent, ReaderUnplugged
from yika_node.hardware.serial_line import SerialLine
from yika_node.hardware.timing import USUAL

EVERY_MISHAP = pytest.mark.parametrize("kind", list(Disturbance))
CODE = b"\xff\xff"


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


@EVERY_MISHAP
def test_one_mishap_in_an_exchange_is_repaired_and_the_command_executed_once(
    tmp_path: Path, kind: Disturbance
) -> None:
    card = EchoCard(QUICK_ATR)
    apdu = command(bytes(range(200)), write=True)
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with driver.apdu() as connection:
            simulated.disturb(kind)
            assert connection.transmit(apdu) == apdu[5:] + OK
            assert connection.transmit(command(b"after")) == b"after" + OK
    assert card.seen == [apdu, command(b"after")]


COMPARING = 2


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (kind, place)
        for kind in Disturbance
        for place in range(5)
        if (kind, place) != (Disturbance.SILENCE, COMPARING)
    ],
)
def test_one_mishap_at_a_chip_is_repaired_and_costs_no_try(
    tmp_path: Path, kind: Disturbance, place: int
) -> None:
    """The five commands of presenting the code, each disturbed, then a write and a read."""
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(new_chip(MemoryKind.SLE4428))
        with driver.chip() as chip:
            simulated.disturb(Disturbance.CHATTER, place)
            simulated.disturb(kind)
            assert chip.present(CODE)
            assert chip.tries() == 8
            simulated.disturb(kind)
            chip.write(100, b"abc")
            simulated.disturb(kind)
            assert chip.read(100, 3) == b"abc"


def test_a_code_that_never_arrived_is_not_a_wrong_one_and_not_presented_again(
    tmp_path: Path,
) -> None:
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(new_chip(MemoryKind.SLE4428))
        with driver.chip() as chip:
            simulated.disturb(Disturbance.CHATTER, COMPARING)
            simulated.disturb(Disturbance.SILENCE)
            with pytest.raises(CardMute):
                chip.present(CODE)
            assert chip.tries() == 7
            assert chip.present(CODE)
            assert chip.tries() == 8


@pytest.mark.parametrize("kind", [k for k in Disturbance if k is not Disturbance.PARITY])
def test_one_mishap_is_repaired_while_polling_and_powering_up(
    tmp_path: Path, kind: Disturbance
) -> None:
    with asedrive(tmp_path) as (simulated, driver):
        simulated.disturb(kind)
        assert driver.card_present() is False
        simulated.insert(EchoCard(QUICK_ATR))
        simulated.disturb(kind)
        with driver.apdu() as connection:
            assert connection.transmit(command(b"x")) == b"x" + OK


def test_a_wrong_check_byte_is_refused_and_an_unchecked_one_would_be_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the check the driver believes the very same spoilt frames."""

    def first_bytes_with_spoilt_answers() -> bytes:
        with asedrive(tmp_path) as (simulated, driver):
            simulated.insert(new_chip(MemoryKind.SLE4428))
            with driver.chip() as chip:
                simulated.disturb(Disturbance.BAD_LRC, 3)
                return chip.read(0, 4)

    with pytest.raises(ReaderGarbled):
        first_bytes_with_spoilt_answers()
    monkeypatch.setattr(wire, "checksum", lambda data: 0)
    assert first_bytes_with_spoilt_answers()


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
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(EchoCard(QUICK_ATR))
        connection = driver.apdu()
        simulated.disturb(kind, 200)
        with ends_within(3 * QUICK.operation_s), pytest.raises(error):
            connection.transmit(command(b"x"))
        with ends_within(3 * QUICK.operation_s), pytest.raises(error):
            driver.card_present()
        simulated.calm()
        with pytest.raises(error):
            connection.transmit(command(b"the connection stays broken"))
        with driver.apdu() as fresh:
            assert fresh.transmit(command(b"x")) == b"x" + OK


def test_an_unplugged_reader_is_missed_and_works_again_when_it_returns(tmp_path: Path) -> None:
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(new_chip(MemoryKind.SLE4428))
        chip = driver.chip()
        assert chip.present(CODE)
        simulated.unplug()
        with ends_within(QUICK.operation_s), pytest.raises(ReaderUnplugged):
            chip.write(100, b"abc")
        with ends_within(QUICK.operation_s), pytest.raises(PortMissing):
            driver.card_present()
        simulated.plug()
        assert driver.card_present()
        with pytest.raises(ReaderUnplugged):
            chip.read(0, 4)
        with driver.chip() as fresh:
            assert fresh.read(100, 3) == b"\xff" * 3


class WantsMoreTime(SerialLine):
    """The line of a reader that asks for more time, and more; each time a second passes."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__("nowhere", wire.BAUD, self.monotonic)

    def monotonic(self) -> float:
        return self.now

    def write(self, data: bytes) -> None:
        pass

    def discard(self) -> None:
        pass

    def read(self, until: float) -> bytes:
        self.now += 1
        assert self.now < 100, "a page waits for ever"
        return wire.status_frame(wire.StatusCode.MORE_TIME)


def test_a_reader_that_wants_ever_more_time_for_a_code_is_given_up() -> None:
    line = WantsMoreTime()
    card = AseDriveCard(AseDriveLink(line, USUAL, line.monotonic), USUAL, ReaderFacts())
    with pytest.raises(ReaderSilent):
        card.compare(0x0D, 1022, CODE)
