"""T=1: golden blocks, and the two sides against each other over a line that loses and spoils."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yika_common.readers.t1 import (
    BLOCK_SIZE,
    MORE_TIME,
    BlockDamaged,
    decode_block,
    information_block,
    ready_block,
    supervisory_answer,
    supervisory_request,
)
from yika_common.readers.t1_host import RETRIES_MAX, Done, ProtocolBroken, Send, T1Host
from yika_common.simulated.t1_card import T1Card

FINE, COMMAND_LOST, ANSWER_LOST, COMMAND_SPOILT, ANSWER_SPOILT = range(5)


class Line:
    """Host and card with a plan of what happens to each exchange of blocks."""

    def __init__(self, plan: list[int], *, card_size: int = 254, time_requests: int = 0) -> None:
        self.executed: list[bytes] = []
        self.plan = plan
        self.host = T1Host(card_size)
        self.card = T1Card(self._execute, time_requests=time_requests)

    def _execute(self, apdu: bytes) -> bytes:
        self.executed.append(apdu)
        return apdu[::-1] + b"\x90\x00"

    def run(self, step: Send | Done) -> bytes:
        while isinstance(step, Send):
            step = self.host.received(self._across(step.block))
        return step.data

    def _across(self, block: bytes) -> bytes | None:
        fate = self.plan.pop(0) if self.plan else FINE
        if fate == COMMAND_LOST:
            return None
        answer = self.card.received(_spoilt(block) if fate == COMMAND_SPOILT else block)
        if fate == ANSWER_LOST:
            return None
        return _spoilt(answer) if fate == ANSWER_SPOILT else answer


def _spoilt(block: bytes) -> bytes:
    return block[:-1] + bytes([block[-1] ^ 0x40])


@pytest.mark.parametrize(
    ("block", "data"),
    [
        pytest.param(
            information_block(0, bytes.fromhex("00A4040000")), "000005 00A4040000 A5", id="I"
        ),
        pytest.param(information_block(1, b"", more=True), "006000 60", id="I, second, more"),
        pytest.param(ready_block(1, 1), "009100 91", id="R, wrong LRC"),
        pytest.param(supervisory_request(BLOCK_SIZE, b"\xfe"), "00C101 FE 3E", id="S, block size"),
        pytest.param(supervisory_answer(MORE_TIME, b"\x01"), "00E301 01 E3", id="S, time granted"),
    ],
)
def test_a_block_has_exactly_these_bytes(block: object, data: str) -> None:
    assert decode_block(bytes.fromhex(data)) == block
    assert decode_block(bytes.fromhex(data)).encode() == bytes.fromhex(data)


@given(st.binary(min_size=1, max_size=254), st.data())
def test_a_flipped_bit_is_no_block(information: bytes, data: st.DataObject) -> None:
    block = bytearray(information_block(0, information).encode())
    bit = data.draw(st.integers(0, len(block) * 8 - 1))
    block[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BlockDamaged):
        decode_block(bytes(block))


@given(
    st.lists(st.binary(min_size=4, max_size=600), min_size=1, max_size=4),
    st.integers(1, 254),
    st.integers(0, 3),
    st.booleans(),
)
def test_commands_of_any_length_cross_in_blocks_of_any_size(
    apdus: list[bytes], card_size: int, time_requests: int, offer: bool
) -> None:
    line = Line([], card_size=card_size, time_requests=time_requests)
    if offer:
        assert line.run(line.host.offer_block_size()) == b"\xfe"
    for apdu in apdus:
        assert line.run(line.host.begin(apdu)) == apdu[::-1] + b"\x90\x00"
    assert line.executed == apdus


@given(
    st.lists(st.binary(min_size=4, max_size=60), min_size=1, max_size=3),
    st.integers(5, 40),
    st.integers(0, 1),
    st.lists(st.integers(0, 4), max_size=40),
)
def test_a_command_is_executed_once_however_often_blocks_are_lost(
    apdus: list[bytes], card_size: int, time_requests: int, plan: list[int]
) -> None:
    line = Line(plan, card_size=card_size, time_requests=time_requests)
    done: list[bytes] = []
    try:
        for apdu in apdus:
            assert line.run(line.host.begin(apdu)) == apdu[::-1] + b"\x90\x00"
            done.append(apdu)
    except ProtocolBroken:
        assert line.executed in (done, [*done, apdus[len(done)]])
    else:
        assert line.executed == apdus


@pytest.mark.parametrize("fate", [COMMAND_LOST, ANSWER_LOST, COMMAND_SPOILT, ANSWER_SPOILT])
@pytest.mark.parametrize("place", range(8))
def test_one_mishap_anywhere_costs_nothing(fate: int, place: int) -> None:
    line = Line([FINE] * place + [fate], card_size=20, time_requests=1)
    for apdu in (bytes(range(50)), bytes(range(100, 130))):
        assert line.run(line.host.begin(apdu)) == apdu[::-1] + b"\x90\x00"
    assert len(line.executed) == 2


def test_a_host_that_repeated_the_command_instead_would_execute_it_twice() -> None:
    """The control: what the R-block protects from happens to a naive repetition on a new count."""
    line = Line([ANSWER_LOST])
    first = line.host.begin(b"\x00\xd6\x00\x00\x01A")
    assert line._across(first.block) is None
    naive = information_block(1, b"\x00\xd6\x00\x00\x01A").encode()
    line.card.received(naive)
    assert len(line.executed) == 2


def test_the_host_gives_up_after_its_repetitions() -> None:
    line = Line([ANSWER_LOST] * (RETRIES_MAX + 1))
    with pytest.raises(ProtocolBroken):
        line.run(line.host.begin(b"1234"))
    assert line.executed == [b"1234"]


def test_more_time_is_granted_and_waited_for() -> None:
    host = T1Host(254)
    host.begin(b"1234")
    step = host.received(supervisory_request(MORE_TIME, b"\x05").encode())
    assert step == Send(supervisory_answer(MORE_TIME, b"\x05").encode(), patience=5)


def test_a_card_may_shrink_its_blocks_between_two_commands() -> None:
    host = T1Host(254)
    host.begin(b"123456")
    step = host.received(supervisory_request(BLOCK_SIZE, b"\x02").encode())
    assert step == Send(supervisory_answer(BLOCK_SIZE, b"\x02").encode())
    assert host.received(information_block(0, b"\x90\x00").encode()) == Done(b"\x90\x00")
    assert host.begin(b"123456") == Send(information_block(1, b"12", more=True).encode())


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(supervisory_request(2), id="abort"),
        pytest.param(supervisory_request(MORE_TIME), id="time without a figure"),
        pytest.param(supervisory_request(BLOCK_SIZE, b"\x00"), id="blocks of nothing"),
    ],
)
def test_a_request_without_sense_ends_the_exchange(nonsense: object) -> None:
    host = T1Host(254)
    host.begin(b"1234")
    with pytest.raises(ProtocolBroken):
        host.received(nonsense.encode())  # type: ignore[attr-defined]


def test_an_answer_without_end_is_cut_off() -> None:
    host = T1Host(254)
    host.begin(b"1234")
    blocks = [information_block(turn, bytes(254), more=True).encode() for turn in (0, 1)]
    for turn in range(65_538 // 254):
        assert isinstance(host.received(blocks[turn % 2]), Send)
    with pytest.raises(ProtocolBroken, match="never ends"):
        host.received(blocks[65_538 // 254 % 2])
