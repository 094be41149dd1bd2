"""What is packed for a memory chip comes back byte for byte, or is refused beforehand."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import KEYS, credit_record
from memory_builders import sealed
from yika_common.cards.ciphers import key_of_version
from yika_common.cards.cut import Cut, demand_room
from yika_common.cards.errors import CardTooSmall
from yika_common.cards.identifiers import name_to_bytes
from yika_common.cards.memory.cells import CLEAN, DOUBTFUL, mark_of, marked
from yika_common.cards.memory.layout import ChipLayout
from yika_common.cards.memory.names import pack_name, unpack_name
from yika_common.cards.memory.notes import Note, encode_note, open_note
from yika_common.cards.memory.packing import PACKINGS
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.record import (
    AppliedAdjustments,
    CreditRecord,
    QuotaState,
    RecordWitness,
    open_record,
)
from yika_common.cards.write_back import (
    MONTHS,
    MeterReading,
    MeterStatus,
    WriteBack,
    evidence_in,
    open_write_back,
)
from yika_common.numbers import Money, Price, Quantity
from yika_common.readers.port import MemoryKind
from yika_common.services import PROFILES, Service

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
CUTS = list(Cut)


def names(size: int, least: int = 0) -> st.SearchStrategy[str]:
    return st.text(LETTERS, min_size=least, max_size=size)


def unsigned(size: int) -> st.SearchStrategy[int]:
    return st.integers(0, 256**size - 1)


def signed(size: int) -> st.SearchStrategy[int]:
    return st.integers(-(256**size) // 2, 256**size // 2 - 1)


@st.composite
def records(draw: st.DrawFn, wide: bool) -> CreditRecord:
    """Any record; not ``wide``: one whose numbers fit the cards with few bytes."""

    def size(wide_bytes: int, few: int) -> int:
        return wide_bytes if wide else few

    price = draw(unsigned(4))
    return credit_record(
        meter_id=draw(names(12, 1)),
        slot=draw(st.integers(0, 7)),
        service=draw(st.sampled_from(Service)),
        key_version=draw(unsigned(1)),
        epoch=draw(unsigned(2)) if wide else 1,
        generation=draw(unsigned(2)),
        count=draw(unsigned(size(4, 2))),
        total=Quantity(draw(unsigned(size(6, 5)))),
        lower=draw(st.booleans()),
        time=datetime.fromtimestamp(draw(unsigned(4)), UTC),
        quota=QuotaState(
            draw(names(8)),
            Quantity(draw(unsigned(size(6, 5)))),
            draw(unsigned(2)),
            draw(unsigned(2)),
            draw(unsigned(2)),
        ),
        adjustments=AppliedAdjustments(
            draw(unsigned(2)),
            Money(draw(signed(size(6, 4)))),
            draw(unsigned(2)),
            Quantity(draw(signed(size(6, 4)))),
            Money(draw(unsigned(size(6, 4)))),
        ),
        parameters=MeterParameters(
            draw(st.integers(1, 65535)),
            Quantity(draw(unsigned(4))),
            Quantity(draw(unsigned(4))),
            Price(price),
            *_next(draw, price),
        ),
        witness=RecordWitness(
            draw(names(8)),
            draw(unsigned(2)),
            draw(unsigned(4)),
            draw(st.binary(min_size=8, max_size=8)),
        ),
    )


def _next(draw: st.DrawFn, price: int) -> tuple[Any, ...]:
    if not price or draw(st.booleans()):
        return ()
    moment = datetime.fromtimestamp(draw(st.integers(1, 2**32 - 1)), UTC)
    return Price(draw(st.integers(1, 2**32 - 1))), moment


def _known(data: bytes) -> bytes:
    """The head of a record as its reader knows it: neither suite nor key version."""
    return data[:1] + bytes(2) + data[3:22]


@given(records(wide=True))
def test_a_card_for_four_meters_carries_any_record_whole(record: CreditRecord) -> None:
    packing = PACKINGS[Cut.WHOLE]
    data = sealed(record, Cut.WHOLE)
    packed = packing.pack_record(data)
    assert len(packed) == packing.record_size
    assert packing.record_body(packed, _known(data)) + packed[-8:] == data
    assert open_record(data, key_of_version(record.key_version, KEYS.credit)) == record


@pytest.mark.parametrize("cut", CUTS)
@given(record=records(wide=False))
def test_every_card_gives_back_what_its_cut_left(cut: Cut, record: CreditRecord) -> None:
    packing = PACKINGS[cut]
    data = sealed(record, cut)
    packed = packing.pack_record(data)
    assert len(packed) == packing.record_size
    assert packing.record_body(packed, _known(data)) == data[:-8]
    assert packed[-packing.mac_size :] == data[-8:][: packing.mac_size]
    assert int.from_bytes(packed[packing.count], "big") == record.count
    open_record(data, key_of_version(record.key_version, KEYS.credit))


@pytest.mark.parametrize("cut", CUTS)
@given(record=records(wide=True))
def test_what_does_not_fit_is_refused_and_never_changed(cut: Cut, record: CreditRecord) -> None:
    packing = PACKINGS[cut]
    data = sealed(record, cut)
    try:
        packed = packing.pack_record(data)
    except CardTooSmall:
        assert cut is not Cut.WHOLE
        return
    assert packing.record_body(packed, _known(data)) == data[:-8]


def test_the_cards_carry_what_the_page_says() -> None:
    full = credit_record(
        quota=QuotaState("2026-04", Quantity(80_000), 2026, 24_315, 9_598),
        adjustments=AppliedAdjustments(3, Money(-200), 1, Quantity(2_500), Money(70_200)),
        parameters=MeterParameters(
            5,
            Quantity(10_000),
            Quantity(50_000_000),
            Price(52_000),
            Price(53_500),
            datetime.now(UTC),
        ),
    )
    close = open_record(sealed(full, Cut.CLOSE), KEYS.credit)
    assert (close.quota, close.adjustments) == (full.quota, full.adjustments)
    assert (close.witness, close.time) == (full.witness, full.time)
    assert close.parameters == MeterParameters(
        5, Quantity(10_000), Quantity(50_000_000), Price(52_000)
    )
    narrow = open_record(sealed(full, Cut.NARROW), KEYS.credit)
    assert (narrow.quota, narrow.adjustments) == (full.quota, full.adjustments)
    assert narrow.parameters == MeterParameters(5, price=Price(52_000))
    assert narrow.witness.node == ""
    bare = open_record(sealed(full, Cut.BARE), KEYS.credit)
    assert (bare.position, bare.total, bare.key_version) == (full.position, full.total, 1)
    assert (bare.quota, bare.adjustments) == (QuotaState(), AppliedAdjustments())


def test_a_meter_that_holds_money_is_not_sold_to_on_the_card_without_a_price() -> None:
    body = credit_record(parameters=MeterParameters(1, price=Price(1))).body()
    for cut in (Cut.WHOLE, Cut.CLOSE, Cut.NARROW):
        demand_room(cut, body)
    with pytest.raises(CardTooSmall):
        demand_room(Cut.BARE, body)


def test_an_sle4442_does_not_survive_a_change_of_all_keys() -> None:
    with pytest.raises(CardTooSmall):
        PACKINGS[Cut.BARE].admit(Cut.BARE.record(credit_record(epoch=2).body()))


@given(names(12))
def test_names_are_packed_and_come_back(name: str) -> None:
    padded = name_to_bytes(name, 12)
    assert len(pack_name(padded)) == 8
    assert unpack_name(pack_name(padded), 12) == padded


@given(st.binary(min_size=8, max_size=8))
def test_bytes_that_are_no_packed_name_are_refused(data: bytes) -> None:
    try:
        padded = unpack_name(data, 12)
    except ValueError:
        return
    assert pack_name(padded) == data


@st.composite
def write_backs(draw: st.DrawFn) -> WriteBack:
    reading = MeterReading(
        meter_id=draw(names(12, 1)),
        slot=draw(st.integers(0, 7)),
        key_version=draw(unsigned(1)),
        generation=draw(unsigned(2)),
        count=draw(unsigned(3)),
        total=Quantity(draw(unsigned(5))),
        balance=Quantity(draw(signed(5))),
        lifetime_use=Quantity(draw(unsigned(5))),
        status=MeterStatus(draw(st.integers(0, 3))),
        sequence=draw(unsigned(3)),
        clock=datetime.fromtimestamp(draw(unsigned(4)), UTC),
    )
    return WriteBack(
        reading=reading,
        epoch=draw(unsigned(2)),
        parameter_version=draw(unsigned(2)),
        refusals=draw(unsigned(2)),
        repairs=draw(unsigned(2)),
        month=draw(unsigned(2)),
        months=tuple(Quantity(draw(unsigned(4))) for _ in range(MONTHS)),
    )


@pytest.mark.parametrize("cut", [Cut.WHOLE, Cut.CLOSE, Cut.NARROW])
@given(told=write_backs())
def test_a_write_back_keeps_its_reading_and_both_macs(cut: Cut, told: WriteBack) -> None:
    wbn, wbq = (
        key_of_version(told.reading.key_version, key or b"") for key in (KEYS.wbn, KEYS.wbq)
    )
    data = told.encode(wbn, wbq, cut)
    packing = PACKINGS[cut]
    packed = packing.pack_write_back(data)
    assert len(packed) == packing.write_back_size
    meter = name_to_bytes(told.reading.meter_id, 12)
    assert packing.write_back(packed, told.reading.slot, meter) == data
    opened = open_write_back(data, wbn)
    assert opened.reading == told.reading
    assert opened.parameter_version == told.parameter_version
    assert evidence_in(data) == told.reading.evidence(wbq)
    assert cut is not Cut.WHOLE or opened == told


@given(told=write_backs())
def test_a_note_shows_count_and_balance_and_a_torn_one_nothing(told: WriteBack) -> None:
    data = told.encode(KEYS.wbn, KEYS.wbq or b"")
    note = encode_note(3, data)
    kept = max(-(2**31), min(told.reading.balance, 2**31 - 1))
    assert open_note(3, note) == Note(told.reading.count & 0xFF, Quantity(kept))
    assert open_note(3, note[:5] + bytes((note[5] ^ 1,))) is None
    assert open_note(3, b"\xff" * 6) is None


def test_no_mark_turns_into_another_slots_on_its_way_from_or_to_ff() -> None:
    marks = [mark_of(slot, lower=lower) for slot in range(8) for lower in (False, True)]
    assert len(set(marks)) == 16
    assert CLEAN not in marks
    for mark in marks:
        for between in range(256):
            if between & mark == mark and between != mark:
                assert marked(between) is None
    assert marked(DOUBTFUL) is None


@pytest.mark.parametrize("kind", MemoryKind)
@pytest.mark.parametrize("profile", PROFILES)
def test_everything_fits_and_nothing_overlaps(kind: MemoryKind, profile: int) -> None:
    layout = ChipLayout(kind, profile)
    assert layout.end <= kind.facts.size
    size = 1 + layout.packing.record_size
    first = layout.records_at
    assert layout.record_cells == tuple(range(first, first + size * (profile + 1), size))
    assert layout.write_back_cell(0) == layout.record_cells[-1] + size
