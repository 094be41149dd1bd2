"""Whoever holds a memory card and its code can write anything, and gains nothing by it."""

from dataclasses import replace
from itertools import permutations

import pytest

from card_builders import (
    KEYS,
    METER_ID,
    NODE_KEY,
    NOW,
    OTHER_AUTH,
    OTHER_SLOT,
    SLOT,
    credit_record,
    repeatable_random,
)
from memory_builders import METER, Card, make_user_card, numbered_card, sealed, user_card
from meter_builders import PageMemory, new_meter
from yika_common.cards.cut import Cut
from yika_common.cards.keys import MeterKeys
from yika_common.cards.memory.cells import mark_of
from yika_common.cards.memory.layout import ChipLayout
from yika_common.cards.memory.user_card import MemoryCardSession, open_session
from yika_common.cards.record import EMPTY_RECORD, open_record
from yika_common.cards.slot_meter import SlotMeter
from yika_common.cards.write_back import EMPTY_WRITE_BACK, open_write_back
from yika_common.errors import YikaError
from yika_common.meters.dialogue import load
from yika_common.meters.rules import Outcome
from yika_common.numbers import Quantity
from yika_common.readers.port import MemoryKind
from yika_common.services import Service
from yika_common.simulated.meter_file import StoredMeter

KINDS = list(MemoryKind)
OTHER_KEYS = MeterKeys(credit=bytes(16), wbn=bytes(16), wbq=bytes(16), auth=OTHER_AUTH)
OTHER_METER = SlotMeter("M00000000043", Service.COLD_WATER, OTHER_KEYS.credit)


def session(card: Card) -> MemoryCardSession:
    return open_session(card.contact(), NODE_KEY)


def sell(card: Card, count: int, total: int, generation: int = 1) -> None:
    opened = session(card)
    record = credit_record(generation=generation, count=count, total=Quantity(total))
    opened.write_record(SLOT, sealed(record, opened.cut))


def sell_other(card: Card, total: int) -> None:
    opened = session(card)
    record = credit_record(
        meter_id=OTHER_METER.meter_id,
        service=OTHER_METER.service,
        slot=OTHER_SLOT,
        total=Quantity(total),
    )
    opened.write_record(OTHER_SLOT, sealed(record, opened.cut, OTHER_KEYS.credit))


def visit(card: Card, meter: PageMemory) -> Outcome | str:
    try:
        return load(card.contact(), repeatable_random(2), StoredMeter(meter), NOW).outcome
    except YikaError as refused:
        return refused.code


def total(meter: PageMemory) -> int:
    return StoredMeter(meter).state().total


def meters() -> tuple[PageMemory, PageMemory]:
    other = new_meter(OTHER_KEYS, meter_id=OTHER_METER.meter_id, service=OTHER_METER.service)[0]
    return new_meter()[0], other


def layout(card: Card) -> ChipLayout:
    return ChipLayout(card.kind, 8)


def cells(card: Card) -> list[bytes]:
    starts = layout(card).record_cells
    size = starts[1] - starts[0]
    return [card.store.content.main[start : start + size] for start in starts]


def with_cells(card: Card, held: list[bytes]) -> Card:
    """The card after somebody who knows its code has written these cells."""
    written = card.copied()
    contact = written.contact()
    assert contact.present(written.store.content.code)
    for start, cell in zip(layout(card).record_cells, held, strict=True):
        contact.write(start, cell)
    return written


@pytest.mark.parametrize("kind", KINDS)
def test_two_copies_of_a_card_credit_its_sale_once(kind: MemoryKind) -> None:
    card = user_card(kind)
    sell(card, 1, 100_000)
    copies, (meter, _) = [card, card.copied(), card.copied()], meters()
    for held in (*copies, *copies):
        visit(held, meter)
    assert total(meter) == 100_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_content_kept_and_restored_gains_nothing(kind: MemoryKind) -> None:
    card, (meter, _) = user_card(kind), meters()
    images = []
    for count in range(1, 6):
        sell(card, count, count * 10_000)
        images.append(cells(card))
        visit(card, meter)
        for image in images:
            visit(with_cells(card, image), meter)
            assert total(meter) == count * 10_000
    sell(with_cells(card, images[0]), 6, 60_000)
    assert total(meter) == 50_000


