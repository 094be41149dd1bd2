"""The GemPC Twin's frames: golden ones worked out by hand, and rules for all others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yika_common.readers.ccid import (
    DATA_MAX,
    NAK_FRAME,
    Damage,
    Decoder,
    Event,
    Icc,
    Kind,
    Message,
    Movement,
    Refusal,
    answer,
    movement_bytes,
)

messages = st.builds(
    Message,
    kind=st.sampled_from(list(Kind)),
    sequence=st.integers(0, 255),
    specific=st.binary(min_size=3, max_size=3),
    data=st.binary(max_size=DATA_MAX),
)
NOISE = bytes([0x00, 0xFF, 0x55, 0x80])


@pytest.mark.parametrize(
    ("message", "frame"),
    [
        pytest.param(
            Message(Kind.POWER_ON, 5, b"\x01\0\0"),
            "03 06 62 00000000 00 05 010000 63",
            id="power on, 5 volt",
        ),
        pytest.param(
            Message(Kind.ESCAPE, 0, data=b"\x02"),
            "03 06 6B 01000000 00 00 000000 02 6D",
            id="ask for the firmware text",
        ),
        pytest.param(
            Message(Kind.STATUS_ANSWER, 7, b"\x02\0\0"),
            "03 06 81 00000000 00 07 020000 81",
            id="no card",
        ),
        pytest.param(
            Message(Kind.TRANSFER, 255, data=bytes(256)),
            "03 06 6F 00010000 00 FF 000000" + "00" * 256 + "94",
            id="length in two bytes, little-endian",
        ),
    ],
)
def test_a_message_has_exactly_these_bytes_on_the_line(message: Message, frame: str) -> None:
    data = bytes.fromhex(frame)
    assert message.to_frame() == data
    assert Decoder().feed(data) == [message]


@given(st.lists(messages, max_size=4), st.lists(st.integers(1, 40), min_size=1))
def test_it_does_not_matter_how_the_bytes_arrive(sent: list[Message], sizes: list[int]) -> None:
    line = b"".join(m.to_frame() + NAK_FRAME + movement_bytes(present=True) for m in sent)
    decoder, got = Decoder(), list[Event]()
    at = 0
    while at < len(line):
        size = sizes[at % len(sizes)]
        got += decoder.feed(line[at : at + size])
        at += size
    assert got == [e for m in sent for e in (m, Refusal(), Movement(present=True))]
    assert (decoder.noise, decoder.in_frame) == (0, False)


@given(messages, st.data())
def test_a_flipped_bit_never_makes_another_message(message: Message, data: st.DataObject) -> None:
    frame = bytearray(message.to_frame())
    bit = data.draw(st.integers(0, len(frame) * 8 - 1))
    frame[bit // 8] ^= 1 << bit % 8
    assert not [e for e in Decoder().feed(bytes(frame)) if isinstance(e, Message)]


def test_a_wrong_check_byte_is_damage_and_the_next_frame_is_read() -> None:
    good = Message(Kind.DATA_ANSWER, 1, data=b"abc")
    bad = bytearray(good.to_frame())
    bad[-1] ^= 0xFF
    assert Decoder().feed(bytes(bad) + good.to_frame()) == [Damage(), good]


def test_a_length_beyond_the_longest_message_is_damage() -> None:
    header = bytes.fromhex("03 06 80 06010000 00 00 000000")
    assert Decoder().feed(header)[0] == Damage()


@given(messages)
def test_noise_before_a_frame_is_skipped_and_counted(message: Message) -> None:
    decoder = Decoder()
    assert decoder.feed(NOISE + message.to_frame()) == [message]
    assert decoder.noise == len(NOISE)


@given(st.binary(max_size=600))
def test_any_bytes_at_all_are_survived(data: bytes) -> None:
    for event in Decoder().feed(data):
        if isinstance(event, Message):
            assert event.to_frame() in data


def test_an_answer_says_what_its_command_was_and_how_it_ended() -> None:
    asked = Message(Kind.TRANSFER, 9, data=b"x")
    failed = answer(asked, Icc.ABSENT, error=0xFE)
    assert (failed.kind, failed.sequence) == (Kind.DATA_ANSWER, 9)
    assert (failed.failed, failed.icc, failed.error) == (True, Icc.ABSENT, 0xFE)
    assert answer(Message(0x77, 1), Icc.POWERED, error=0).kind == Kind.STATUS_ANSWER


def test_a_message_that_no_frame_holds_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="261"):
        Message(Kind.TRANSFER, 0, data=bytes(DATA_MAX + 1))
