"""The production driver against the simulated ASEDrive, through a real pseudo terminal."""

import threading
from pathlib import Path

import pytest

from asedrive_builders import AseDriveReader, asedrive, new_chip
from reader_builders import OK, QUICK_ATR, EchoCard, command
from wire_traces import Trace
from yika_common.cards.errors import CardAbsent, CardForeign, CardMute, CardRemoved
from yika_common.cards.user_card import personalise, recognise
from yika_common.infra.entropy import system_random
from yika_common.readers.asedrive import Command, command_frame
from yika_common.readers.asedrive_data import ReaderFacts
from yika_common.readers.iso7816 import USER_CARD_ATR, AtrRefused, checksum, pps_request
from yika_common.readers.port import CardReader, MemoryChip, MemoryConnection, MemoryKind
from yika_common.simulated.card_file import new_card_file
from yika_common.simulated.reader import Direction
from yika_node.hardware.errors import ReaderBusy
from yika_node.hardware.timing import USUAL

KINDS = pytest.mark.parametrize("kind", MemoryKind)


def with_check(body: str) -> bytes:
    data = bytes.fromhex(body)
    return b"\x3b" + data + bytes([checksum(data)])


def test_the_driver_is_a_card_reader_for_both_families(tmp_path: Path) -> None:
    with asedrive(tmp_path) as (simulated, driver):
        reader: CardReader = driver
        simulated.insert(EchoCard())
        with reader.connect() as connection:
            assert not isinstance(connection, MemoryChip)
            assert connection.transmit(command(b"abc")) == b"abc" + OK
        simulated.insert(new_chip(MemoryKind.SLE4428))
        with reader.connect() as connection:
            assert isinstance(connection, MemoryConnection)
            assert connection.read(0, 4) == MemoryKind.SLE4428.facts.atr


def test_it_sees_cards_come_and_go(tmp_path: Path) -> None:
    with asedrive(tmp_path) as (simulated, driver):
        seen = [driver.card_present()]
        simulated.insert(EchoCard())
        seen.append(driver.card_present())
        simulated.remove()
        seen.append(driver.card_present())
    assert seen == [False, True, False]


