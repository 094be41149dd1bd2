"""Transport coding: exact bytes back, few of them on the line, nothing unfolds without bound."""

import lzma
import time
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import (
    a_busy_day,
    a_segment,
    an_ack,
    an_intent,
    certificate_file,
    lines_of,
    segments_of,
    three_lines,
)
from yika_common.journal import coding
from yika_common.journal.bodies import (
    AccountOpened,
    BundleApplied,
    CardIssued,
    Login,
    OperatorAdded,
    Reading,
    Sale,
    SlotOpened,
    Superseded,
    Witness,
)
from yika_common.journal.coding import decode_transport, encode_transport
from yika_common.journal.columnar import NotColumnar, from_columns, to_columns
from yika_common.journal.errors import TransportMalformed, TransportTooLarge
from yika_common.journal.preset import PRESET
from yika_common.journal.skeletons import columns_of, join, split
from yika_common.services import Service

VECTORS = Path(__file__).parents[1] / "vectors" / "journal"
LIMIT = 1 << 22
MAC = 8


def there_and_back(data: bytes) -> bytes:
    return decode_transport(encode_transport(data), limit=len(data))


pieces = st.sampled_from(
    ['{"', '":', '"', "\\", '\\"', ",", "[", "]", "}", "0", "7", "-1", "-0", "012", "1.5", "\n",
     " ", "99999999999999999999", "0123456789abcdef", "AAAAAAAAAAAAAAAAAAAAAA==", "t", "卡",
     "\x00", "\x01", "\x02", "YIKA1 a 5 1"]
)  # fmt: skip
line_like = st.lists(pieces, max_size=40).map("".join).map(str.encode)


@given(st.binary(max_size=300) | line_like)
def test_any_bytes_come_back(data: bytes) -> None:
    assert there_and_back(data) == data


@given(line_like)
def test_columns_give_any_lines_back(data: bytes) -> None:
    try:
        told, beside = to_columns(data)
    except NotColumnar:
        assert {0, 1, 2} & set(data)
    else:
        assert from_columns(told, beside, limit=len(data)) == data


@given(line_like.map(bytes.decode).filter(lambda line: not {"\0", "\1", "\2"} & set(line)))
def test_a_line_taken_apart_can_be_put_together(line: str) -> None:
    skeleton, values = split(line)
    assert join(skeleton, values) == line
    assert len(columns_of(skeleton)) == len(values)


def test_a_line_is_taken_apart_as_documented() -> None:
    skeleton, values = split('{"t":"sale","q":3,"ln":[["a",1],["b",2]]}')
    assert values == ["sale", 3, "a", 1, "b", 2]
    assert [(name.key, name.place) for name in columns_of(skeleton)] == [
        ("t", 0), ("q", 0), ("ln", 0), ("ln", 1), ("ln", 0), ("ln", 1),
    ]  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 80), st.integers(0, 2**32))
def test_journals_come_back(sales: int, seed: int) -> None:
    data = a_segment(a_busy_day(sales, customers=30, seed=seed)).to_bytes()
    assert there_and_back(data) == data


def test_every_type_of_record_comes_back() -> None:
    meters = tuple(SlotOpened(slot, Service.GAS, f"M{slot:011}") for slot in range(4))
    bodies = [
        OperatorAdded(name="王芳", level="cashier"),
        Login(outcome="failed"),
        AccountOpened(account="A-1", area="A01", tariff_class="residential", profile=4,
                      meters=meters, who="c2VhbGVkIGRhdGEgb2YgYSBwZXJzb24="),
        CardIssued(account="A-1", card="860000000017", generation=1, key_version=1),
        an_intent(rest="00" * 26, typed_by="q", heating_year=2026),
        Superseded(intent=5, generation_seen=1, count_seen=4),
        Reading(card="860000000017", meter="M00000000042", slot=3, generation=1, count=1,
                total=10_000, balance=-5, used=7, status=2, sequence=9, meter_time=1,
                evidence="ab" * 8),
        Witness(card="860000000017", slot=3, node="N0043", epoch=2, seq=77, head="cd" * 8),
        BundleApplied(version=3, digest="ef" * 8, items=()),
        Sale(intent=5, epoch=1, hash="01" * 8),
    ]  # fmt: skip
    data = a_segment(lines_of(bodies)).to_bytes()
    assert there_and_back(data) == data


