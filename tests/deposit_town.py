"""Two vending points of one headquarters, and a household whose card is at hand."""

from pathlib import Path

from card_builders import ChipMemory
from central_builders import HandClock, new_headquarters, publish_water
from node_world import OPERATOR, a_chip, for_quantity
from points_of_headquarters import AREA, WATER, Point, a_point, open_at
from refund_builders import SecondPerson
from yika_central.bootstrap import Headquarters
from yika_common.numbers import Money
from yika_common.services import PROFILES
from yika_node.services.charges import ChargeDesk
from yika_node.services.payments import Receipt
from yika_node.web.till import till_of

PAID_IN = Money(3_000)


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
