"""The ASEDrive's frames: what is sent arrives, in whatever pieces; damage is never believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire_traces import read_trace
from yika_common.readers.asedrive import (
    DATA_MAX,
    AnswerDecoder,
    Command,
    CommandDecoder,
    Damage,
    Movement,
    Order,
    Reply,
    StatusCode,
    answer_frame,
    command_frame,
    movement_frame,
    status_frame,
)
from yika_common.readers.asedrive_data import (
    CardParameters,
    ChipMode,
    ChipOrder,
    ReaderFacts,
    memory_read,
    memory_write,
)
from yika_common.readers.iso7816 import USER_CARD_ATR, parse_atr
from yika_common.simulated.reader import Direction

DATA = st.binary(max_size=DATA_MAX)
PIECES = st.integers(1, 40)
EVENTS = st.one_of(
    DATA.map(lambda data: (answer_frame(data), Reply(data=data))),
    st.sampled_from(StatusCode).map(lambda code: (status_frame(code), Reply(code))),
    st.booleans().map(lambda there: (movement_frame(present=there), Movement(present=there))),
)
NOISE = st.sampled_from([b"\x00", b"\x55", b"\x03", b"\xff", b"\x05\x0e"])
TRACES = ["asedrive-cpu.trace", "asedrive-sle4442.trace", "asedrive-sle4428.trace"]


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(st.lists(st.tuples(NOISE, EVENTS), max_size=6), PIECES)
def test_answers_arrive_in_any_pieces_between_noise(
    sent: list[tuple[bytes, tuple[bytes, Reply | Movement]]], size: int
) -> None:
    decoder = AnswerDecoder()
    line = b"".join(noise + frame for noise, (frame, _) in sent)
    found = [event for piece in pieces(line, size) for event in decoder.feed(piece)]
    assert found == [event for _, (_, event) in sent]
    assert not decoder.in_frame


@given(st.lists(st.tuples(st.sampled_from(Command), DATA), max_size=5), PIECES)
def test_commands_arrive_in_any_pieces(sent: list[tuple[Command, bytes]], size: int) -> None:
    decoder = CommandDecoder()
    line = b"".join(command_frame(command, data) for command, data in sent)
    found = [event for piece in pieces(line, size) for event in decoder.feed(piece)]
    assert found == [Order(command, data) for command, data in sent]


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_flipped_bit_is_never_believed(data: bytes, draw: st.DataObject) -> None:
    frame = bytearray(answer_frame(data))
    at = draw.draw(st.integers(2, len(frame) - 1))
    frame[at] ^= 1 << draw.draw(st.integers(0, 7))
    assert Reply(data=data) not in AnswerDecoder().feed(bytes(frame))


@given(st.binary(max_size=600))
def test_garbage_is_survived_by_both_sides(data: bytes) -> None:
    AnswerDecoder().feed(data)
    CommandDecoder().feed(data)


def test_an_answer_may_carry_its_status() -> None:
    def frame(body: str) -> bytes:
        data = bytes.fromhex(body)
        check = 0
        for byte in data:
            check ^= byte
        return data + bytes([check])

    decoder = AnswerDecoder()
    assert decoder.feed(frame("70 03 AABB 20")) == [Reply(data=b"\xaa\xbb")]
    assert decoder.feed(frame("F0 0003 AABB 26")) == [Reply(StatusCode.TIME_OUT)]
    assert decoder.feed(frame("70 01 00")) == [Damage(StatusCode.WRONG_LENGTH)]


def test_a_length_beyond_every_block_is_refused() -> None:
    assert AnswerDecoder().feed(b"\x90\xff\xff") == [Damage(StatusCode.WRONG_LENGTH)]
    assert CommandDecoder().feed(b"\x00") == [Damage(StatusCode.NO_COMMAND)]


@pytest.mark.parametrize("name", TRACES)
def test_every_frame_of_athenas_driver_is_one_of_ours(name: str) -> None:
    for way, data in read_trace(name):
        if way is Direction.TO_READER:
            (order,) = CommandDecoder().feed(data)
            assert isinstance(order, Order)
            assert command_frame(order.command, order.data) == data
        else:
            (reply,) = AnswerDecoder().feed(data)
            assert isinstance(reply, Reply)


def test_the_cards_parameters_are_those_that_athenas_driver_computes() -> None:
    sent = [data for way, data in read_trace("asedrive-cpu.trace") if data[1:2] == b"\x15"]
    atr = parse_atr(USER_CARD_ATR)
    ours = (CardParameters(), CardParameters.of_t1_card(atr, atr.speed))
    assert [command_frame(Command.PARAMETERS, one.data) for one in ours] == sent


@given(st.builds(ReaderFacts, st.integers(0, 255), st.integers(0, 65_535), st.integers(0, 65_535)))
def test_a_reader_s_facts_are_read_as_it_says_them(facts: ReaderFacts) -> None:
    assert ReaderFacts.from_data(facts.data) == facts
    assert ReaderFacts.from_data(facts.data[:15]) == ReaderFacts()


@given(st.integers(0, 255), st.integers(0, 1023), st.binary(min_size=1, max_size=23))
def test_a_chips_command_is_taken_apart_as_it_was_made(
    control: int, address: int, data: bytes
) -> None:
    read = ChipOrder.from_data(memory_read(control, address, len(data)))
    assert read == ChipOrder(ChipMode.READ, control, address, len(data), b"")
    written = ChipOrder.from_data(memory_write(control, address, data))
    assert written == ChipOrder(ChipMode.WRITE, control, address, len(data), data)


@pytest.mark.parametrize("data", ["", "01300000", "0338000001", "0038000002AA", "013000000100"])
def test_a_chips_command_that_contradicts_itself_is_none(data: str) -> None:
    assert ChipOrder.from_data(bytes.fromhex(data)) is None
