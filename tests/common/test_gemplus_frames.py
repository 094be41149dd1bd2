"""The Gemplus Block Protocol: blocks, commands, and what a line makes of them at another speed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yika_common.readers.gemplus import (
    DATA_MAX,
    RESTART,
    RESTARTED,
    UNEXPECTED,
    WRONG_EDC,
    Block,
    BlockDecoder,
    Damage,
    Way,
    information_block,
    repeat_block,
    wire_time,
)
from yika_common.readers.gemplus_commands import (
    APDU_MAX,
    APDU_PART,
    SPEED_CODES,
    SlotStatus,
    apdu_commands,
    fetch_rest,
    power_up,
    power_up_at,
    read_firmware,
    set_line,
    speed_of,
)
from yika_common.simulated.uart import heard

WAYS = st.sampled_from(Way)
BLOCKS = st.one_of(
    st.builds(information_block, st.integers(0, 1), st.binary(max_size=DATA_MAX)),
    st.builds(repeat_block, st.integers(0, 1), st.sampled_from([0, WRONG_EDC, UNEXPECTED])),
    st.sampled_from([RESTART, RESTARTED]),
)
SPEEDS = (1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 76_800, 115_200)


@pytest.mark.parametrize(
    ("block", "way", "line"),
    [
        (RESTART, Way.TO_READER, "42 C0 00 82"),
        (RESTARTED, Way.FROM_READER, "24 E0 00 C4"),
        (information_block(0, read_firmware()), Way.TO_READER, "42 00 05 22 05 3F E0 10 AF"),
        (information_block(1, set_line(38_400)), Way.TO_READER, "42 40 02 0A 02 08"),
        (information_block(0, power_up()), Way.TO_READER, "42 00 02 12 13 41"),
        (information_block(0, power_up_at(0x96, 1)), Way.TO_READER, "42 00 05 12 F3 11 96 78 59"),
        (repeat_block(1), Way.TO_READER, "42 90 00 D2"),
        (repeat_block(0, WRONG_EDC), Way.FROM_READER, "24 81 00 A5"),
    ],
)
def test_blocks_are_these_bytes(block: Block, way: Way, line: str) -> None:
    """By hand from the tables, and as Gemplus' own driver sends them."""
    assert block.encode(way) == bytes.fromhex(line)
    assert BlockDecoder(way).feed(bytes.fromhex(line)) == [block]


@given(WAYS, st.lists(BLOCKS, max_size=4), st.data())
def test_blocks_arrive_whole_however_the_line_cuts_them(
    way: Way, blocks: list[Block], data: st.DataObject
) -> None:
    line = b"".join(block.encode(way) for block in blocks)
    decoder, found = BlockDecoder(way), []
    while line:
        cut = data.draw(st.integers(1, len(line)))
        found += decoder.feed(line[:cut])
        line = line[cut:]
    assert found == blocks
    assert not decoder.in_block


@given(WAYS, BLOCKS, st.binary(max_size=20))
def test_noise_before_a_block_is_skipped_and_counted(way: Way, block: Block, noise: bytes) -> None:
    noise = noise.replace(bytes([way]), b"")
    decoder = BlockDecoder(way)
    assert decoder.feed(noise + block.encode(way)) == [block]
    assert decoder.noise == len(noise)


@given(BLOCKS, st.data())
def test_no_single_wrong_bit_gives_a_block(block: Block, data: st.DataObject) -> None:
    line = bytearray(block.encode(Way.FROM_READER))
    bit = data.draw(st.integers(0, 8 * len(line) - 1))
    line[bit // 8] ^= 1 << bit % 8
    found = BlockDecoder(Way.FROM_READER).feed(bytes(line))
    assert found in ([], [Damage()])


@given(BLOCKS)
def test_a_block_is_of_one_kind(block: Block) -> None:
    kinds = [block.is_information, block.is_repeat, block.is_restart, block.is_restarted]
    assert kinds.count(True) == 1


def test_a_block_holds_255_bytes_at_most() -> None:
    with pytest.raises(ValueError, match="256 bytes do not fit"):
        information_block(0, bytes(256))


def test_every_speed_has_its_code_and_the_others_have_none() -> None:
    assert {speed_of(code): code for code in range(1, 8)} == SPEED_CODES
    assert [speed_of(code) for code in (0, 8, 0x12, 0xFF)] == [None] * 4
    assert sorted(SPEED_CODES) == [1200, 2400, 4800, 9600, 19200, 38400, 76800]


@given(st.binary(min_size=4, max_size=APDU_MAX))
def test_a_command_is_carried_whole_its_end_first(apdu: bytes) -> None:
    *before, last = apdu_commands(apdu)
    assert last == b"\x15" + apdu[:APDU_PART]
    assert all(len(part) <= DATA_MAX for part in (*before, last))
    assert [part[:5] for part in before] == [b"\x15\xff\xff\xff\xff"] * (len(apdu) > APDU_PART)
    ends = [part[6:] for part in before]
    assert [len(end) for end in ends] == [part[5] for part in before]
    assert last[1:] + b"".join(ends) == apdu


@pytest.mark.parametrize("size", [0, 3, APDU_MAX + 1])
def test_what_is_no_short_apdu_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"an APDU of {size} bytes"):
        apdu_commands(bytes(size))


def test_the_rest_of_the_longest_response_is_four_bytes() -> None:
    assert fetch_rest() == bytes.fromhex("15 FFFFFFFF 04")


@given(st.booleans(), st.booleans(), st.booleans())
def test_a_status_says_what_is_in_the_slot(present: bool, powered: bool, t1: bool) -> None:
    status = SlotStatus(present, powered, t1)
    assert len(status.data) == 6
    assert SlotStatus.from_data(status.data) == status


def test_an_answer_without_a_status_says_nothing() -> None:
    assert SlotStatus.from_data(b"") is None


def test_bytes_take_their_time_on_the_line() -> None:
    assert wire_time(960, 9_600) == 1.0


@given(st.binary(max_size=40), st.sampled_from(SPEEDS))
def test_at_its_own_speed_a_port_hears_what_was_sent(data: bytes, baud: int) -> None:
    assert heard(data, baud, baud) == data


@pytest.mark.parametrize("sent_at", SPEEDS)
@pytest.mark.parametrize("heard_at", SPEEDS)
def test_at_another_speed_no_block_is_understood(sent_at: int, heard_at: int) -> None:
    garbage = heard(RESTART.encode(Way.TO_READER), sent_at, heard_at)
    found = BlockDecoder(Way.TO_READER).feed(garbage)
    assert found == ([RESTART] if sent_at == heard_at else [])


@pytest.mark.parametrize(
    ("byte", "sent_at", "heard_at", "found"),
    [
        pytest.param("00", 9_600, 19_200, "80", id="18 bits of 0: no stop bit, then a byte"),
        pytest.param("FF", 9_600, 19_200, "FE", id="a start bit as long as two"),
        pytest.param("55", 19_200, 9_600, "", id="start bits that are over in their middle"),
        pytest.param("FF", 115_200, 1_200, "", id="a start bit that is over long before"),
    ],
)
def test_bits_are_sampled_in_the_middle(
    byte: str, sent_at: int, heard_at: int, found: str
) -> None:
    assert heard(bytes.fromhex(byte), sent_at, heard_at) == bytes.fromhex(found)
