"""The production driver against the simulated reader, through a real pseudo terminal."""

import threading
import time
from pathlib import Path

import pytest

from reader_builders import (
    OK,
    QUICK,
    QUICK_ATR,
    EchoCard,
    GemPcTwinReader,
    command,
    reader_and_driver,
)
from yika_common.cards.errors import CardAbsent, CardForeign, CardMute, CardRemoved
from yika_common.readers.iso7816 import USER_CARD_ATR, AtrRefused, checksum
from yika_common.readers.port import CardReader, Contact, MemoryConnection, ReaderDescription
from yika_common.simulated.reader_gempc_twin import FIRMWARE
from yika_node.hardware.errors import ReaderBusy


def with_check(body: str) -> bytes:
    data = bytes.fromhex(body)
    return b"\x3b" + data + bytes([checksum(data)])


def test_the_driver_is_a_card_reader(tmp_path: Path) -> None:
    with reader_and_driver(tmp_path) as (simulated, driver):
        reader: CardReader = driver
        simulated.insert(EchoCard())
        connection: Contact = reader.connect()
        assert not isinstance(connection, MemoryConnection)
        assert connection.transmit(command(b"abc")) == b"abc" + OK


def test_it_tells_the_firmware(tmp_path: Path) -> None:
    with reader_and_driver(tmp_path) as (_, driver):
        assert driver.describe() == ReaderDescription(
            str(tmp_path / "port"), "gempc-twin", 115_200, FIRMWARE.decode()
        )


def test_it_sees_cards_come_and_go(tmp_path: Path) -> None:
    with reader_and_driver(tmp_path) as (simulated, driver):
        seen = [driver.card_present()]
        simulated.insert(EchoCard())
        seen.append(driver.card_present())
        simulated.remove()
        seen.append(driver.card_present())
    assert seen == [False, True, False]


