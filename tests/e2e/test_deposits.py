"""A relative pays in at one vending point; the next purchase at another credits it, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from card_builders import ChipMemory
from central_builders import HandClock, new_headquarters, publish_water
from node_world import OPERATOR, a_chip, for_quantity
from points_of_headquarters import AREA, WATER, Point, a_point, open_at
from refund_builders import TOKEN, SecondPerson
from yika_central.bootstrap import Headquarters
from yika_common.numbers import Money
from yika_common.services import PROFILES
from yika_node.services.charge_errors import DepositCredited
from yika_node.services.charges import ChargeDesk
from yika_node.services.payments import Receipt
from yika_node.uplink import LinkDown
from yika_node.web.till import till_of

PAID_IN = Money(3_000)
WHY = "paid in for the wrong account"


class Town:
    """Two points of one headquarters, and an account with its card, opened at the first."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.hq: Headquarters = new_headquarters(folder / "hq", self.clock)
        publish_water(self.hq)
        self.hq.stock.take_in_new(AREA, PROFILES[4], 4)
        self.first = a_point(folder, self.hq, self.clock, "N0001")
        self.second = a_point(folder, self.hq, self.clock, "N0002")
        self.exchange()
        self.chip: ChipMemory = a_chip()
        self.first.hand.insert(self.chip)
        self.card = open_at(self.first)
        self.account = self.first.node.cards.accounts.of_card(self.card)
        self.sales = 0
        self.exchange()

    def exchange(self) -> None:
        for _ in range(2):
            self.clock.pass_by(hours=2)
            for point in (self.first, self.second):
                if not point.line.cut:
                    point.sync()
            self.hq.rerating.drain()
            self.hq.settling.run()

    def desk(self, point: Point) -> ChargeDesk:
        node = point.node
        return ChargeDesk(
            node.journal,
            node.queries,
            till_of(node),
            node.accounts,
            node.standing,
            SecondPerson(),
            lambda: node.settings.settings().fees,
            node.clock,
        )

    def pay_in(self, point: Point) -> tuple[int, int]:
        assert self.account is not None
        taken = self.desk(point).take_deposit(
            OPERATOR, self.account.number, PAID_IN, f"paid-{self.clock.seconds}"
        )
        return taken.epoch, taken.seq

    def buy(self, point: Point) -> Receipt:
        """Ten cubic metres of water, 50.00."""
        self.sales += 1
        point.hand.insert(self.chip)
        sold = point.node.sales.sell(
            OPERATOR, self.card, [for_quantity(WATER, 10_000)], f"s{self.sales}"
        )
        assert sold.complete
        return sold

    def close(self) -> None:
        for point in (self.first, self.second):
            point.node.close()
        self.hq.close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.close()


def test_the_next_purchase_credits_a_deposit_and_the_one_after_does_not(town: Town) -> None:
    town.pay_in(town.second)
    assert town.buy(town.first).adjusted == 0
    town.exchange()
    credited = town.buy(town.first)
    assert (credited.adjusted, credited.paid) == (PAID_IN, 5_000 - PAID_IN)
    assert town.buy(town.second).adjusted == 0
    town.exchange()
    assert [town.buy(point).adjusted for point in (town.first, town.second)] == [0, 0]


def test_what_was_given_back_in_time_is_never_credited(town: Town) -> None:
    epoch, seq = town.pay_in(town.second)
    assert town.desk(town.second).give_back(OPERATOR, epoch, seq, WHY, TOKEN).back
    town.exchange()
    assert [town.buy(point).adjusted for point in (town.first, town.second)] == [0, 0]


def test_what_was_credited_before_the_answer_arrived_is_owed_again(town: Town) -> None:
    epoch, seq = town.pay_in(town.second)
    # Headquarters hears of it, and its answer is lost on the way.
    line = town.second.line
    post = line.post

    def lost(path: str, body: bytes) -> bytes:
        post(path, body)
        line.cut = True
        return post(path, body)

    vars(line)["post"] = lost
    with pytest.raises(LinkDown):
        town.second.sync()
    del vars(line)["post"]
    town.exchange()
    assert town.buy(town.first).adjusted == PAID_IN
    assert town.desk(town.second).give_back(OPERATOR, epoch, seq, WHY, TOKEN).back
    line.cut = False
    town.exchange()
    owed = 0
    for _ in range(3):
        owed += town.buy(town.first).adjusted
    assert owed == -PAID_IN


def test_once_acknowledged_it_is_not_given_back_at_the_counter(town: Town) -> None:
    epoch, seq = town.pay_in(town.second)
    town.exchange()
    with pytest.raises(DepositCredited):
        town.desk(town.second).give_back(OPERATOR, epoch, seq, WHY, TOKEN)
