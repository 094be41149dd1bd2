"""Refunds on memory cards: an SLE4428 waits for its meter, an SLE4442 has none at the counter.

A memory card can be copied and set back by whoever has listened to its code, so nothing it says of
the past is proof; only what the meter wrote after the refund is.
"""

from pathlib import Path

import pytest

from memory_builders import Card, numbered_card
from memory_town import MemoryTown, memory_town
from node_world import OPERATOR, for_money
from refund_builders import REASON, TOKEN, give_back, refund_desk
from yika_common.cards.errors import CardError
from yika_common.meters.rules import Outcome
from yika_common.readers.port import MemoryKind
from yika_common.services import PROFILES, Service
from yika_node.services.payments import Receipt
from yika_node.services.refund_errors import RefundNotPayable, RefundRefused
from yika_node.services.refund_rules import Pair, Payment, SlotEvidence
from yika_node.services.refund_views import RefundState

NEVER = 9_999


def water_in(profile: int) -> int:
    return PROFILES[profile].index(Service.COLD_WATER)


def begun(town: MemoryTown, profile: int) -> tuple[int, Receipt]:
    slot = water_in(profile)
    town.publish_and_open()
    town.sell(for_money(slot, 500))
    town.load(slot)
    return slot, town.sell(for_money(slot, 5_000))


@pytest.mark.parametrize("profile", [4, 8])
def test_nothing_is_refunded_on_an_sle4442_at_the_counter(tmp_path: Path, profile: int) -> None:
    with memory_town(tmp_path, numbered_card(MemoryKind.SLE4442), profile=profile) as town:
        _, bought = begun(town, profile)
        town.put_in()
        with pytest.raises(RefundRefused, match="Ask headquarters for an adjustment"):
            give_back(town.nodes[0], bought, OPERATOR)


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("profile", [4, 6, 8])
def test_on_an_sle4428_money_goes_out_when_the_meter_shows_that_it_took_the_refund(
    tmp_path: Path, profile: int, *, taken: bool
) -> None:
    with memory_town(tmp_path, numbered_card(MemoryKind.SLE4428), profile=profile) as town:
        slot, bought = begun(town, profile)
        if taken:
            town.load(slot)
        town.read()
        desk = refund_desk(town.nodes[0])
        refund = give_back(town.nodes[0], bought, OPERATOR)
        assert refund.complete
        assert desk.refund(1, refund.basket).state is RefundState.WAITING
        town.read()
        with pytest.raises(RefundNotPayable, match="may hold the credit"):
            desk.pay_out(OPERATOR, 1, refund.basket)
        report = town.load(slot)
        assert (report.total, report.balance) == (1_000, 1_000)
        town.read()
        assert desk.pay_out(OPERATOR, 1, refund.basket).paid == -5_000
        assert town.sell(for_money(slot, 1_000)).complete
        assert town.load(slot).balance == 3_000


def test_a_card_set_back_to_before_the_refund_brings_neither_money_nor_credit(
    tmp_path: Path,
) -> None:
    """Load, set back, ask for the money; and: take the money, set back, load."""
    with memory_town(tmp_path, numbered_card(MemoryKind.SLE4428)) as town:
        slot, bought = begun(town, 8)
        image = town.pocket.store.content
        town.load(slot, use=9_000)
        town.pocket = Card(MemoryKind.SLE4428, content=image)
        town.read()
        desk = refund_desk(town.nodes[0])
        refund = give_back(town.nodes[0], bought, OPERATOR)
        with_refund = town.pocket.store.content
        with pytest.raises(RefundNotPayable, match="may hold the credit"):
            desk.pay_out(OPERATOR, 1, refund.basket)
        for shown in (image, with_refund, image):
            town.pocket = Card(MemoryKind.SLE4428, content=shown)
            town.load(slot)
            town.read()
            with pytest.raises(RefundNotPayable):
                desk.pay_out(OPERATOR, 1, refund.basket)
        meter = town.worlds[0].use_meter(town.account.meters[slot].meter)
        assert meter.state().balance == -8_000
        town.pocket = Card(MemoryKind.SLE4428, content=image)
        assert town.load(slot).outcome is Outcome.REFUSED


def test_the_money_paid_at_once_on_a_memory_card_is_a_theft(tmp_path: Path) -> None:
    """The control: a desk that forgets the meter pays, and the image from before loads."""

    def forgetful(refund: Pair, purchase: Pair, *, written: bool, slot: SlotEvidence) -> Payment:
        return Payment.AT_ONCE if written else Payment.NOT_ON_CARD

    with memory_town(tmp_path, numbered_card(MemoryKind.SLE4428)) as town:
        slot, bought = begun(town, 8)
        image = town.pocket.store.content
        town.read()
        refund = give_back(town.nodes[0], bought, OPERATOR, forgetful)
        desk = refund_desk(town.nodes[0], forgetful)
        assert desk.refund(1, refund.basket).state is RefundState.PAID
        town.pocket = Card(MemoryKind.SLE4428, content=image)
        assert town.load(slot).balance == 11_000


def test_a_memory_card_pulled_after_any_byte_of_a_refund_is_finished_once(tmp_path: Path) -> None:
    profile, torn = 4, 0
    slot = water_in(profile)
    with memory_town(tmp_path, numbered_card(MemoryKind.SLE4428), profile=profile) as town:
        town.publish_and_open()
        node = town.nodes[0]
        desk = refund_desk(node)
        complete = False
        while not complete:
            bought = town.sell(for_money(slot, 5_000))
            town.load(slot)
            town.read()
            sale = bought.lines[0].sale
            town.put_in()
            town.readers[0].pull_after(torn)
            try:
                complete = desk.give_back(OPERATOR, sale.epoch, sale.seq, REASON, TOKEN).complete
            except CardError:
                complete = False
            town.readers[0].pull_after(NEVER)
            town.read()
            refund = desk.give_back(OPERATOR, sale.epoch, sale.seq, REASON, TOKEN)
            view = desk.refund(refund.epoch, refund.basket)
            assert view.state is RefundState.WAITING, torn
            assert town.load(slot).balance == 0, torn
            town.read()
            desk.pay_out(OPERATOR, refund.epoch, refund.basket)
            assert desk.waiting() == (), torn
            torn += 1
    assert torn > 20
