"""Giving a purchase back at the counter: what comes off the card, and when money goes out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from counters import GAS, WATER, Counters
from node_world import OPERATOR, for_money, for_quantity
from refund_builders import REASON, TOKEN, SecondPerson, give_back, refund_desk
from yika_common.journal.bodies import REFUND, Intent, Sale
from yika_common.journal.card_bodies import Approved, RefundPaid
from yika_common.journal.record import decode_line
from yika_common.numbers import Money
from yika_node.services.approvals import ApprovalMissing
from yika_node.services.errors import RefundAwaitsMeter
from yika_node.services.refund_errors import (
    RefundNotPayable,
    RefundReasonMissing,
    RefundRefused,
    RefundUnknown,
)
from yika_node.services.refund_views import RefundState


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path, 2)
    made.publish_and_open()
    made.tell()
    yield made
    made.close()


def last_bodies(counters: Counters, count: int, at: int = 0) -> list[object]:
    node = counters.nodes[at]
    tip = node.queries.tip(1)
    assert tip is not None
    records = node.queries.records(1, tip.seq - count + 1, count)
    return [decode_line(record.line).body for record in records]


def test_what_no_meter_claimed_is_given_back_and_paid_at_once(counters: Counters) -> None:
    first = counters.sell(for_money(WATER, 1_000))
    counters.load(WATER)
    second = counters.sell(for_money(WATER, 5_000))
    before = counters.record(WATER)
    refund = give_back(counters.nodes[0], second, OPERATOR)
    assert refund.problem is None
    assert refund.paid == -5_000
    after = counters.record(WATER)
    line = first.lines[0]
    assert (after.lower, after.count, after.total) == (True, before.count + 1, line.sale.total)
    approved, intent, sale, paid = last_bodies(counters, 4)
    assert isinstance(approved, Approved)
    assert isinstance(intent, Intent)
    assert (intent.act, intent.quantity, intent.amount) == (REFUND, -10_000, -5_000)
    assert sale == Sale(intent=refund.basket)
    assert paid == RefundPaid(intent=refund.basket, amount=5_000)
    desk = refund_desk(counters.nodes[0])
    view = desk.refund(1, refund.basket)
    assert (view.state, view.money, view.reason) == (RefundState.PAID, Money(5_000), REASON)
    assert desk.waiting() == ()


def test_what_a_meter_has_taken_is_paid_when_its_write_back_shows_that_it_holds_it_no_more(
    counters: Counters,
) -> None:
    bought = counters.sell(for_money(WATER, 5_000))
    counters.load(WATER)
    counters.read()
    node, desk = counters.nodes[0], refund_desk(counters.nodes[0])
    refund = give_back(node, bought, OPERATOR)
    assert refund.complete
    assert isinstance(last_bodies(counters, 1)[0], Sale)
    (waiting,) = desk.waiting(counters.account.number)
    assert waiting.state is RefundState.WAITING
    for _ in range(2):
        with pytest.raises(RefundNotPayable, match="may hold the credit"):
            desk.pay_out(OPERATOR, 1, refund.basket)
    report = counters.load(WATER)
    assert (report.credited, report.balance, report.total) == (-10_000, 0, 0)
    counters.worlds[0].hand.insert(counters.chip)
    paid = desk.pay_out(OPERATOR, 1, refund.basket)
    assert paid.number == refund.number
    assert desk.pay_out(OPERATOR, 1, refund.basket) == paid
    (body,) = last_bodies(counters, 1)
    assert isinstance(body, RefundPaid)
    assert body.write_back == node.queries.last_reading(waiting.sale.meter).sequence  # type: ignore[union-attr]
    assert desk.refund(1, refund.basket).state is RefundState.PAID


def test_what_was_used_is_not_paid_until_it_was_bought(counters: Counters) -> None:
    bought = counters.sell(for_money(WATER, 5_000))
    counters.load(WATER, use=4_000)
    counters.read()
    node, desk = counters.nodes[0], refund_desk(counters.nodes[0])
    refund = give_back(node, bought, OPERATOR)
    assert counters.load(WATER).balance == -4_000
    counters.read()
    with pytest.raises(RefundNotPayable, match="below zero"):
        desk.pay_out(OPERATOR, 1, refund.basket)
    counters.sell(for_quantity(WATER, 4_000), at=1)
    counters.read()
    with pytest.raises(RefundNotPayable, match="below zero"):
        desk.pay_out(OPERATOR, 1, refund.basket)
    assert counters.load(WATER).balance == 0
    counters.read()
    assert desk.pay_out(OPERATOR, 1, refund.basket).paid == -5_000


def test_nothing_is_sold_over_a_refund_that_the_meter_must_take_first(counters: Counters) -> None:
    bought = counters.sell(for_money(WATER, 5_000), for_money(GAS, 1_000))
    counters.load(WATER)
    counters.read()
    give_back(counters.nodes[0], bought, OPERATOR)
    for at in (0, 1):
        with pytest.raises(RefundAwaitsMeter, match="Put the card into the meter first"):
            counters.sell(for_money(WATER, 1_000), at=at)
        counters.sell(for_money(GAS, 1_000), at=at)
    counters.load(WATER)
    assert counters.sell(for_money(WATER, 1_000), at=1).complete
    assert counters.load(WATER).balance == 2_000


def test_the_right_amount_is_sold_at_once_after_a_refund(counters: Counters) -> None:
    wrong = counters.sell(for_money(WATER, 5_000))
    give_back(counters.nodes[0], wrong, OPERATOR)
    right = counters.sell(for_money(WATER, 500), at=1)
    assert right.complete
    assert counters.load(WATER).balance == 1_000


def test_only_the_newest_purchase_of_a_meter_is_given_back_and_only_once(
    counters: Counters,
) -> None:
    first = counters.sell(for_money(WATER, 1_000))
    second = counters.sell(for_money(WATER, 2_000))
    node = counters.nodes[0]
    with pytest.raises(RefundRefused, match="only the newest purchase"):
        give_back(node, first, OPERATOR)
    refund = give_back(node, second, OPERATOR)
    assert give_back(node, second, OPERATOR) == refund
    desk = refund_desk(node)
    sale = second.lines[0].sale
    with pytest.raises(RefundRefused, match="given back before"):
        desk.offer(OPERATOR, sale.epoch, sale.seq)
    with pytest.raises(RefundRefused, match="only the newest purchase"):
        give_back(node, first, OPERATOR)
    with pytest.raises(RefundRefused, match="is no purchase"):
        give_back(node, refund, OPERATOR)
    assert node.enquiries.receipt(1, second.basket).lines[0].sale.given_back == refund.basket
    assert [row.given_back for row in node.enquiries.sales().rows] == [0, refund.basket, 0]


def test_without_approval_or_reason_nothing_is_done(counters: Counters) -> None:
    bought = counters.sell(for_money(WATER, 1_000))
    sale, node = bought.lines[0].sale, counters.nodes[0]
    desk, tip = refund_desk(node), node.queries.tip(1)
    with pytest.raises(ApprovalMissing):
        desk.give_back(OPERATOR, sale.epoch, sale.seq, REASON, "nobody")
    for reason in ("", "x" * 201):
        with pytest.raises(RefundReasonMissing):
            desk.give_back(OPERATOR, sale.epoch, sale.seq, reason, TOKEN)
    with pytest.raises(RefundUnknown):
        desk.pay_out(OPERATOR, sale.epoch, sale.seq)
    assert node.queries.tip(1) == tip
    assert not counters.record(WATER).lower


def test_the_second_person_approves_this_purchase_this_money_and_this_reason(
    counters: Counters,
) -> None:
    bought = counters.sell(for_money(WATER, 1_000))
    sale, second = bought.lines[0].sale, SecondPerson()
    desk = refund_desk(counters.nodes[0], second_person=second)
    desk.give_back(OPERATOR, sale.epoch, sale.seq, REASON, TOKEN)
    assert second.approved == [desk.digest(sale.epoch, sale.seq, REASON)]
    assert desk.digest(sale.epoch, sale.seq, "another reason") not in second.approved
    approved, intent, *_ = last_bodies(counters, 4)
    assert isinstance(intent, Intent)
    assert isinstance(approved, Approved)
    assert intent.approved == counters.nodes[0].queries.tip(1).seq - 3  # type: ignore[union-attr]
    assert approved.act == second.approved[0].hex()
