"""The production driver against the simulated Gemplus reader, through a real pseudo terminal."""

import threading
from pathlib import Path

import pytest

from gemplus_builders import gemplus
from memory_builders import ChipStoreInMemory, whole_byte_flickers
from reader_builders import OK, QUICK_ATR, EchoCard, command
from wire_traces import Trace
from yika_common.cards.errors import CardAbsent, CardForeign, CardMute, CardRemoved
from yika_common.readers.gemplus_commands import power_up_at
from yika_common.readers.iso7816 import USER_CARD_ATR, AtrRefused, checksum
from yika_common.readers.port import CardReader, MemoryChip, MemoryKind, ReaderDescription
from yika_common.simulated.memory_chip import SimulatedChip, new_content
from yika_common.simulated.reader_gemplus import FIRMWARE
from yika_node.hardware.errors import ReaderBusy


def with_check(body: str) -> bytes:
    data = bytes.fromhex(body)
    return b"\x3b" + data + bytes([checksum(data)])


class StubbornCard(EchoCard):
    """Answers to reset at once, and to nothing that is no command: it grants no speed."""

    def __init__(self) -> None:
        super().__init__(with_check("97 96 81 31 FE 05 80 55 59494B4101"))


def test_the_driver_is_a_card_reader(tmp_path: Path) -> None:
    with gemplus(tmp_path) as (simulated, driver):
        reader: CardReader = driver
        simulated.insert(EchoCard())
        with reader.connect() as connection:
            assert not isinstance(connection, MemoryChip)
            assert connection.transmit(command(b"abc")) == b"abc" + OK


def test_it_says_port_protocol_speed_and_firmware(tmp_path: Path) -> None:
    with gemplus(tmp_path) as (simulated, driver):
        expected = ReaderDescription(str(simulated.link), "gemplus", 76_800, FIRMWARE.decode())
        assert driver.describe() == expected


def test_it_sees_cards_come_and_go(tmp_path: Path) -> None:
    with gemplus(tmp_path) as (simulated, driver):
        seen = [driver.card_present()]
        simulated.insert(EchoCard())
        seen.append(driver.card_present())
        simulated.remove()
        seen.append(driver.card_present())
    assert seen == [False, True, False]


@pytest.mark.parametrize("time_requests", [0, 3])
def test_commands_of_every_length_arrive_whole(tmp_path: Path, time_requests: int) -> None:
    """Up to one block, beyond it there, and beyond it both ways."""
    card = EchoCard()
    sent = [command(bytes(range(256))[:size]) for size in (0, 1, 200, 248, 249, 252, 253, 255)]
    with gemplus(tmp_path, time_requests=time_requests) as (simulated, driver):
        simulated.insert(card)
        with driver.connect() as connection:
            assert connection.atr == USER_CARD_ATR
            for apdu in sent:
                assert connection.transmit(apdu) == apdu[5:] + OK
                assert connection.transmit(apdu + b"\0") == apdu[5:] + b"\0" + OK
    assert card.seen == [each for apdu in sent for each in (apdu, apdu + b"\0")]


def test_a_command_that_no_short_apdu_holds_is_refused_and_nothing_is_sent(tmp_path: Path) -> None:
    card = EchoCard()
    with gemplus(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with driver.connect() as connection:
            with pytest.raises(ValueError, match="an APDU of 262 bytes"):
                connection.transmit(bytes(262))
            assert connection.transmit(command(b"x")) == b"x" + OK
    assert card.seen == [command(b"x")]


def test_a_card_that_offers_a_speed_is_asked_for_it(tmp_path: Path) -> None:
    trace: Trace = []
    card = EchoCard()
    with gemplus(tmp_path, trace=trace) as (simulated, driver):
        simulated.insert(card)
        driver.connect().disconnect()
    assert any(power_up_at(USER_CARD_ATR[2], 1) in data for _, data in trace)
    assert card.resets == 2


def test_an_empty_slot_is_said_to_be_empty(tmp_path: Path) -> None:
    with gemplus(tmp_path) as (_, driver), pytest.raises(CardAbsent):
        driver.connect()


@pytest.mark.parametrize("kind", MemoryKind)
def test_what_does_not_answer_to_reset_is_mute(tmp_path: Path, kind: MemoryKind) -> None:
    """A memory chip among them: this driver reads none."""
    chip = SimulatedChip(ChipStoreInMemory(new_content(kind)), whole_byte_flickers())
    with gemplus(tmp_path) as (simulated, driver):
        for card in (EchoCard(b""), chip):
            simulated.insert(card)
            assert driver.card_present()
            with pytest.raises(CardMute):
                driver.connect()


@pytest.mark.parametrize(
    ("atr", "error"),
    [
        pytest.param(bytes.fromhex("3B0241 42"), CardForeign, id="T=0 only"),
        pytest.param(with_check("80 81 51 FE 01"), CardForeign, id="T=1 with CRC"),
        pytest.param(USER_CARD_ATR[:-1] + b"\x00", AtrRefused, id="wrong check byte"),
    ],
)
def test_a_card_that_is_not_ours_is_left_alone(
    tmp_path: Path, atr: bytes, error: type[Exception]
) -> None:
    card = EchoCard(atr)
    with gemplus(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with pytest.raises(error):
            driver.connect()
    assert card.seen == []


def test_a_card_pulled_after_any_byte_has_the_whole_command_or_nothing(tmp_path: Path) -> None:
    apdu = command(bytes(60), write=True)
    with gemplus(tmp_path) as (simulated, driver):
        for place in range(len(apdu) + 3):
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


def test_a_card_pulled_in_a_command_of_two_blocks_has_the_whole_command_or_nothing(
    tmp_path: Path,
) -> None:
    apdu = command(bytes(255), write=True)
    with gemplus(tmp_path) as (simulated, driver):
        for place in (0, 1, 100, 253, 254, 255, 259, 260):
            card = EchoCard()
            simulated.insert(card)
            simulated.pull_after(place)
            with driver.connect() as connection, pytest.raises(CardRemoved):
                connection.transmit(apdu)
            assert card.seen == ([apdu] if place >= len(apdu) else [])


def test_a_card_exchanged_between_two_commands_is_noticed(tmp_path: Path) -> None:
    first, second = EchoCard(), EchoCard()
    with gemplus(tmp_path) as (simulated, driver):
        simulated.insert(first)
        with driver.connect() as connection:
            connection.transmit(command(b"one"))
            simulated.insert(second)
            with pytest.raises(CardRemoved):
                connection.transmit(command(b"two"))
    assert second.seen == []


def test_another_page_waits_for_its_turn_or_is_told(tmp_path: Path) -> None:
    with gemplus(tmp_path) as (simulated, driver):
        simulated.insert(EchoCard())
        first = driver.connect()
        told: list[str] = []

        def other_page() -> None:
            try:
                driver.connect()
            except ReaderBusy as error:
                told.append(error.code)

        page = threading.Thread(target=other_page)
        page.start()
        page.join()
        assert told == ["reader_busy"]
        assert first.transmit(command(b"x")) == b"x" + OK


def test_disconnecting_takes_the_power_away(tmp_path: Path) -> None:
    card = EchoCard(QUICK_ATR)
    with gemplus(tmp_path) as (simulated, driver):
        simulated.insert(card)
        connection = driver.connect()
        connection.disconnect()
        connection.disconnect()
        with pytest.raises(CardRemoved):
            connection.transmit(command(b"x"))
    assert card.seen == []
