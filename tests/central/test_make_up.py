"""Headquarters owes a meter what it had no room for, once, and counts what was loaded of it."""

from typing import Any

import pytest

from central_builders import HandClock, Pen
from journals import an_intent
from settlement_builders import ACCOUNT, BO, METER, a_town, bring_up_to_date, deliver, rows
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import AuditCase, QuantityEntry, Sale, Suspense
from yika_central.services.adjustments import PaysOutTooMuch
from yika_common.journal import bodies
from yika_common.journal.bodies import MAKEUP, SWAP, CardIssued
from yika_common.journal.meter_bodies import MeterSwapped
from yika_common.numbers import Money, Quantity
from yika_common.services import PROFILES, Service
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.customers import AccountSheet, MadeUp, open_customers

SLOT, NEW, NEW_CARD, OLD_CARD = 3, "000000000008", "860000000002", "860000000001"
NOTHING: dict[str, Any] = {
    "account": ACCOUNT,
    "card": NEW_CARD,
    "meter": NEW,
    "slot": SLOT,
    "service": Service.COLD_WATER,
    "generation": 2,
    "quantity": 0,
    "amount": 0,
    "typed": 0,
    "tariff": "",
    "tariff_version": 0,
    "tariff_digest": "",
    "used_before": 0,
    "lines": (),
}


@pytest.fixture
def pens(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    pens = a_town(headquarters, clock)
    headquarters.stock.take_in_new("A01", PROFILES[4], 0)
    return pens


def swap(pen: Pen, **changes: Any) -> None:
    """9,000 by an approved figure move to a meter that holds 4,000; the first record is on."""
    body: dict[str, Any] = {
        "account": ACCOUNT,
        "slot": SLOT,
        "service": Service.COLD_WATER,
        "old": METER,
        "new": NEW,
        "generation": 0,
        "count": 0,
        "total": 0,
        "balance": 9_000,
        "moved": 9_000,
        "owed": 5_000,
        "holds": 4_000,
        "used": 0,
        "figure": 1,
        "reason": "it is dead",
        "approved": 1,
    }
    swapped = MeterSwapped(**(body | changes))
    card = CardIssued(
        account=ACCOUNT, card=NEW_CARD, generation=2, key_version=1, replaces=OLD_CARD
    )
    pen.write(swapped, card)
    first = swapped.moved - swapped.owed
    made = {"count": 1, "total": first, "before_generation": 0, "before_count": 0}
    intent = pen.write(an_intent(**(NOTHING | made), act=SWAP, moved=first))
    pen.write(bodies.Sale(intent=intent))


def load(pen: Pen, quantity: int, *, count: int, total: int, settle: bool = True) -> int:
    """A load of what is owed, as a vending point writes it; the intent's seq."""
    intent = pen.write(
        an_intent(
            **(NOTHING | {"count": count, "total": total, "typed": quantity}),
            act=MAKEUP,
            adjusted_quantity=quantity,
        )
    )
    if settle:
        pen.write(bodies.Sale(intent=intent))
    return intent


def sheet(headquarters: Headquarters, pen: Pen) -> AccountSheet:
    """What the vending point is told of the account."""
    manifest = pen.send(pen.sign_of_life()).manifest
    assert manifest is not None
    for item in manifest.items:
        if item.name.startswith("customers/"):
            file = read_signed_file(headquarters.registry.item(bytes.fromhex(item.sha256)))
            told = open_customers(
                file, headquarters.keys.root, pen.kem, item=item.name, node=pen.node, epoch=1
            )
            for found in told.sheets:
                if found.account == ACCOUNT:
                    return found
    raise AssertionError("no sheet")


def state(headquarters: Headquarters) -> tuple[int, int, int]:
    (one,) = headquarters.adjustments.account(ACCOUNT).owing
    return one.owed, one.loaded, one.left


def test_what_a_new_meter_has_no_room_for_is_owed_and_each_load_counts_once(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    first, second = pens
    swap(first)
    deliver(first)
    bring_up_to_date(headquarters)
    assert state(headquarters) == (5_000, 0, 5_000)
    load(first, 2_000, count=2, total=6_000)
    deliver(first)
    load(second, 1_500, count=3, total=7_500)
    deliver(second)
    bring_up_to_date(headquarters)
    headquarters.settling.run()
    assert state(headquarters) == (5_000, 3_500, 1_500)
    [entry] = rows(headquarters, QuantityEntry)
    assert (entry["amount"], entry["old"], entry["meter"], entry["holds"]) == (
        5_000,
        METER,
        NEW,
        4_000,
    )
    assert headquarters.adjustments.account(ACCOUNT).outstanding == 0
    for pen in pens:
        told = sheet(headquarters, pen)
        assert told.made_up == (MadeUp(SLOT, NEW, 5_000, 4_000),)
        slot = told.slot(SLOT)
        assert slot is not None
        assert (slot.quantity_number, slot.quantity_total) == (1, 5_000)


def test_records_that_come_twice_or_in_any_order_owe_the_same(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    first, second = pens
    swap(first)
    one = first.cut()
    load(second, 2_000, count=2, total=6_000)
    two = second.cut()
    for pen, segment in ((second, two), (first, one), (first, one), (second, two)):
        pen.send(segment)
        bring_up_to_date(headquarters)
    assert state(headquarters) == (5_000, 2_000, 3_000)


def test_a_load_that_never_reached_the_card_is_owed_again(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    first, _ = pens
    swap(first)
    open_ = load(first, 2_000, count=2, total=6_000, settle=False)
    deliver(first)
    bring_up_to_date(headquarters)
    assert state(headquarters) == (5_000, 2_000, 3_000)
    first.write(bodies.Superseded(intent=open_, generation_seen=2, count_seen=3))
    deliver(first)
    bring_up_to_date(headquarters)
    assert state(headquarters) == (5_000, 0, 5_000)
    (row,) = [row for row in rows(headquarters, Sale) if row["act"] == MAKEUP]
    assert row["outcome"] == "SUPERSEDED"


def test_the_rest_is_paid_in_money_instead_by_two_persons_and_no_more_than_it(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    first, _ = pens
    swap(first)
    load(first, 2_000, count=2, total=6_000)
    deliver(first)
    bring_up_to_date(headquarters)

    def pay(quantity: int) -> None:
        headquarters.adjustments.adjust_quantity(
            ACCOUNT,
            SLOT,
            Quantity(quantity),
            by="mei",
            reason="he moves out",
            second=BO,
            instead=Money(1_500),
        )

    for wrong in (-3_001, 100):
        with pytest.raises(PaysOutTooMuch):
            pay(wrong)
    assert headquarters.adjustments.account(ACCOUNT).outstanding == 0
    pay(-3_000)
    assert state(headquarters) == (2_000, 2_000, 0)
    assert headquarters.adjustments.account(ACCOUNT).outstanding == 1_500


def test_nobody_is_accused_and_nothing_is_rated(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    first, _ = pens
    swap(first)
    load(first, 2_000, count=2, total=6_000)
    deliver(first)
    bring_up_to_date(headquarters)
    headquarters.detection.run()
    assert rows(headquarters, AuditCase) == []
    about = {row["reason"] for row in rows(headquarters, Suspense)}
    assert "false_price" not in about
