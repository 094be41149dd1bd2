"""A meter follows headquarters' orders only, each once, in its time, from the card they name."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import KEYS, NOW, SLOT, credit_record
from meter_builders import meter_plate
from tool_builders import PARAMETERS, TOOL_CARD, an_order
from yika_common.cards.ciphers import mac8
from yika_common.cards.claim import Claim
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.tool_order import OrderKind, ToolOrder
from yika_common.cards.write_back import MeterStatus
from yika_common.meters.orders import Shown, judge_order
from yika_common.meters.rules import Outcome, Reason, Verdict, judge
from yika_common.meters.state import Holds, MeterState, consumed, write_back_of
from yika_common.numbers import Price, Quantity
from yika_common.services import Service

WBQ = KEYS.wbq or b""
PLATE = meter_plate()
HELD = MeterState(
    generation=2,
    count=5,
    total=Quantity(500_000),
    epoch=3,
    balance=Quantity(40_000),
    lifetime_use=Quantity(460_000),
    parameter_version=5,
    order=3,
)
PRICED = MeterParameters(6, price=Price(52_000))


def order(kind: OrderKind = OrderKind.INSPECTION, **changes: Any) -> ToolOrder:
    """The order after the last one that ``HELD`` took."""
    return an_order(**{"kind": kind, "number": 4, "card": TOOL_CARD, **changes})


def shown(
    brought: ToolOrder, state: MeterState = HELD, plate: Any = PLATE, **where: Any
) -> Verdict:
    place = {"card": TOOL_CARD, "slot": SLOT, "now": NOW, **where}
    return judge_order(plate, WBQ, state, brought.encode(WBQ), Shown(**place))


@pytest.mark.parametrize(
    ("kind", "credited", "changes"),
    [
        (OrderKind.INSPECTION, 0, {}),
        (
            OrderKind.PARAMETERS,
            0,
            {"parameter_version": 6, "alarm_level": 5_000, "max_stored": 800_000},
        ),
        (OrderKind.TRANSFER, 0, {"transferred": True}),
        (OrderKind.CLEAR, -40_000, {"balance": 0, "cleared": True}),
    ],
)
def test_an_order_is_followed(kind: OrderKind, credited: int, changes: Any) -> None:
    assert shown(order(kind)) == Verdict(
        outcome=Outcome.EXECUTED,
        reason=Reason.NONE,
        credited=Quantity(credited),
        claim=Claim(0, 4),
        state=replace(HELD, order=4, **changes),
        inspected=kind is OrderKind.INSPECTION,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"meter_id": "M00000000043"}, Reason.METER),
        ({"service": Service.HEAT}, Reason.SERVICE),
        ({"slot": SLOT + 1}, Reason.SLOT),
        ({"key_version": 2}, Reason.KEY_VERSION),
        ({"card": "860000000098"}, Reason.WRONG_CARD),
        ({"number": 2}, Reason.OLD_ORDER),
        ({"not_after": NOW - timedelta(seconds=1)}, Reason.EXPIRED),
        ({"kind": OrderKind.PARAMETERS, "parameters": PRICED}, Reason.WRONG_UNIT),
    ],
)
@pytest.mark.parametrize("kind", OrderKind)
def test_an_order_that_is_not_for_it_changes_nothing_but_the_count_of_refusals(
    kind: OrderKind, changes: dict[str, Any], reason: Reason
) -> None:
    verdict = shown(order(**{"kind": kind, **changes}))
    assert (verdict.outcome, verdict.reason) == (Outcome.REFUSED, reason)
    assert (verdict.claim, verdict.state) == (None, HELD.refused_once_more())


def test_the_same_order_is_followed_once() -> None:
    once = shown(order(OrderKind.CLEAR)).state
    refilled = replace(once, balance=Quantity(7_000))
    verdict = shown(order(OrderKind.CLEAR), refilled)
    assert (verdict.outcome, verdict.reason) == (Outcome.NOTHING_NEW, Reason.TAKEN)
    assert (verdict.claim, verdict.state) == (None, refilled)


def test_an_order_is_taken_to_the_last_second() -> None:
    assert shown(order(not_after=NOW)).outcome is Outcome.EXECUTED


@pytest.mark.parametrize("key", [KEYS.credit, KEYS.wbn, KEYS.auth])
def test_a_node_can_not_forge_an_order(key: bytes) -> None:
    body = order(OrderKind.CLEAR).body()
    data = body + mac8(key, body)
    verdict = judge_order(PLATE, WBQ, HELD, data, Shown(TOOL_CARD, SLOT, NOW))
    assert verdict.reason is Reason.FORGED
    assert verdict.state == HELD.refused_once_more()


def test_an_order_of_a_later_program_is_left_alone() -> None:
    body = b"\x02\x02" + order().body()[2:]
    data = body + mac8(WBQ, body)
    verdict = judge_order(PLATE, WBQ, HELD, data, Shown(TOOL_CARD, SLOT, NOW))
    assert verdict.reason is Reason.FORMAT


def test_parameters_that_are_not_newer_use_up_the_order_and_change_nothing_else() -> None:
    old = order(OrderKind.PARAMETERS, parameters=replace(PARAMETERS, version=5))
    verdict = shown(old)
    assert (verdict.outcome, verdict.reason) == (Outcome.NOTHING_NEW, Reason.OLD_PARAMETERS)
    assert (verdict.claim, verdict.state) == (Claim(0, 4), replace(HELD, order=4))


def test_a_meter_that_holds_money_takes_parameters_with_a_price() -> None:
    money = meter_plate(holds=Holds.MONEY)
    held = replace(HELD, price=Price(50_000), owed=7)
    brought = order(OrderKind.PARAMETERS, parameters=PRICED)
    assert shown(brought, held, money).state.price == Price(52_000)
    assert shown(order(OrderKind.PARAMETERS), held, money).reason is Reason.WRONG_UNIT
    cleared = shown(order(OrderKind.CLEAR), held, money).state
    assert (cleared.balance, cleared.owed) == (0, 0)


class TestATransferredMeter:
    state = shown(order(OrderKind.TRANSFER)).state

    def test_keeps_its_balance_and_delivers_nothing(self) -> None:
        after, delivered = consumed(self.state, Quantity(5), NOW)
        assert delivered == 0
        assert after.balance == HELD.balance

    def test_says_so_in_what_the_evidence_covers(self) -> None:
        written = write_back_of(PLATE, self.state, SLOT, NOW).reading
        assert written.status == MeterStatus.CLOSED | MeterStatus.TRANSFERRED
        assert written.balance == HELD.balance

    def test_takes_no_record_any_more(self) -> None:
        record = credit_record(generation=3, count=9, total=Quantity(900_000), epoch=3)
        verdict = judge(PLATE, KEYS.credit, self.state, record.encode(KEYS.credit), SLOT)
        assert (verdict.outcome, verdict.reason) == (Outcome.REFUSED, Reason.TRANSFERRED)
        assert verdict.state == self.state.refused_once_more()

    @pytest.mark.parametrize("kind", [OrderKind.CLEAR, OrderKind.PARAMETERS])
    def test_is_neither_cleared_nor_set(self, kind: OrderKind) -> None:
        assert shown(order(kind, number=5), self.state).reason is Reason.TRANSFERRED

    @pytest.mark.parametrize("kind", [OrderKind.INSPECTION, OrderKind.TRANSFER])
    def test_answers_another_tool_card(self, kind: OrderKind) -> None:
        verdict = shown(order(kind, number=5), self.state)
        assert verdict.outcome is Outcome.EXECUTED
        assert verdict.state == replace(self.state, order=5)


class TestAClearedMeter:
    state = shown(order(OrderKind.CLEAR)).state

    def test_says_so_until_the_next_credit(self) -> None:
        assert MeterStatus.CLEARED in self.state.status
        record = credit_record(generation=2, count=6, total=Quantity(530_000), epoch=3)
        verdict = judge(PLATE, KEYS.credit, self.state, record.encode(KEYS.credit), SLOT)
        assert verdict.state.balance == Quantity(30_000)
        assert verdict.state.status == MeterStatus(0)

    def test_is_not_credited_again_with_what_it_had(self) -> None:
        record = credit_record(generation=3, count=5, total=Quantity(500_000), epoch=3)
        verdict = judge(PLATE, KEYS.credit, self.state, record.encode(KEYS.credit), SLOT)
        assert verdict.reason is Reason.SAME_TOTAL
        assert verdict.state.balance == 0
        assert MeterStatus.CLEARED in verdict.state.status

    def test_loses_what_it_owed_too(self) -> None:
        below = replace(HELD, balance=Quantity(-500))
        verdict = shown(order(OrderKind.CLEAR), below)
        assert (verdict.credited, verdict.state.balance) == (500, 0)


@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from(OrderKind)), max_size=12))
def test_order_numbers_only_rise_and_nothing_comes_back(orders: list[Any]) -> None:
    state = replace(HELD, order=0)
    for number, kind in orders:
        before, verdict = state, shown(order(kind, number=number), state)
        state = verdict.state
        assert state.order >= before.order
        assert (verdict.claim is not None) == (state.order > before.order)
        assert state.balance <= before.balance
        assert state.transferred >= before.transferred
