"""What a meter writes back is the meter's, and its evidence is beyond every node's reach."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import VECTORS
from yika_common.cards.ciphers import key_of_version, mac8
from yika_common.cards.claim import Claim
from yika_common.cards.errors import ContentUnknown, WriteBackForged
from yika_common.cards.write_back import (
    EMPTY_WRITE_BACK,
    MONTHS,
    WRITE_BACK_SIZE,
    MeterReading,
    MeterStatus,
    WriteBack,
    evidence_in,
    open_write_back,
)
from yika_common.numbers import Quantity

VECTOR = json.loads((VECTORS / "write_back.json").read_text())
WBN, WBQ = bytes.fromhex(VECTOR["wbn"]), bytes.fromhex(VECTOR["wbq"])
GOLDEN = bytes.fromhex(
    "".join(text for _, text in VECTOR["reading"] + VECTOR["rest"])
    + VECTOR["mac"]
    + VECTOR["evidence"]
)
GOLDEN_WRITE_BACK = WriteBack(
    reading=MeterReading(
        meter_id="M00000000042",
        slot=2,
        key_version=3,
        generation=2,
        count=17,
        total=Quantity(825_883),
        balance=Quantity(-1_000),
        lifetime_use=Quantity(827_907),
        status=MeterStatus.CLOSED | MeterStatus.LOW,
        sequence=42,
        clock=datetime(2023, 11, 14, 22, 17, 36, tzinfo=UTC),
    ),
    epoch=7,
    parameter_version=5,
    refusals=2,
    repairs=1,
    month=2026 * 12 + 3,
    months=tuple(Quantity(use) for use in (100, 200, 300, 400, 500, 600)),
)


def unsigned(size: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2 ** (8 * size) - 1)


write_backs = st.builds(
    WriteBack,
    reading=st.builds(
        MeterReading,
        meter_id=st.text("0123456789ABCXYZ-", max_size=12),
        slot=st.integers(0, 7),
        key_version=unsigned(1),
        generation=unsigned(2),
        count=unsigned(4),
        total=unsigned(6),
        balance=st.integers(-(2**47), 2**47 - 1),
        lifetime_use=unsigned(6),
        status=st.integers(0, 3).map(MeterStatus),
        sequence=unsigned(4),
        clock=unsigned(4).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    ),
    epoch=unsigned(2),
    parameter_version=unsigned(2),
    refusals=unsigned(2),
    repairs=unsigned(2),
    month=unsigned(2),
    months=st.tuples(*[unsigned(4)] * MONTHS),
)


def test_the_write_back_has_the_bytes_of_the_published_table() -> None:
    assert GOLDEN_WRITE_BACK.encode(WBN, WBQ) == GOLDEN
    assert open_write_back(GOLDEN, WBN) == GOLDEN_WRITE_BACK
    assert evidence_in(GOLDEN) == bytes.fromhex(VECTOR["evidence"])


@given(write_backs)
def test_every_write_back_comes_back_as_it_went(write_back: WriteBack) -> None:
    wbn, wbq = (key_of_version(write_back.reading.key_version, key) for key in (WBN, WBQ))
    data = write_back.encode(wbn, wbq)
    assert len(data) == WRITE_BACK_SIZE
    assert open_write_back(data, wbn) == write_back
    assert evidence_in(data) == write_back.reading.evidence(wbq)


@pytest.mark.parametrize("bit", range((WRITE_BACK_SIZE - 8) * 8))
def test_any_flipped_bit_before_the_evidence_is_forgery(bit: int) -> None:
    data = bytearray(GOLDEN)
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(WriteBackForged):
        open_write_back(bytes(data), WBN)


def test_a_node_that_lowers_a_reading_has_no_evidence_for_it() -> None:
    """It holds K_wbn, so the display MAC it can make; the other one it can't."""
    reading = replace(GOLDEN_WRITE_BACK.reading, balance=Quantity(0))
    forged = replace(GOLDEN_WRITE_BACK, reading=reading).encode(WBN, WBN)
    assert open_write_back(forged, WBN).reading == reading
    assert evidence_in(forged) != reading.evidence(WBQ)


@pytest.mark.parametrize("size", range(WRITE_BACK_SIZE))
def test_a_torn_write_back_is_forgery(size: int) -> None:
    with pytest.raises(WriteBackForged):
        open_write_back(GOLDEN[:size], WBN)


def test_an_empty_slot_is_no_write_back() -> None:
    with pytest.raises(WriteBackForged):
        open_write_back(EMPTY_WRITE_BACK, WBN)


@pytest.mark.parametrize(("offset", "value"), [(0, 2), (1, 2), (3, 8), (4, 0x61)])
def test_authentic_bytes_without_a_meaning_are_refused_as_unknown(offset: int, value: int) -> None:
    body = bytearray(GOLDEN[:-16])
    body[offset] = value
    with pytest.raises(ContentUnknown):
        open_write_back(bytes(body) + mac8(WBN, bytes(body)) + bytes(8), WBN)


def test_a_claim_has_the_bytes_of_the_published_table() -> None:
    assert Claim(2, 17).encode() == bytes.fromhex("0100 0002 00000011")
