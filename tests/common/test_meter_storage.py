"""A meter's memory holds the old state or the new one, after whatever byte the supply fails."""

import json
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import KEYS
from meter_builders import PageMemory, PowerCut, meter_plate, new_meter
from yika_common.meters.errors import MeterStorageLost
from yika_common.meters.factory import KeyFileMalformed, parse_key_file
from yika_common.meters.state import Holds, MeterState
from yika_common.numbers import Price, Quantity
from yika_common.simulated.meter_file import (
    PAGE_SIZE,
    MeterFileExists,
    MeterFileWrong,
    StoredMeter,
    encode_copy,
    new_meter_file,
    open_meter_file,
)

OLD = MeterState(count=4, total=Quantity(400), balance=Quantity(300), sequence=9)
NEW = replace(
    OLD,
    count=5,
    total=Quantity(500),
    balance=Quantity(400),
    sequence=10,
    price=Price(52_000),
    next_price=Price(53_500),
    next_from=1_777_564_800,
    owed=6_000,
    order=7,
    transferred=True,
)
KEY_FILE = {
    "meter": "M00000000042",
    "service": "gas",
    "key_version": 1,
    "credit": KEYS.credit.hex(),
    "wbn": KEYS.wbn.hex(),
    "wbq": (KEYS.wbq or b"").hex(),
    "auth": KEYS.auth.hex(),
}


def states_after_every_cut(open_meter: Callable[[PageMemory], StoredMeter]) -> list[MeterState]:
    """What the meter holds after a commit that stopped after 0, 1, 2... bytes."""
    found = []
    for budget in range(len(encode_copy(3, NEW)) + 1):
        memory, meter = new_meter()
        meter.commit(OLD)
        memory.budget, memory.stored = budget, 0
        with suppress(PowerCut):
            open_meter(memory).commit(NEW)
        memory.budget = None
        found.append(replace(StoredMeter(memory).state(), repairs=0))
    return found


def test_a_commit_cut_after_any_byte_leaves_the_old_state_or_the_new_one() -> None:
    found = states_after_every_cut(StoredMeter)
    assert found == [OLD] * (len(found) - 1) + [NEW]


class OverwritingMeter(StoredMeter):
    """The defence switched off: the copy that counts is overwritten."""

    def commit(self, state: MeterState) -> None:
        copies = self._copies()
        newest = max(copies, key=lambda offset: copies[offset][0])
        self._medium.write(newest, encode_copy(copies[newest][0] + 1, state))


def test_a_meter_that_overwrote_its_newest_copy_would_fall_back() -> None:
    found = states_after_every_cut(OverwritingMeter)
    assert any(state not in (OLD, NEW) for state in found)


def test_commits_go_on_after_a_cut_and_count_the_repair() -> None:
    memory, meter = new_meter()
    meter.commit(OLD)
    memory.budget, memory.stored = 40, 0
    with pytest.raises(PowerCut):
        meter.commit(NEW)
    memory.budget = None
    assert meter.state() == replace(OLD, repairs=1)
    meter.commit(replace(NEW, repairs=1))
    meter.commit(replace(NEW, repairs=1, sequence=11))
    assert meter.state() == replace(NEW, repairs=1, sequence=11)


@given(st.integers(PAGE_SIZE, 3 * PAGE_SIZE - 1), st.integers(0, 7))
def test_a_flipped_bit_in_one_copy_costs_at_most_the_last_commit(offset: int, bit: int) -> None:
    memory, meter = new_meter()
    meter.commit(OLD)
    meter.commit(NEW)
    memory.pages[offset] ^= 1 << bit
    assert replace(meter.state(), repairs=0) in (OLD, NEW)


def test_a_meter_without_a_whole_copy_says_so() -> None:
    memory, meter = new_meter()
    memory.pages[PAGE_SIZE:] = b"\xff" * (2 * PAGE_SIZE)
    with pytest.raises(MeterStorageLost):
        meter.state()
    with pytest.raises(MeterStorageLost):
        meter.commit(NEW)


@pytest.mark.parametrize("holds", Holds)
def test_a_meter_in_a_file_is_the_same_after_the_power_was_off(
    tmp_path: Path, holds: Holds
) -> None:
    path, plate = tmp_path / "meter", meter_plate(holds=holds)
    new_meter_file(path, plate, KEYS).commit(NEW)
    again = open_meter_file(path)
    assert (again.plate, again.keys, again.state()) == (plate, KEYS, NEW)
    assert path.stat().st_mode & 0o077 == 0


def test_a_meter_of_before_there_were_tool_cards_goes_on() -> None:
    """Its state has no orders: it took none."""
    memory, meter = new_meter()
    meter.commit(OLD)
    for offset in (PAGE_SIZE, 2 * PAGE_SIZE):
        version, length = struct.unpack_from(">IH", memory.pages, offset)
        state = json.loads(memory.pages[offset + 6 : offset + 6 + length])
        for name in ("order", "transferred", "cleared"):
            del state[name]
        content = json.dumps(state).encode()
        body = struct.pack(">IH", version, len(content)) + content
        memory.write(offset, body + struct.pack(">I", zlib.crc32(body)))
    assert meter.state() == OLD


def test_a_new_meter_overwrites_no_file(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    path.write_text("mine")
    with pytest.raises(MeterFileExists):
        new_meter_file(path, meter_plate(), KEYS)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    "content",
    [None, b"", b"\xff", b"[]", b"{}", b'{"format": "yika-meter/1"}', b"[" * 1024],
    ids=["missing", "empty", "not UTF-8", "a list", "no format", "no content", "deep"],
)
def test_a_file_that_is_no_meter_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "meter"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MeterFileWrong):
        open_meter_file(path)


def test_a_key_file_makes_the_meter_it_names() -> None:
    plate, keys = parse_key_file(json.dumps(KEY_FILE).encode(), meter_plate().ceiling)
    assert (plate, keys) == (meter_plate(), KEYS)


@pytest.mark.parametrize(
    "change",
    [
        {"meter": ""},
        {"meter": "m1"},
        {"meter": 7},
        {"service": "beer"},
        {"key_version": 256},
        {"key_version": True},
        {"key_version": "1"},
        {"credit": "00"},
        {"auth": "zz"},
        {"wbq": None},
        {"wbq": ""},
        {"extra": 1},
    ],
    ids=str,
)
def test_a_malformed_key_file_is_a_sentence(change: dict[str, object]) -> None:
    with pytest.raises(KeyFileMalformed):
        parse_key_file(json.dumps({**KEY_FILE, **change}).encode(), Quantity(1))


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 4096, b" " * 5000])
def test_what_is_no_key_file_is_a_sentence(content: bytes) -> None:
    with pytest.raises(KeyFileMalformed):
        parse_key_file(content, Quantity(1))