@pytest.mark.parametrize("time_requests", [0, 3])
def test_commands_of_every_length_arrive_whole(tmp_path: Path, time_requests: int) -> None:
    card = EchoCard()
    sent = [command(bytes(range(256))[:size] * (1 + size // 256)) for size in (0, 1, 200, 255)]
    sent.append(command(bytes(1000)))
    with asedrive(tmp_path, time_requests=time_requests) as (simulated, driver):
        simulated.insert(card)
        with driver.apdu() as connection:
            assert connection.atr == USER_CARD_ATR
            for apdu in sent:
                assert connection.transmit(apdu) == apdu[5:] + OK
    assert card.seen == sent


@pytest.mark.parametrize(("unit_min", "asked"), [(12, True), (16, True), (17, False)])
def test_a_card_is_asked_only_for_a_speed_that_the_reader_has(
    tmp_path: Path, unit_min: int, asked: bool
) -> None:
    """The user card offers 16 clocks in a unit."""
    trace: Trace = []
    facts = ReaderFacts(unit_min=unit_min)
    with asedrive(tmp_path, facts=facts, trace=trace) as (simulated, driver):
        simulated.insert(EchoCard())
        with driver.apdu() as connection:
            assert connection.transmit(command(b"x")) == b"x" + OK
    sent = b"".join(data for way, data in trace if way is Direction.TO_READER)
    assert (command_frame(Command.SPEED, pps_request(1, USER_CARD_ATR[2])) in sent) is asked


def test_a_card_that_offers_a_reserved_speed_is_talked_to_at_the_usual_one(tmp_path: Path) -> None:
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(EchoCard(with_check("97 7F 81 31 FE 05 80 55 59494B4101")))
        with driver.apdu() as connection:
            assert connection.transmit(command(b"x")) == b"x" + OK


def test_a_user_card_is_issued_through_it(tmp_path: Path) -> None:
    card = new_card_file(tmp_path / "card", system_random)
    with asedrive(tmp_path, timing=USUAL) as (simulated, driver):
        simulated.insert(card)
        with driver.apdu() as connection:
            personalise(
                connection,
                system_random,
                number="320100000017",
                generation=1,
                profile=8,
                key_version=1,
                node_key=bytes(16),
                slot_auth_keys={0: bytes(range(16))},
            )
            assert recognise(connection).number == "320100000017"


def test_an_empty_slot_is_said_to_be_empty(tmp_path: Path) -> None:
    with asedrive(tmp_path) as (_, driver), pytest.raises(CardAbsent):
        driver.connect()


def test_a_card_without_any_answer_is_mute(tmp_path: Path) -> None:
    with asedrive(tmp_path) as (simulated, driver):
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
    ],
)
def test_a_card_that_is_not_ours_is_left_alone(
    tmp_path: Path, atr: bytes, error: type[Exception]
) -> None:
    card = EchoCard(atr)
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with pytest.raises(error):
            driver.connect()
    assert card.seen == []


def test_a_card_pulled_after_any_byte_has_the_whole_command_or_nothing(tmp_path: Path) -> None:
    apdu = command(bytes(60), write=True)
    with asedrive(tmp_path) as (simulated, driver):
        for place in range(len(apdu) + 3):
            card = EchoCard()
            simulated.insert(card)
            simulated.pull_after(place)
            with driver.apdu() as connection:
                connection.transmit(command(b"only a read"))
                with pytest.raises(CardRemoved):
                    connection.transmit(apdu)
                with pytest.raises(CardRemoved):
                    connection.transmit(command(b"once broken, always broken"))
            assert card.seen[1:] == ([apdu] if place >= len(apdu) else [])
            assert not driver.card_present()


def test_a_card_exchanged_between_two_commands_is_noticed(tmp_path: Path) -> None:
    first, second = EchoCard(), EchoCard()
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(first)
        with driver.apdu() as connection:
            connection.transmit(command(b"one"))
            simulated.insert(second)
            with pytest.raises(CardRemoved):
                connection.transmit(command(b"two"))
    assert second.seen == []


@KINDS
def test_a_chip_shows_its_memory_to_anybody_and_takes_nothing_without_the_code(
    tmp_path: Path, kind: MemoryKind
) -> None:
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(new_chip(kind))
        with driver.chip() as chip:
            before = chip.read(0, kind.facts.size)
            assert (chip.kind, len(before)) == (kind, kind.facts.size)
            chip.write(40, b"something")
            assert chip.read(0, kind.facts.size) == before
            assert (chip.tries(), chip.code()) == (kind.facts.tries, bytes(kind.facts.code_size))


@KINDS
def test_a_chip_that_was_shown_its_code_takes_writes_until_power_ends(
    tmp_path: Path, kind: MemoryKind
) -> None:
    maker, new = b"\xff" * kind.facts.code_size, bytes(range(1, kind.facts.code_size + 1))
    data = bytes(range(200))
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(new_chip(kind))
        with driver.chip() as chip:
            assert chip.present(maker)
            chip.write(40, data)
            assert chip.read(40, len(data)) == data
            chip.change_code(0, new)
            assert chip.code() == new
            chip.freeze(10, b"\xff")
            chip.write(10, b"\x00")
            assert chip.read(10, 1) == b"\xff"
        with driver.chip() as chip:
            chip.write(40, bytes(200))
            assert chip.read(40, len(data)) == data
            assert not chip.present(maker)
            assert chip.present(new)


@KINDS
def test_wrong_codes_cost_tries_and_the_last_one_blocks(tmp_path: Path, kind: MemoryKind) -> None:
    wrong, maker = bytes(kind.facts.code_size), b"\xff" * kind.facts.code_size
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(new_chip(kind))
        with driver.chip() as chip:
            for left in reversed(range(kind.facts.tries)):
                assert not chip.present(wrong)
                assert chip.tries() == left
            assert not chip.present(maker)


@KINDS
def test_a_chip_pulled_after_any_byte_holds_the_new_bytes_before_it_and_the_old_ones_after(
    tmp_path: Path, kind: MemoryKind
) -> None:
    maker, size = b"\xff" * kind.facts.code_size, 60
    with asedrive(tmp_path) as (simulated, driver):
        for place in range(size):
            card = new_chip(kind)
            simulated.insert(card)
            with driver.chip() as chip:
                assert chip.present(maker)
                simulated.pull_after(place)
                with pytest.raises(CardRemoved):
                    chip.write(100, bytes(size))
                with pytest.raises(CardRemoved):
                    chip.read(0, 1)
            assert not driver.card_present()
            simulated.insert(card)
            with driver.chip() as chip:
                found = chip.read(100, size)
                assert found[:place] == bytes(place)
                assert found[place + 1 :] == b"\xff" * (size - place - 1)


@KINDS
def test_a_chip_pulled_with_its_answer_has_the_run_of_bytes(
    tmp_path: Path, kind: MemoryKind
) -> None:
    card = new_chip(kind)
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with driver.chip() as chip:
            assert chip.present(b"\xff" * kind.facts.code_size)
            simulated.pull_answer()
            with pytest.raises(CardRemoved):
                chip.write(100, b"abc")
        simulated.insert(card)
        with driver.chip() as chip:
            assert chip.read(100, 3) == b"abc"


def test_another_page_waits_for_its_turn_or_is_told(tmp_path: Path) -> None:
    with asedrive(tmp_path) as (simulated, driver):
        simulated.insert(new_chip(MemoryKind.SLE4428))
        first = driver.chip()
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
        assert first.tries() == 8
        first.disconnect()
        with pytest.raises(CardRemoved):
            first.tries()


def test_disconnecting_takes_the_power_away(tmp_path: Path) -> None:
    with asedrive(tmp_path) as (simulated, driver):
        card = EchoCard(QUICK_ATR)
        simulated.insert(card)
        driver.apdu().disconnect()
        connection = AseDriveReader.apdu(driver)
        connection.disconnect()
        connection.disconnect()
        with pytest.raises(CardRemoved):
            connection.transmit(command(b"x"))
    assert card.seen == []
