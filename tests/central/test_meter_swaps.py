"""Headquarters knows which meter stands where, and owes what a swap left behind."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from central_builders import HandClock, Pen, _water_price
from journals import an_intent
from settlement_builders import ACCOUNT, CARD, METER, a_town, bring_up_to_date, deliver, rows, sell
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import AccountMeter, Posting, Reading, Sale, Suspense
from yika_common.cards.write_back import MeterReading, MeterStatus
from yika_common.clock import from_timestamp
from yika_common.journal import bodies
from yika_common.journal.bodies import SWAP, AccountOpened, CardIssued, SlotOpened
from yika_common.journal.meter_bodies import MeterSwapped
from yika_common.numbers import Quantity
from yika_common.services import PROFILES, Service
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.customers import AccountSheet, open_customers

SLOT, NEW, NEW_CARD = 3, "000000000008", "860000000002"


def town(hq: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    pens = a_town(hq, clock)
    hq.stock.take_in_new("A01", PROFILES[4], 0)
    return pens


def transferred(hq: Headquarters, **changes: Any) -> bodies.Reading:
    """The old meter's last word: 20,000 taken, 4,000 left."""
    held: dict[str, Any] = {
        "generation": 1,
        "count": 1,
        "total": Quantity(20_000),
        "balance": Quantity(4_000),
        "status": MeterStatus.CLOSED | MeterStatus.TRANSFERRED,
    } | changes
    wbq = hq.keys.meter_keys(METER, 1, "A01").wbq
    assert wbq is not None
    reading = MeterReading(
        meter_id=METER,
        slot=SLOT,
        key_version=1,
        lifetime_use=Quantity(16_000),
        sequence=9,
        clock=from_timestamp(1_780_000_000),
        **held,
    )
    return bodies.Reading(
        card=CARD,
        meter=METER,
        slot=SLOT,
        used=16_000,
        sequence=9,
        meter_time=1_780_000_000,
        evidence=reading.evidence(wbq).hex(),
        **{name: int(value) for name, value in held.items()},
    )


def swapped(**changes: Any) -> MeterSwapped:
    held: dict[str, Any] = {
        "account": ACCOUNT,
        "slot": SLOT,
        "service": Service.COLD_WATER,
        "old": METER,
        "new": NEW,
        "generation": 1,
        "count": 1,
        "total": 20_000,
        "balance": 4_000,
        "moved": 4_000,
        "used": 16_000,
        "reading": 9,
        "reason": "it runs backwards",
    }
    return MeterSwapped(**(held | changes))


def swap(pen: Pen, body: MeterSwapped) -> None:
    """The swap, the new card and its first record for the new meter."""
    pen.write(
        body,
        CardIssued(account=ACCOUNT, card=NEW_CARD, generation=2, key_version=1, replaces=CARD),
    )
    intent = pen.write(
        an_intent(
            account=ACCOUNT,
            card=NEW_CARD,
            meter=NEW,
            slot=SLOT,
            service=Service.COLD_WATER,
            generation=2,
            count=1,
            total=body.moved,
            before_generation=0,
            before_count=0,
            quantity=0,
            amount=0,
            typed=0,
            tariff="",
            tariff_version=0,
            tariff_digest="",
            used_before=20_000,
            lines=(),
            act=SWAP,
            moved=body.moved,
        )
    )
    pen.write(bodies.Sale(intent=intent))


def on_the_new_meter(pen: Pen, quantity: int, *, count: int, total: int, before: int) -> None:
    """What :func:`settlement_builders.sell` does, on the new card."""
    intent = pen.write(
        an_intent(
            account=ACCOUNT,
            card=NEW_CARD,
            meter=NEW,
            generation=2,
            count=count,
            total=total,
            quantity=quantity,
            used_before=before,
            **_water_price(quantity),
        )
    )
    pen.write(bodies.Sale(intent=intent))


def meters(hq: Headquarters) -> dict[int, str]:
    found = rows(hq, AccountMeter)
    return {row["slot"]: row["meter"] for row in found if row["account"] == ACCOUNT}


def doubts(hq: Headquarters) -> set[str]:
    return {row["reason"] for row in rows(hq, Suspense)}


def sheet(hq: Headquarters, pen: Pen) -> AccountSheet:
    """What the node is told of the account now."""
    manifest = pen.send(pen.sign_of_life()).manifest
    assert manifest is not None
    for item in manifest.items:
        if item.name.startswith("customers/"):
            file = read_signed_file(hq.registry.item(bytes.fromhex(item.sha256)))
            told = open_customers(
                file, hq.keys.root, pen.kem, item=item.name, node=pen.node, epoch=1
            )
            for found in told.sheets:
                if found.account == ACCOUNT:
                    return found
    raise AssertionError("no sheet")