def test_a_whole_exchange_comes_back() -> None:
    files = [certificate_file(), *segments_of(three_lines(), 2, 3), an_ack(3, b"\7" * 32)]
    data = b"".join(file.to_bytes() for file in files)
    assert there_and_back(data) == data


@pytest.mark.parametrize(
    ("sales", "most"),
    [
        pytest.param(1, 300, id="one sale: 168 of them are keys, hashes, signature and MAC"),
        pytest.param(10, 80 + MAC, id="ten"),
        pytest.param(100, 45 + MAC, id="a hundred"),
        pytest.param(1000, 30 + MAC, id="a thousand"),
    ],
)
def test_a_sale_takes_few_bytes(sales: int, most: int) -> None:
    """The whole transfer, signature and headers included, per sale."""
    cuts = range(1001, 2 * sales + 1, 1000)
    data = b"".join(file.to_bytes() for file in segments_of(a_busy_day(sales), *cuts))
    coded = encode_transport(data)
    assert decode_transport(coded, limit=len(data)) == data
    assert len(coded) / sales <= most
    assert len(coded) < len(zlib.compress(data, 9)) * 0.7


def test_what_cannot_be_made_smaller_grows_by_one_byte() -> None:
    noise = bytes((place * 167 + place * place * 29) % 251 for place in range(64))
    assert encode_transport(noise) == b"\0" + noise
    assert encode_transport(b"") == b"\0"


@pytest.mark.parametrize("name", ["coded-1", "coded-2", "coded-3"])
def test_what_was_coded_long_ago_still_unfolds(name: str) -> None:
    """One file per coding, made when it was introduced: old nodes go on sending them."""
    (segment,) = VECTORS.glob("*.seg")
    coded = bytes.fromhex((VECTORS / f"{name}.hex").read_text())
    assert coded[0] == int(name[-1])
    assert decode_transport(coded, limit=LIMIT) == segment.read_bytes()


def in_every_coding(data: bytes) -> list[bytes]:
    told, beside = to_columns(data)
    packed = [
        b"\2" + coding._framed(coding._deflate(told, PRESET), beside),
        b"\3" + coding._framed(coding._pack_lzma(told), beside),
    ]
    return [b"\0" + data, b"\1" + coding._deflate(data, b""), *packed]


SMALL = a_segment().to_bytes()


def unfolds_or_is_refused(coded: bytes, limit: int) -> bool:
    """Whether it unfolded; anything but the two refusals would be a crash."""
    try:
        plain = decode_transport(coded, limit=limit)
    except (TransportMalformed, TransportTooLarge):
        return False
    assert len(plain) <= limit
    return True


@pytest.mark.parametrize("coded", in_every_coding(SMALL), ids="0123")
def test_a_damaged_transfer_never_crashes_the_decoder(coded: bytes) -> None:
    """What still unfolds is not trusted: its signature no longer fits."""
    assert decode_transport(coded, limit=LIMIT) == SMALL
    for position in range(len(coded)):
        for flip in (1, 0x80):
            spoiled = bytearray(coded)
            spoiled[position] ^= flip
            unfolds_or_is_refused(bytes(spoiled), LIMIT)


@pytest.mark.parametrize("coded", in_every_coding(SMALL)[1:], ids="123")
def test_a_cut_transfer_is_refused(coded: bytes) -> None:
    assert not any(unfolds_or_is_refused(coded[:end], LIMIT) for end in range(len(coded)))


@given(st.binary(max_size=200), st.sampled_from([0, 1, 2, 3, 4, 255]))
def test_no_bytes_crash_the_decoder(data: bytes, mode: int) -> None:
    unfolds_or_is_refused(bytes([mode]) + data, 1000)


@given(st.binary(max_size=120), st.binary(max_size=30))
def test_no_columns_crash_the_decoder(told: bytes, beside: bytes) -> None:
    unfolds_or_is_refused(b"\3" + coding._framed(coding._pack_lzma(told), beside), 1000)


@given(st.data())
def test_no_spoiled_columns_crash_the_decoder(data: st.DataObject) -> None:
    told, beside = to_columns(SMALL)
    spoiled = bytearray(told)
    for _ in range(data.draw(st.integers(1, 4))):
        spoiled[data.draw(st.integers(0, len(told) - 1))] = data.draw(st.integers(0, 255))
    packed = coding._pack_lzma(bytes(spoiled))
    unfolds_or_is_refused(b"\3" + coding._framed(packed, beside), 2000)


