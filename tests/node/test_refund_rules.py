"""The two tables of refunds, line by line, and that no further fact ever makes them laxer."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yika_common.cards.claim import Claim
from yika_common.cards.record import CreditRecord, RecordWitness
from yika_common.clock import from_timestamp
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_node.services.card_image import awaits_meter
from yika_node.services.recovery import SlotShown
from yika_node.services.refund_errors import REFUSALS, WAITS
from yika_node.services.refund_rules import (
    Payment,
    Purchase,
    SlotEvidence,
    Terms,
    WriteBackSeen,
    payable,
    terms,
)

MAC = bytes(8)
BOUGHT = Purchase(
    this_epoch=True, bought=True, written=True, given_back=False, position=(1, 5), mac=MAC
)
SHOWN = SlotShown(readable=True, generation=1, count=5, total=50, mac=MAC)
BEFORE = WriteBackSeen((1, 4), 40, 10, 40)
SLOT = SlotEvidence(SHOWN, bare=False, claim=(1, 4), write_back=BEFORE)
ON_CARD = replace(SLOT, shown=replace(SHOWN, count=6, total=40, mac=b"refunded"))


@pytest.mark.parametrize(
    ("purchase", "slot", "expected"),
    [
        ({}, {}, Terms.AT_ONCE),
        ({}, {"write_back": None}, Terms.AT_ONCE),
        ({}, {"claim": (0, 0), "write_back": None}, Terms.AT_ONCE),
        ({"this_epoch": False}, {}, Terms.OTHER_EPOCH),
        ({"bought": False}, {}, Terms.NOT_A_PURCHASE),
        ({"written": False}, {}, Terms.NOT_ON_CARD),
        ({"given_back": True}, {}, Terms.GIVEN_BACK),
        ({}, {"shown": SlotShown(readable=False)}, Terms.UNREADABLE),
        ({"mac": b"another!"}, {}, Terms.NOT_NEWEST),
        ({}, {"bare": True}, Terms.BARE_CARD),
        ({}, {"claim": None}, Terms.AFTER_METER),
        ({}, {"claim": (1, 5)}, Terms.AFTER_METER),
        ({}, {"claim": (1, 9)}, Terms.AFTER_METER),
        ({}, {"write_back": WriteBackSeen((1, 5), 50, 20, 50)}, Terms.AFTER_METER),
        ({"position": (2, 5)}, {"claim": (0, 0)}, Terms.AFTER_METER),
        ({"position": (2, 5)}, {"claim": (0, 0), "write_back": None}, Terms.AFTER_METER),
        (
            {"position": (2, 5)},
            {"claim": (2, 4), "write_back": replace(BEFORE, position=(2, 4))},
            Terms.AT_ONCE,
        ),
    ],
)
def test_terms(purchase: dict[str, Any], slot: dict[str, Any], expected: Terms) -> None:
    assert terms(replace(BOUGHT, **purchase), replace(SLOT, **slot)) is expected


TAKEN = WriteBackSeen((1, 6), 40, 0, 40)


@pytest.mark.parametrize(
    ("written", "slot", "expected"),
    [
        (True, {}, Payment.AT_ONCE),
        (False, {}, Payment.NOT_ON_CARD),
        (True, {"shown": SHOWN}, Payment.NOT_ON_CARD),
        (True, {"shown": SlotShown(readable=False)}, Payment.NOT_ON_CARD),
        (True, {"claim": (1, 5)}, Payment.METER_FIRST),
        (True, {"claim": None}, Payment.METER_FIRST),
        (True, {"claim": None, "write_back": None}, Payment.METER_FIRST),
        (True, {"claim": (1, 6), "write_back": TAKEN}, Payment.SHOWN),
        (True, {"claim": None, "write_back": TAKEN}, Payment.SHOWN),
        (True, {"claim": None, "write_back": TAKEN, "unaware": True}, Payment.NOT_CARRIED),
        (True, {"claim": None, "write_back": replace(TAKEN, total=41)}, Payment.METER_FIRST),
        (True, {"claim": None, "write_back": replace(TAKEN, expected=None)}, Payment.METER_FIRST),
        (True, {"claim": None, "write_back": replace(TAKEN, balance=-1)}, Payment.BELOW_ZERO),
        (
            True,
            {"claim": None, "write_back": WriteBackSeen((2, 6), 60, 5, 60)},
            Payment.SHOWN,
        ),
    ],
)
def test_payable(written: bool, slot: dict[str, Any], expected: Payment) -> None:
    found = payable((1, 6), (1, 5), written=written, slot=replace(ON_CARD, **slot))
    assert found is expected


def test_every_refusal_has_a_sentence() -> None:
    assert set(REFUSALS) == set(Terms) - {Terms.AT_ONCE, Terms.AFTER_METER}
    assert set(WAITS) == set(Payment) - {Payment.AT_ONCE, Payment.SHOWN}


pairs = st.tuples(st.integers(0, 3), st.integers(0, 8))
seen = st.none() | st.builds(
    WriteBackSeen,
    pairs,
    st.integers(0, 60),
    st.integers(-20, 20),
    st.none() | st.integers(0, 60),
)
slots = st.builds(
    SlotEvidence,
    st.builds(
        SlotShown,
        readable=st.booleans(),
        generation=st.integers(0, 3),
        count=st.integers(0, 8),
        total=st.integers(0, 60),
        mac=st.sampled_from((MAC, b"another!")),
    ),
    bare=st.booleans(),
    claim=st.none() | pairs,
    write_back=seen,
)


@given(slots, st.integers(1, 3), st.integers(1, 7), st.booleans())
def test_money_goes_out_only_for_what_is_on_the_card_and_in_no_meter(
    slot: SlotEvidence, generation: int, count: int, written: bool
) -> None:
    refund, purchase = (generation, count + 1), (generation, count)
    found = payable(refund, purchase, written=written, slot=slot)
    if found in (Payment.AT_ONCE, Payment.SHOWN):
        assert written
        assert (slot.shown.generation, slot.shown.count) >= refund
    if found is Payment.AT_ONCE:
        assert slot.claim is not None
        assert slot.claim < purchase
        assert generation == 1 or (slot.write_back and slot.write_back.position[0] == generation)
    if found is Payment.SHOWN:
        assert slot.write_back is not None
        assert slot.write_back.position >= refund
        assert slot.write_back.balance >= 0


def lower(count: int, generation: int = 1) -> CreditRecord:
    return CreditRecord(
        meter_id="M00000000042",
        slot=2,
        service=Service.GAS,
        key_version=1,
        epoch=1,
        generation=generation,
        count=count,
        total=Quantity(40),
        time=from_timestamp(1_700_000_000),
        witness=RecordWitness("N0001", 1, 7, bytes(8)),
        lower=True,
    )


@pytest.mark.parametrize(
    ("claim", "waits"),
    [(Claim(0, 0), False), (Claim(1, 4), False), (Claim(1, 5), True), (None, True)],
)
def test_a_refund_stands_in_the_way_while_its_meter_may_hold_more(
    claim: Claim | None, *, waits: bool
) -> None:
    assert awaits_meter(lower(6), None, claim) is waits


def test_a_claim_says_nothing_of_the_card_before() -> None:
    untouched = Claim(0, 0)
    assert awaits_meter(lower(6, generation=2), None, untouched) is True
    assert awaits_meter(lower(6, generation=1), None, untouched) is False