@pytest.mark.parametrize("time_requests", [0, 3])
@pytest.mark.parametrize("echo", [True, False], ids=["echo", "no echo"])
def test_commands_of_every_length_arrive_whole(
    tmp_path: Path, *, echo: bool, time_requests: int
) -> None:
    card = EchoCard()
    sent = [command(bytes(range(256))[:size] * (1 + size // 256)) for size in (0, 1, 200, 255)]
    sent.append(command(bytes(1000)))
    with reader_and_driver(tmp_path, echo=echo, time_requests=time_requests) as (
        simulated,
        driver,
    ):
        simulated.insert(card)
        with driver.connect() as connection:
            assert connection.atr == USER_CARD_ATR
            for apdu in sent:
                assert connection.transmit(apdu) == apdu[5:] + OK
    assert card.seen == sent


def test_a_card_that_takes_small_blocks_gets_chains(tmp_path: Path) -> None:
    card = EchoCard(with_check("97 96 81 31 10 05 80 55 59494B4101"))
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with driver.connect() as connection:
            assert connection.transmit(command(bytes(200))) == bytes(200) + OK
    assert card.seen == [command(bytes(200))]


def test_an_empty_slot_is_said_to_be_empty(tmp_path: Path) -> None:
    with reader_and_driver(tmp_path) as (_, driver), pytest.raises(CardAbsent):
        driver.connect()


def test_a_card_without_an_answer_to_reset_is_mute(tmp_path: Path) -> None:
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(EchoCard(b""))
        assert driver.card_present()
        with pytest.raises(CardMute):
            driver.connect()


@pytest.mark.parametrize(
    ("atr", "error"),
    [
        pytest.param(bytes.fromhex("3B0241 42"), CardForeign, id="T=0 only"),
        pytest.param(with_check("80 81 51 FE 01"), CardForeign, id="T=1 with CRC"),
        pytest.param(USER_CARD_ATR[:-1] + b"\x00", AtrRefused, id="wrong check byte"),
        pytest.param(b"\x00\x00", AtrRefused, id="no answer to reset at all"),
    ],
)
def test_a_card_that_is_not_ours_is_left_alone(
    tmp_path: Path, atr: bytes, error: type[Exception]
) -> None:
    card = EchoCard(atr)
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with pytest.raises(error):
            driver.connect()
    assert card.seen == []


@pytest.mark.parametrize("size", [60, 300])
def test_a_card_pulled_after_any_byte_has_the_whole_command_or_nothing(
    tmp_path: Path, size: int
) -> None:
    apdu = command(bytes(size), write=True)
    places = range(len(apdu) + 3) if size == 60 else (0, 1, 250, 253, 254, 255, 304, 305)
    with reader_and_driver(tmp_path) as (simulated, driver):
        for place in places:
            card = EchoCard()
            simulated.insert(card)
            simulated.pull_after(place)
            with driver.connect() as connection:
                connection.transmit(command(b"only a read"))
                with pytest.raises(CardRemoved):
                    connection.transmit(apdu)
                with pytest.raises(CardRemoved):
                    connection.transmit(command(b"once broken, always broken"))
            assert card.seen[1:] == ([apdu] if place >= len(apdu) else [])
            assert not driver.card_present()


def test_a_card_pulled_with_its_answer_has_the_command(tmp_path: Path) -> None:
    card = EchoCard()
    with reader_and_driver(tmp_path, time_requests=2) as (simulated, driver):
        simulated.insert(card)
        simulated.pull_answer()
        with driver.connect() as connection, pytest.raises(CardRemoved):
            connection.transmit(command(b"x", write=True))
        assert card.seen == [command(b"x", write=True)]
        simulated.insert(card)
        with driver.connect() as connection:
            assert connection.transmit(command(b"again", write=True)) == b"again" + OK


def test_a_card_exchanged_between_two_commands_is_noticed(tmp_path: Path) -> None:
    first, second = EchoCard(), EchoCard()
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(first)
        with driver.connect() as connection:
            connection.transmit(command(b"one"))
            simulated.insert(second)
            with pytest.raises(CardRemoved):
                connection.transmit(command(b"two"))
    assert second.seen == []


def test_a_card_that_falls_silent_is_mute(tmp_path: Path) -> None:
    class Broken(EchoCard):
        def transmit(self, apdu: bytes) -> bytes:
            raise OSError("no room left")

    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(Broken())
        with driver.connect() as connection, pytest.raises(CardMute):
            connection.transmit(command(b"x"))


def test_disconnecting_takes_the_power_away_and_may_be_repeated(tmp_path: Path) -> None:
    card = EchoCard()
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(card)
        connection = driver.connect()
        connection.disconnect()
        connection.disconnect()
        with pytest.raises(CardRemoved):
            connection.transmit(command(b"x"))
        driver.connect()
    assert card.seen == []


def test_another_page_waits_for_its_turn(tmp_path: Path) -> None:
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(EchoCard())
        first = driver.connect()
        answers: list[bytes] = []

        def other_page() -> None:
            with driver.connect() as second:
                answers.append(second.transmit(command(b"second")))

        page = threading.Thread(target=other_page)
        page.start()
        assert first.transmit(command(b"first")) == b"first" + OK
        first.disconnect()
        page.join()
    assert answers == [b"second" + OK]


def test_a_page_that_waits_too_long_is_told(tmp_path: Path) -> None:
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(EchoCard())
        first = driver.connect()
        refused: list[str] = []

        def other_page() -> None:
            try:
                driver.connect()
            except ReaderBusy as error:
                refused.append(error.code)

        page = threading.Thread(target=other_page)
        page.start()
        page.join()
        assert refused == ["reader_busy"]
        assert first.transmit(command(b"x")) == b"x" + OK


def test_a_connection_left_alone_is_taken_over(tmp_path: Path) -> None:
    now = [1000.0]

    def monotonic() -> float:
        return now[0] + time.monotonic()

    with reader_and_driver(tmp_path) as (simulated, _):
        driver = GemPcTwinReader(str(tmp_path / "port"), timing=QUICK, monotonic=monotonic)
        simulated.insert(EchoCard(QUICK_ATR))
        page = threading.Thread(target=driver.connect)
        page.start()
        page.join()
        with pytest.raises(ReaderBusy):
            driver.connect()
        now[0] += QUICK.idle_s
        with driver.connect() as connection:
            assert connection.transmit(command(b"x")) == b"x" + OK
        driver.close()


def test_many_pages_polling_disturb_no_sale(tmp_path: Path) -> None:
    card = EchoCard()
    stop = threading.Event()
    seen: set[bool] = set()
    with reader_and_driver(tmp_path) as (simulated, driver):
        simulated.insert(card)

        def poll() -> None:
            while not stop.wait(0.002):
                seen.add(driver.card_present())

        pages = [threading.Thread(target=poll) for _ in range(3)]
        for page in pages:
            page.start()
        with driver.connect() as connection:
            for turn in range(50):
                data = bytes([turn]) * 100
                assert connection.transmit(command(data)) == data + OK
        stop.set()
        for page in pages:
            page.join()
    assert (len(card.seen), seen) == (50, {True})