def in_columns(told: bytes) -> bytes:
    return b"\3" + coding._framed(coding._pack_lzma(told), b"")


ZEROS = bytes(50_000_000)
ONE_LINE = b"\0\1\0\0"
"""The end of a skeleton; one line, width 0, which has that skeleton."""

BOMBS = {
    "zeros, deflated": b"\1" + coding._deflate(ZEROS, b""),
    "zeros told, deflated": b"\2" + coding._framed(coding._deflate(ZEROS, PRESET), b""),
    "zeros told": in_columns(ZEROS),
    "half a million lines": in_columns(
        b"\1" + b"x" * 50 + b"\0" + b"\x80\x80\x20" + b"\1" + bytes(524_288)
    ),
    "quotes that never close": in_columns(b"\1" + b'"' + b'\\"' * 900_000 + ONE_LINE),
    "a long text in many places": in_columns(
        b"\1" + b"[\2" * 100_000 + ONE_LINE + b"\4\0\1\0" + b"y" * 100_000 + b"\0" + bytes(100_000)
    ),
    "a number with endless zeros": in_columns(
        b'\1"\2"' + ONE_LINE + b"\1" + b"\xff" * 9 + b"\1" + b"\1\0" + b"x\0" + b"\0"
    ),
    "empty lines": in_columns(b"\1\0" + b"\x80\x80\x40" + b"\1" + bytes(1 << 20)),
    "empty texts in many columns": in_columns(
        b"\1" + b"\2" * 200_000 + ONE_LINE + b"\4\0\1\1" * 200_000 + bytes(400_000)
    ),
    "many places of many forms": in_columns(b"\xf4\x03" + (b"\2" * 4000 + b"\0") * 500 + b"\0\1"),
    "entries of no bytes": in_columns(
        b'\1"\2"' + ONE_LINE + b"\2\0" + b"\xff\xff\x3f" + b"\0" + b"\0"
    ),
}
"""Small transfers that would unfold to very much, or take very long."""


SEGMENTS = 20
"""A stranger's few bytes keep headquarters no longer busy than so many honest segments."""


def busy_s(coded: bytes) -> float:
    """Seconds of this process that unfolding takes, or refusing."""
    started = time.process_time()
    with suppress(TransportMalformed, TransportTooLarge):
        decode_transport(coded, limit=1 << 20)
    return time.process_time() - started


@pytest.fixture(scope="module")
def honest() -> bytes:
    """A full segment, as headquarters unfolds them all day."""
    return encode_transport(a_segment(a_busy_day(450, customers=200)).to_bytes())


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
@pytest.mark.timeout(60)
def test_a_bomb_does_not_go_off(honest: bytes, bomb: bytes) -> None:
    assert len(bomb) < 60_000
    with pytest.raises((TransportMalformed, TransportTooLarge)):
        decode_transport(bomb, limit=1 << 20)
    # The best of three each, side by side: whatever else the machine does slows both.
    took, limit = (min(busy_s(coded) for _ in range(3)) for coded in (bomb, honest))
    assert took <= SEGMENTS * limit, "a stranger's few bytes keep headquarters busy"


def test_the_limit_is_exact() -> None:
    for coded in in_every_coding(SMALL):
        assert decode_transport(coded, limit=len(SMALL)) == SMALL
        with pytest.raises(TransportTooLarge):
            decode_transport(coded, limit=len(SMALL) - 1)


def test_a_fault_in_the_columns_costs_bytes_and_not_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coding, "from_columns", lambda *_, **__: b"something else")
    coded = encode_transport(SMALL)
    assert coded[0] == 1
    assert decode_transport(coded, limit=LIMIT) == SMALL


def test_the_columns_are_plain_lzma() -> None:
    """Another implementation needs nothing but the filter named in the format."""
    coded = in_every_coding(SMALL)[3]
    size = int.from_bytes(coded[1:5], "big")
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 20, "lc": 3, "lp": 0, "pb": 0}]
    told = lzma.decompress(coded[5 : 5 + size], lzma.FORMAT_RAW, filters=filters)
    assert told == to_columns(SMALL)[0]