@pytest.mark.parametrize("kind", KINDS)
def test_records_in_any_cell_and_order_are_the_same_records(kind: MemoryKind) -> None:
    card = user_card(kind)
    sell(card, 1, 100_000)
    sell_other(card, 7_000)
    sell(card, 2, 150_000)
    held = cells(card)
    written = [cell for cell in held if cell[0] in (mark_of(SLOT), mark_of(OTHER_SLOT))]
    rest = [cell for cell in held if cell not in written]
    for order in permutations(written):
        meter, other = meters()
        moved = with_cells(card, [*rest, *order])
        visit(moved, meter)
        visit(moved, other)
        assert (total(meter), total(other)) == (150_000, 7_000)


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_under_another_slots_mark_is_nobodys(kind: MemoryKind) -> None:
    card, (meter, other) = user_card(kind), meters()
    sell(card, 1, 100_000)
    sell_other(card, 7_000)
    swapped = [
        bytes((mark_of(OTHER_SLOT),)) + cell[1:]
        if cell[0] == mark_of(SLOT)
        else bytes((mark_of(SLOT),)) + cell[1:]
        if cell[0] == mark_of(OTHER_SLOT)
        else cell
        for cell in cells(card)
    ]
    forged = with_cells(card, swapped)
    assert visit(forged, meter) in (Outcome.REFUSED, "meter_not_on_card")
    assert visit(forged, other) in (Outcome.REFUSED, "meter_not_on_card")
    assert (total(meter), total(other)) == (0, 0)
    with pytest.raises(YikaError):
        open_record(session(forged).read_slot(SLOT, METER), KEYS.credit)


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_flagged_lower_is_not_made_by_its_mark(kind: MemoryKind) -> None:
    card, (meter, _) = user_card(kind), meters()
    sell(card, 1, 100_000)
    visit(card, meter)
    sell(card, 2, 40_000)
    lower = [
        bytes((mark_of(SLOT, lower=True),)) + cell[1:] if cell[0] == mark_of(SLOT) else cell
        for cell in cells(card)
    ]
    visit(with_cells(card, lower), meter)
    assert total(meter) == 100_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_of_another_card_or_generation_is_worth_nothing(kind: MemoryKind) -> None:
    lost, (meter, _) = user_card(kind), meters()
    sell(lost, 1, 100_000)
    visit(lost, meter)
    sell(lost, 2, 150_000)
    newer = make_user_card(numbered_card(kind, seed=9), number="860000000018", generation=2)
    sell(newer, 2, 120_000, generation=2)
    visit(newer, meter)
    assert total(meter) == 120_000
    moved = with_cells(newer, cells(lost))
    for held in (lost, moved):
        assert visit(held, meter) in (Outcome.REFUSED, "meter_not_on_card")
    assert total(meter) == 120_000


@pytest.mark.parametrize("kind", KINDS)
def test_no_changed_bit_of_a_record_is_believed(kind: MemoryKind) -> None:
    card = user_card(kind)
    sell(card, 1, 100_000)
    held = cells(card)
    at = next(place for place, cell in enumerate(held) if cell[0] == mark_of(SLOT))
    truth = session(card).read_slot(SLOT, METER)
    for byte in range(1, len(held[at])):
        for bit in range(8):
            changed = bytearray(held[at])
            changed[byte] ^= 1 << bit
            forged = with_cells(card, [*held[:at], bytes(changed), *held[at + 1 :]])
            meter = meters()[0]
            visit(forged, meter)
            assert total(meter) == 0
            assert session(forged).read_slot(SLOT, METER) not in (truth, EMPTY_RECORD)


def test_a_write_back_is_the_meters_or_it_is_none() -> None:
    card, (meter, _) = user_card(MemoryKind.SLE4428), meters()
    sell(card, 1, 100_000)
    visit(card, meter)
    data = session(card).read_write_back(SLOT, METER)
    assert open_write_back(data, KEYS.wbn).reading.total == 100_000
    start = layout(card).write_back_cell(SLOT)
    size = 1 + layout(card).packing.write_back_size
    for place in range(start, start + size):
        main = bytearray(card.store.content.main)
        main[place] ^= 0x20
        forged = Card(card.kind, content=replace(card.store.content, main=bytes(main)))
        read = session(forged).read_write_back(SLOT, METER)
        if place >= start + size - 8:
            assert read[:-8] == data[:-8]
        elif read != EMPTY_WRITE_BACK:
            with pytest.raises(YikaError):
                open_write_back(read, KEYS.wbn)


def test_an_sle4442_tells_nothing_that_could_be_believed() -> None:
    card, (meter, _) = user_card(MemoryKind.SLE4442), meters()
    sell(card, 1, 100_000)
    visit(card, meter)
    opened = session(card)
    assert opened.read_write_back(SLOT, METER) == EMPTY_WRITE_BACK
    assert opened.cut is Cut.BARE


def test_a_session_without_the_slots_meter_shows_nothing() -> None:
    card = user_card(MemoryKind.SLE4428)
    sell(card, 1, 100_000)
    opened = session(card)
    assert opened.read_slot(SLOT) == EMPTY_RECORD
    assert opened.read_write_back(SLOT) == EMPTY_WRITE_BACK
    assert METER.meter_id == METER_ID
