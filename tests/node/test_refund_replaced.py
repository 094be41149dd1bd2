"""A refund that waits for its meter outlives the card that it is on."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from counters import WATER, Counters
from little_headquarters import meter_number
from node_world import OPERATOR, a_chip, for_money
from refund_builders import TOKEN, SecondPerson, give_back, refund_desk
from yika_common.numbers import Quantity
from yika_common.sync.customers import LostSale, SlotSheet
from yika_node.services.errors import RefundAwaitsMeter
from yika_node.services.meter_swap import SwapForm
from yika_node.services.refund_errors import RefundNotPayable
from yika_node.web.swap_pages import meter_swap_of

REASON = "lost on the bus"


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path, 2)
    made.publish_and_open()
    made.tell()
    yield made
    made.close()


def replaced(counters: Counters, at: int = 0) -> None:
    """The card is lost, and another is made in its place."""
    counters.chip = a_chip(1)
    counters.worlds[at].hand.insert(counters.chip)
    node, account = counters.nodes[at], counters.account.number
    made = node.life.reissue.replace(OPERATOR, account, REASON, "new card")
    assert made.problem is None
    counters.card = made.number
    counters.account = node.accounts.get(account)


def test_the_new_card_waits_for_the_meter_that_claimed_the_purchase_on_the_old_one(
    counters: Counters,
) -> None:
    bought = counters.sell(for_money(WATER, 5_000))
    counters.load(WATER)
    counters.read()
    refund = give_back(counters.nodes[0], bought, OPERATOR)
    replaced(counters)
    assert counters.record(WATER).lower
    with pytest.raises(RefundAwaitsMeter, match="Put the card into the meter first"):
        counters.sell(for_money(WATER, 1_000))
    assert counters.load(WATER).balance == 0
    counters.read()
    paid = refund_desk(counters.nodes[0]).pay_out(OPERATOR, 1, refund.basket)
    assert paid.paid == -5_000
    counters.sell(for_money(WATER, 1_000))
    assert counters.load(WATER).balance == 2_000


def test_a_point_that_knows_of_the_refund_from_headquarters_alone_carries_that_it_waits(
    counters: Counters,
) -> None:
    bought = counters.sell(for_money(WATER, 5_000))
    counters.load(WATER)
    counters.read()
    refund = give_back(counters.nodes[0], bought, OPERATOR)
    counters.tell(slots=(SlotSheet(WATER, 1, 2, 0),), lowered=(WATER,))
    replaced(counters, at=1)
    assert counters.record(WATER, at=1).lower
    with pytest.raises(RefundAwaitsMeter):
        counters.sell(for_money(WATER, 1_000), at=1)
    assert counters.load(WATER).balance == 0
    counters.sell(for_money(WATER, 1_000), at=1)
    assert counters.load(WATER).balance == 2_000
    desk = refund_desk(counters.nodes[0])
    counters.tell(generation=2)
    counters.read()
    with pytest.raises(RefundNotPayable, match="headquarters has not told"):
        desk.pay_out(OPERATOR, 1, refund.basket)
    counters.tell(generation=2, carried=(LostSale("N0001", 1, refund.basket),))
    counters.read()
    assert desk.pay_out(OPERATOR, 1, refund.basket).paid == -5_000


def test_nothing_is_paid_where_the_new_card_does_not_know_of_the_refund(
    counters: Counters,
) -> None:
    """Its maker had heard of the purchase alone: the meter keeps the credit."""
    bought = counters.sell(for_money(WATER, 5_000))
    counters.load(WATER)
    counters.read()
    refund = give_back(counters.nodes[0], bought, OPERATOR)
    counters.tell(slots=(SlotSheet(WATER, 1, 1, 10_000),))
    replaced(counters, at=1)
    assert counters.load(WATER).balance == 10_000
    counters.tell(generation=2)
    counters.read()
    with pytest.raises(RefundNotPayable, match="the credit may be on the new card"):
        refund_desk(counters.nodes[0]).pay_out(OPERATOR, 1, refund.basket)


def swapped(counters: Counters, figure: Quantity | None = None) -> None:
    """Another meter takes the water meter's place; with a figure, a second person agrees."""
    node = counters.nodes[0]
    desk = replace(meter_swap_of(node), approvals=SecondPerson())
    form = SwapForm(
        counters.account.number, WATER, meter_number("4", 5), "it runs backwards", figure=figure
    )
    counters.worlds[0].hand.insert(counters.chip)
    made = desk.swap(OPERATOR, form, "swap", TOKEN)
    assert made.problem is None
    counters.card = made.number
    counters.account = node.accounts.get(counters.account.number)


def test_what_a_meter_gave_back_before_it_was_replaced_is_paid(counters: Counters) -> None:
    bought = counters.sell(for_money(WATER, 5_000))
    counters.load(WATER)
    counters.read()
    refund = give_back(counters.nodes[0], bought, OPERATOR)
    assert counters.load(WATER).balance == 0
    counters.read()
    swapped(counters)
    counters.read()
    assert refund_desk(counters.nodes[0]).pay_out(OPERATOR, 1, refund.basket).paid == -5_000


def test_what_moved_on_to_another_meter_is_not_paid(counters: Counters) -> None:
    bought = counters.sell(for_money(WATER, 5_000))
    counters.load(WATER)
    counters.read()
    refund = give_back(counters.nodes[0], bought, OPERATOR)
    swapped(counters, figure=Quantity(10_000))
    assert counters.load(WATER).balance == 10_000
    counters.read()
    with pytest.raises(RefundNotPayable, match="The meter was replaced"):
        refund_desk(counters.nodes[0]).pay_out(OPERATOR, 1, refund.basket)