def test_the_account_and_its_sheet_show_the_new_meter_and_sales_go_on(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = town(headquarters, clock)
    sell(first, 20_000, count=1)
    first.write(transferred(headquarters))
    swap(first, swapped())
    on_the_new_meter(first, 10_000, count=2, total=14_000, before=20_000)
    deliver(first)
    bring_up_to_date(headquarters)
    assert meters(headquarters)[SLOT] == NEW
    told = sheet(headquarters, second)
    assert {meter.slot: meter.meter for meter in told.meters}[SLOT] == NEW
    slot = told.slot(SLOT)
    assert slot is not None
    assert (slot.generation, slot.count, slot.total) == (2, 2, 14_000)
    assert (told.card, told.generation) == (NEW_CARD, 2)
    # Volume is bought once: the quota counts 30,000, and nothing is charged for what moved.
    assert slot.bought == 30_000
    assert sum(row["amount"] for row in rows(headquarters, Posting)) == 0
    assert doubts(headquarters) == set()
    assert headquarters.adjustments.account(ACCOUNT).total == 0


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_in_whatever_order_it_arrives_the_meter_stands_there(
    headquarters: Headquarters, clock: HandClock, order: tuple[int, ...]
) -> None:
    """The other point replaces the meter of an account whose opening is not here yet."""
    pens = town(headquarters, clock)
    sell(pens[0], 20_000, count=1)
    pens[1].write(transferred(headquarters))
    swap(pens[1], swapped())
    for which in order:
        deliver(pens[which])
    bring_up_to_date(headquarters)
    assert meters(headquarters)[SLOT] == NEW
    assert doubts(headquarters) == set()


@pytest.mark.parametrize("settle", [True, False])
@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_what_was_sold_to_the_old_meter_after_the_swap_goes_back(
    headquarters: Headquarters, clock: HandClock, order: tuple[int, ...], settle: bool
) -> None:
    """Another point did not know: no meter takes that credit, so its money is owed."""
    pens = town(headquarters, clock)
    sell(pens[0], 20_000, count=1)
    pens[0].write(transferred(headquarters))
    swap(pens[0], swapped())
    clock.pass_by(minutes=5)
    sell(pens[1], 10_000, count=2, total=30_000, used_before=20_000, settle=settle)
    for which in order:
        deliver(pens[which])
        bring_up_to_date(headquarters)
    bring_up_to_date(headquarters)
    outcomes = {
        row["count"]: row["outcome"] for row in rows(headquarters, Sale) if row["meter"] == METER
    }
    assert outcomes == {1: "WRITTEN", 2: "SUPERSEDED"}
    assert headquarters.adjustments.account(ACCOUNT).total == 5_000
    assert doubts(headquarters) == {"meter_swapped", "replaced_card"}
    assert headquarters.rerating.drain().changed == 0


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_an_open_sale_that_moved_with_the_credit_is_carried(
    headquarters: Headquarters, clock: HandClock, order: tuple[int, ...]
) -> None:
    """Its card was torn; the point that replaced the meter had heard of it from headquarters."""
    pens = town(headquarters, clock)
    sell(pens[0], 20_000, count=1)
    sell(pens[0], 10_000, count=2, total=30_000, used_before=20_000, settle=False)
    pens[1].write(transferred(headquarters))
    swap(pens[1], swapped(count=2, total=30_000, unloaded=10_000, moved=14_000))
    for which in order:
        deliver(pens[which])
        bring_up_to_date(headquarters)
    sales = [row for row in rows(headquarters, Sale) if row["meter"] == METER]
    assert [(row["outcome"], row["carried"]) for row in sales] == [("WRITTEN", 0), ("WRITTEN", 1)]
    assert doubts(headquarters) == set()
    assert headquarters.adjustments.account(ACCOUNT).total == 0


def test_after_an_approved_figure_a_person_decides(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = town(headquarters, clock)
    sell(first, 20_000, count=1)
    swap(first, swapped(figure=1, approved=3, reading=0, used=0))
    sell(second, 10_000, count=2, total=30_000, used_before=20_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert {row["outcome"] for row in rows(headquarters, Sale)} == {"WRITTEN"}
    # No managing card has approved it either.
    assert doubts(headquarters) == {"meter_swapped", "approval_absent"}


@pytest.mark.parametrize(
    "reading",
    [
        None,
        {"balance": Quantity(3_000)},
        {"status": MeterStatus(0)},
        {"total": Quantity(19_000)},
    ],
)
def test_credit_that_moved_without_the_meters_word_is_shown(
    headquarters: Headquarters, clock: HandClock, reading: dict[str, Any] | None
) -> None:
    first, _ = town(headquarters, clock)
    sell(first, 20_000, count=1)
    if reading is not None:
        first.write(transferred(headquarters, **reading))
    swap(first, swapped())
    deliver(first)
    assert "swap_unfounded" in doubts(headquarters)


def test_a_forged_word_of_the_meter_moves_nothing_unseen(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, _ = town(headquarters, clock)
    sell(first, 20_000, count=1)
    first.write(replace(transferred(headquarters), evidence="00" * 8))
    swap(first, swapped())
    deliver(first)
    assert doubts(headquarters) == {"false_reading", "swap_unfounded"}
    assert len(rows(headquarters, Reading)) == 1


def test_a_replaced_meter_and_one_of_another_account_are_not_given_out(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = town(headquarters, clock)
    second.open_account(
        "N0002-000018", ["000000000005", "000000000006", "000000000007", NEW], card="860000000009"
    )
    sell(first, 20_000, count=1)
    first.write(transferred(headquarters))
    swap(first, swapped())
    deliver(second, first)
    assert "meter_taken" in doubts(headquarters)
    second.write(
        AccountOpened(
            account="N0002-000019",
            area="A01",
            tariff_class="residential",
            profile=4,
            persons=1,
            meters=(SlotOpened(SLOT, Service.COLD_WATER, METER),),
        )
    )
    deliver(second)
    assert "meter_swapped" in doubts(headquarters)
