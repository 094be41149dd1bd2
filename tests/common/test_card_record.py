"""A credit record is its meter's alone: no bit of it can be changed, and its bytes never move."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import KEYS, VECTORS, credit_record
from yika_common.cards.ciphers import key_of_version, mac8
from yika_common.cards.errors import ContentUnknown, RecordForged
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.record import (
    EMPTY_RECORD,
    RECORD_SIZE,
    AppliedAdjustments,
    CreditRecord,
    QuotaState,
    RecordWitness,
    open_record,
)
from yika_common.numbers import Money, Price, Quantity
from yika_common.services import Service

VECTOR = json.loads((VECTORS / "record.json").read_text())
GOLDEN = bytes.fromhex("".join(text for _, text in VECTOR["fields"]) + VECTOR["mac"])
GOLDEN_RECORD = CreditRecord(
    meter_id="M00000000042",
    slot=2,
    service=Service.GAS,
    key_version=3,
    epoch=7,
    generation=2,
    count=17,
    total=Quantity(825_883),
    lower=True,
    quota=QuotaState("2026-04", Quantity(80_000), 2026, 2026 * 12 + 3, 9_598),
    adjustments=AppliedAdjustments(3, Money(-200), 1, Quantity(2_500), Money(70_200)),
    parameters=MeterParameters(
        5,
        Quantity(10_000),
        Quantity(50_000_000),
        Price(52_000),
        Price(53_500),
        datetime(2026, 4, 30, 16, tzinfo=UTC),
    ),
    witness=RecordWitness("N0042", 3, 12_500, bytes.fromhex("0123456789ABCDEF")),
    time=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
)


def unsigned(size: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2 ** (8 * size) - 1)


def signed(size: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1)


def names(size: int, least: int = 0) -> st.SearchStrategy[str]:
    return st.text("0123456789ABCXYZ-", min_size=least, max_size=size)


def times(least: int = 0) -> st.SearchStrategy[datetime]:
    return st.integers(least, 2**32 - 1).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def parameters_with(*prices: st.SearchStrategy[Any]) -> st.SearchStrategy[MeterParameters]:
    version = st.integers(1, 2**16 - 1)
    return st.builds(MeterParameters, version, unsigned(4), unsigned(4), *prices)


above_zero = st.integers(1, 2**32 - 1)
parameters = (
    st.builds(MeterParameters, unsigned(2), unsigned(4), unsigned(4))
    | parameters_with(above_zero)
    | parameters_with(above_zero, above_zero, times(1))
)
records = st.builds(
    CreditRecord,
    meter_id=names(12, 1),
    slot=st.integers(0, 7),
    service=st.sampled_from(Service),
    key_version=unsigned(1),
    epoch=unsigned(2),
    generation=unsigned(2),
    count=unsigned(4),
    total=unsigned(6),
    lower=st.booleans(),
    quota=st.builds(QuotaState, names(8), unsigned(6), unsigned(2), unsigned(2), unsigned(2)),
    adjustments=st.builds(
        AppliedAdjustments, unsigned(2), signed(6), unsigned(2), signed(6), unsigned(6)
    ),
    parameters=parameters,
    witness=st.builds(
        RecordWitness, names(8), unsigned(2), unsigned(4), st.binary(min_size=8, max_size=8)
    ),
    time=times(),
)
keys = st.binary(min_size=16, max_size=16)


def test_the_record_has_the_bytes_of_the_published_table() -> None:
    key = bytes.fromhex(VECTOR["key"])
    assert GOLDEN_RECORD.encode(key) == GOLDEN
    assert open_record(GOLDEN, key) == GOLDEN_RECORD


@given(records, keys)
def test_every_record_comes_back_as_it_went(record: CreditRecord, key: bytes) -> None:
    key = key_of_version(record.key_version, key)
    data = record.encode(key)
    assert len(data) == RECORD_SIZE
    assert open_record(data, key) == record


@pytest.mark.parametrize("bit", range(RECORD_SIZE * 8))
def test_any_flipped_bit_is_forgery(bit: int) -> None:
    data = bytearray(GOLDEN)
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(RecordForged):
        open_record(bytes(data), bytes.fromhex(VECTOR["key"]))


@pytest.mark.parametrize("size", range(RECORD_SIZE))
def test_a_torn_record_is_forgery(size: int) -> None:
    with pytest.raises(RecordForged):
        open_record(GOLDEN[:size], bytes.fromhex(VECTOR["key"]))


def test_an_empty_slot_is_no_record() -> None:
    with pytest.raises(RecordForged):
        open_record(EMPTY_RECORD, KEYS.credit)


def test_another_meters_key_opens_nothing() -> None:
    with pytest.raises(RecordForged):
        open_record(credit_record().encode(KEYS.credit), KEYS.wbn)


@pytest.mark.parametrize(
    ("offset", "value"),
    [(0, 2), (1, 2), (3, 8), (4, 0), (4, 10), (5, 2), (6, 0x61), (6, 0), (96, 0x20)],
    ids=[
        "newer format",
        "other suite",
        "slot 8",
        "service 0",
        "service 10",
        "unknown flag",
        "small letter in the meter id",
        "hole in the meter id",
        "blank in the node id",
    ],
)
def test_authentic_bytes_without_a_meaning_are_refused_as_unknown(offset: int, value: int) -> None:
    body = bytearray(GOLDEN[:-8])
    body[offset] = value
    assert_unknown(bytes(body))


@pytest.mark.parametrize("hole", [slice(88, 92), slice(92, 96)], ids=["no price", "no time"])
def test_half_of_a_next_price_is_refused_as_unknown(hole: slice) -> None:
    body = bytearray(GOLDEN[:-8])
    body[hole] = bytes(4)
    assert_unknown(bytes(body))


def assert_unknown(body: bytes) -> None:
    with pytest.raises(ContentUnknown):
        open_record(body + mac8(KEYS.credit, body), KEYS.credit)


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        (QuotaState, "period", "2026-04-1"),
        (QuotaState, "bought", -1),
        (QuotaState, "charged_through", 1 << 16),
        (QuotaState, "free_day", -1),
        (AppliedAdjustments, "money_total", 1 << 47),
        (AppliedAdjustments, "debts", -1),
        (AppliedAdjustments, "debts", 1 << 48),
    ],
)
def test_a_value_that_does_not_fit_makes_no_part(
    part: Callable[..., object], name: str, value: object
) -> None:
    with pytest.raises(ValueError, match=name):
        part(**{name: value})


@pytest.mark.parametrize(
    "moment",
    [datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC), datetime(2026, 1, 1)],  # noqa: DTZ001
)
def test_a_next_price_has_a_time_that_fits(moment: datetime) -> None:
    with pytest.raises(ValueError, match="next_from"):
        MeterParameters(1, price=Price(1), next_price=Price(1), next_from=moment)


@pytest.mark.parametrize(
    "fields",
    [
        {"version": 1, "price": 1, "next_price": 1},
        {"version": 1, "price": 1, "next_from": datetime(2026, 5, 1, tzinfo=UTC)},
        {"version": 1, "next_price": 1, "next_from": datetime(2026, 5, 1, tzinfo=UTC)},
        {"version": 0, "price": 1},
    ],
    ids=["no time", "no next price", "no price before", "no version"],
)
def test_prices_come_whole(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="price"):
        MeterParameters(**fields)


@pytest.mark.parametrize("price", [-1, 1 << 32])
def test_a_price_fits(price: int) -> None:
    with pytest.raises(ValueError, match="price"):
        MeterParameters(1, price=Price(price))


def test_new_prices_have_a_version_above_the_card_s_and_old_ones_keep_theirs() -> None:
    held = GOLDEN_RECORD.parameters
    following = (held.next_price, held.next_from)
    assert held.repriced(9, held.price, *following) is held
    assert held.repriced(9, Price(60_000)) == replace(
        held, version=9, price=Price(60_000), next_price=Price(0), next_from=None
    )
    assert held.repriced(2, Price(60_000), *following).version == held.version + 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("slot", 8),
        ("count", 1 << 32),
        ("count", -1),
        ("total", Quantity(1 << 48)),
        ("generation", 1 << 16),
        ("meter_id", ""),
        ("meter_id", "m1"),
        ("time", datetime(2200, 1, 1, tzinfo=UTC)),
        ("time", datetime(2026, 1, 1)),  # noqa: DTZ001 - naive on purpose
    ],
)
def test_a_value_that_does_not_fit_makes_no_record(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        replace(credit_record(), **{name: value})  # type: ignore[arg-type]
