"""The production driver for PC/SC readers, through Debian's pcscd and three of its drivers."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pcsc_daemon import READER, TWIN, forget_daemon, pcsc_daemon, two_free_ports, until
from reader_builders import OK, QUICK, QUICK_ATR, EchoCard, command
from vpcd_builders import T0Card, pcsc_reader, service
from vpcd_reader import VpcdReader
from yika_common.cards.errors import CardAbsent, CardForeign, CardMute, CardRemoved
from yika_common.readers.iso7816 import USER_CARD_ATR
from yika_common.readers.port import CardReader, MemoryChip, ReaderDescription
from yika_common.simulated.reader import SimulatedReader
from yika_node.hardware.errors import (
    PcscNoReader,
    PcscNotRunning,
    PortBusy,
    PortMissing,
    ReaderNotFound,
    ReaderSilent,
)
from yika_node.hardware.finding import pcsc_group, serial_group
from yika_node.hardware.gempc_twin import GemPcTwinProtocol
from yika_node.hardware.pcsc_reader import PcscReader
from yika_node.hardware.sought_reader import SoughtReader
from yika_node.hardware.timing import Timing

pytestmark = pytest.mark.pcsc

POLLS_S = 5.0
NAME = f"{READER} 00 00"


def put_in(hand: VpcdReader, driver: CardReader, card: EchoCard | T0Card) -> None:
    """Put a card in and wait until the service has seen it."""
    hand.remove()
    assert until(lambda: not driver.card_present(), POLLS_S)
    hand.insert(card)
    assert until(driver.card_present, POLLS_S)


def test_it_names_the_reader_and_sees_cards_come_and_go(tmp_path: Path) -> None:
    with pcsc_reader(tmp_path) as (hand, driver, _):
        assert driver.describe() == ReaderDescription(NAME, "pcsc", 0, "")
        with pytest.raises(CardAbsent):
            driver.connect()
        for _ in range(2):
            put_in(hand, driver, EchoCard())
            hand.remove()
            assert until(lambda: not driver.card_present(), POLLS_S)


def test_commands_of_every_length_arrive_whole(tmp_path: Path) -> None:
    card = EchoCard()
    sent = [command(bytes(range(256))[:size] * (1 + size // 256)) for size in (0, 1, 200, 255)]
    with pcsc_reader(tmp_path) as (hand, driver, _):
        put_in(hand, driver, card)
        with driver.connect() as connection:
            assert connection.atr == USER_CARD_ATR
            for apdu in sent:
                assert connection.transmit(apdu) == apdu[5:] + OK
    assert card.seen == sent


def test_a_card_of_t0_gets_what_that_protocol_can_carry(tmp_path: Path) -> None:
    card = T0Card()
    with pcsc_reader(tmp_path) as (hand, driver, _):
        put_in(hand, driver, card)
        with driver.connect() as connection:
            assert connection.transmit(bytes.fromhex("00 CA 00 00 03 010203 00")) == (
                bytes.fromhex("010203") + OK
            )
            assert connection.transmit(bytes.fromhex("00 D6 00 00 02 0102")) == (
                bytes.fromhex("0102") + OK
            )
            assert connection.transmit(bytes.fromhex("00 B0 00 00 00")) == b"abc" + OK
            assert connection.transmit(bytes.fromhex("00 70 80 00")) == OK
    assert [one.hex(" ") for one in card.seen] == [
        "00 ca 00 00 03 01 02 03",
        "00 c0 00 00 02",
        "00 c0 00 00 01",
        "00 d6 00 00 02 01 02",
        "00 c0 00 00 02",
        "00 b0 00 00 00",
        "00 b0 00 00 03",
        "00 70 80 00 00",
    ]


def test_a_card_pulled_after_any_byte_has_the_whole_command_or_nothing(tmp_path: Path) -> None:
    apdu = command(bytes(10), write=True)
    with pcsc_reader(tmp_path) as (hand, driver, _):
        for place in (0, 1, 5, len(apdu) - 1, len(apdu), len(apdu) + 1):
            card = EchoCard()
            put_in(hand, driver, card)
            with driver.connect() as connection:
                connection.transmit(command(b"only a read"))
                hand.pull_after(place)
                with pytest.raises(CardRemoved):
                    connection.transmit(apdu)
                with pytest.raises(CardRemoved):
                    connection.transmit(command(b"once broken, always broken"))
            assert card.seen[1:] == ([apdu] if place >= len(apdu) else [])


def test_a_card_exchanged_between_two_commands_gets_nothing_of_the_first_ones(
    tmp_path: Path,
) -> None:
    """An exchange between two looks of the service is a card that fell silent, for it."""
    first, second = EchoCard(), EchoCard()
    with pcsc_reader(tmp_path) as (hand, driver, _):
        put_in(hand, driver, first)
        with driver.connect() as connection:
            connection.transmit(command(b"one"))
            hand.insert(second)
            with pytest.raises((CardRemoved, CardMute)):
                connection.transmit(command(b"two"))
        assert second.seen == []
        assert until(driver.card_present, POLLS_S)
        with driver.connect() as connection:
            assert connection.transmit(command(b"two")) == b"two" + OK


@contextmanager
def twin(folder: Path) -> Iterator[tuple[SimulatedReader, PcscReader]]:
    """The simulated GemPC Twin under libccid, pcscd and our driver."""
    with (
        SimulatedReader(folder / "port") as simulated,
        pcsc_daemon(folder, simulated.link) as daemon,
    ):
        daemon.serve_this_process()
        driver = PcscReader(timing=Timing())
        yield simulated, driver
        driver.close()


def test_a_card_without_an_answer_to_reset_is_mute(tmp_path: Path) -> None:
    with twin(tmp_path) as (simulated, driver):
        simulated.insert(EchoCard(b""))
        assert until(driver.card_present, POLLS_S)
        with pytest.raises(CardMute):
            driver.connect()


def test_a_write_torn_under_libccid_never_reaches_the_card(tmp_path: Path) -> None:
    card, write = EchoCard(QUICK_ATR), command(bytes(100), write=True)
    with twin(tmp_path) as (simulated, driver):
        simulated.insert(card)
        assert until(driver.card_present, POLLS_S)
        with driver.connect() as connection:
            assert connection.transmit(command(b"a read")) == b"a read" + OK
            simulated.pull_after(50)
            with pytest.raises(CardRemoved):
                connection.transmit(write)
        assert write not in card.seen


def test_a_card_that_makes_no_sense_is_left_alone(tmp_path: Path) -> None:
    card = EchoCard(b"")  # over vpcd, which needs an answer: one byte that no card answers
    with pcsc_reader(tmp_path) as (hand, driver, _):
        put_in(hand, driver, card)
        with pytest.raises(CardForeign):
            driver.connect()
    assert card.seen == []


def test_a_service_that_ends_is_said_to_and_found_again_when_it_is_started(
    tmp_path: Path,
) -> None:
    port, card = two_free_ports(), EchoCard()
    driver = PcscReader(timing=QUICK)
    forget_daemon()
    with pytest.raises(PcscNotRunning):
        driver.card_present()
    with VpcdReader(port) as hand:
        hand.insert(card)
        with service(tmp_path, port) as daemon:
            daemon.serve_this_process()
            assert until(driver.card_present, POLLS_S)
            connection = driver.connect()
            os.kill(daemon.pid, signal.SIGKILL)
            with pytest.raises(PcscNotRunning):
                connection.transmit(command(b"x"))
            connection.disconnect()
            with pytest.raises(PcscNotRunning):
                driver.card_present()
        with service(tmp_path, port) as daemon:
            daemon.serve_this_process()
            assert until(driver.card_present, POLLS_S)
            with driver.connect() as connection:
                assert connection.transmit(command(b"y")) == b"y" + OK
    driver.close()
    assert command(b"x") not in card.seen


def test_a_service_without_a_reader_says_so(tmp_path: Path) -> None:
    with pcsc_reader(tmp_path) as (_, driver, daemon):
        assert driver.describe().port == NAME
        named = PcscReader("Gemalto", timing=QUICK)
        with pytest.raises(PortMissing):
            named.card_present()
        named.close()
    (tmp_path / "empty").mkdir()
    with pcsc_daemon(tmp_path / "empty", "", None) as daemon:
        daemon.serve_this_process()
        with pytest.raises(PcscNoReader):
            driver.card_present()
        driver.close()


def test_a_service_that_hangs_costs_no_more_than_the_time_limit(tmp_path: Path) -> None:
    with pcsc_reader(tmp_path) as (hand, driver, daemon):
        put_in(hand, driver, EchoCard())
        os.kill(daemon.pid, signal.SIGSTOP)
        begun = time.monotonic()
        for _ in range(3):
            with pytest.raises(ReaderSilent):
                driver.card_present()
        assert time.monotonic() - begun < 2.0
        assert sum(one.daemon for one in threading.enumerate()) < 6
        os.kill(daemon.pid, signal.SIGCONT)
        assert until(lambda: answers(driver), POLLS_S)
        with driver.connect() as connection:
            assert connection.transmit(command(b"x")) == b"x" + OK


def answers(driver: CardReader) -> bool:
    try:
        return driver.card_present()
    except ReaderSilent:
        return False


def test_a_reader_that_stops_in_the_middle_of_a_command_is_silent_in_time(
    tmp_path: Path,
) -> None:
    with pcsc_reader(tmp_path) as (hand, driver, _):
        put_in(hand, driver, EchoCard())
        with driver.connect() as connection:
            hand.hang()
            begun = time.monotonic()
            with pytest.raises(ReaderSilent):
                connection.transmit(command(b"x", write=True))
            assert time.monotonic() - begun < QUICK.operation_s + 1
        hand.wake()
        assert until(lambda: answers(driver), POLLS_S)
        with driver.connect() as connection:
            assert connection.transmit(command(b"y")) == b"y" + OK


def test_of_two_readers_the_one_with_a_card_is_used_or_the_one_that_is_named(
    tmp_path: Path,
) -> None:
    port = two_free_ports()
    with (
        SimulatedReader(tmp_path / "port") as simulated,
        service(tmp_path, port, [(TWIN, simulated.link)]) as daemon,
        VpcdReader(port) as hand,
    ):
        daemon.serve_this_process()
        any_, named = PcscReader(timing=QUICK), PcscReader(f"{READER} 00", timing=QUICK)
        assert not any_.card_present()
        simulated.insert(EchoCard(QUICK_ATR))
        assert until(any_.card_present, POLLS_S)
        assert any_.describe().port == f"{READER} and 1 00 00"
        assert not named.card_present()
        with pytest.raises(CardAbsent):
            named.connect()
        hand.insert(EchoCard())
        assert until(named.card_present, POLLS_S)
        with named.connect() as connection:
            assert connection.atr == USER_CARD_ATR
        simulated.remove()
        assert until(lambda: any_.describe().port == NAME, POLLS_S)
        any_.close()
        named.close()


def test_a_card_that_another_program_holds_is_left_to_it(tmp_path: Path) -> None:
    with pcsc_reader(tmp_path) as (hand, driver, _):
        put_in(hand, driver, EchoCard())
        other = PcscReader(timing=QUICK)
        with driver.connect() as connection:
            assert other.card_present()
            with pytest.raises(PortBusy):
                other.connect()
            assert connection.transmit(command(b"x")) == b"x" + OK
        with other.connect() as connection:
            assert connection.transmit(command(b"y")) == b"y" + OK
        other.close()


WITHOUT_PYSCARD = """
import sys
sys.modules["smartcard"] = None
from yika_node.hardware.readers import reader_at
try:
    reader_at("auto", "pcsc").card_present()
except Exception as error:
    print(type(error).__name__)
"""


def test_without_pyscard_the_program_works_and_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYSCARD],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "PcscNotInstalled\n"


def test_where_nothing_serial_answers_the_service_is_asked(tmp_path: Path) -> None:
    groups = [serial_group([GemPcTwinProtocol], list, QUICK), pcsc_group(QUICK)]
    forget_daemon()
    found = SoughtReader(groups)
    with pytest.raises(ReaderNotFound) as caught:
        found.describe()
    assert "(this machine has no serial port; the PC/SC service does not run)" in str(caught.value)
    with pcsc_reader(tmp_path) as (hand, driver, _):
        put_in(hand, driver, EchoCard())
        assert found.describe() == ReaderDescription(NAME, "pcsc", 0, "")
        with found.connect() as connection:
            assert not isinstance(connection, MemoryChip)
            assert connection.transmit(command(b"x")) == b"x" + OK
        assert found.card_present()
    with pytest.raises(PcscNotRunning):
        found.card_present()
    found.close()
