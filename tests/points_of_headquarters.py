"""Vending points in folders of their own, all of one real headquarters; their wires can be cut."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from card_builders import repeatable_random
from central_builders import HandClock
from node_world import CHEAP, OPERATOR, PASSWORD, Hand, for_quantity, without_shifts
from yika_central.bootstrap import Headquarters
from yika_common.services import PROFILES, Service
from yika_common.sync.personal_data import Person
from yika_node.bootstrap import Node, build
from yika_node.services.views import AccountForm
from yika_node.uplink import LinkDown

AREA = "A01"
URL = "http://headquarters.test"
WATER = PROFILES[4].index(Service.COLD_WATER)


@dataclass
class Line:
    """The wire of one vending point; it can be cut."""

    hq: Headquarters
    clock: HandClock
    cut: bool = False

    def post(self, path: str, body: bytes) -> bytes:
        if self.cut:
            raise LinkDown
        if path.endswith("/enrol"):
            return self.hq.enrolment.answer(body)
        if path.endswith("/approvals"):
            return self.hq.approval_office.receive(body)
        return self.hq.reconciliation.receive(body, self.clock())

    def get(self, path: str) -> bytes:
        if self.cut:
            raise LinkDown
        return self.hq.registry.item(bytes.fromhex(path.rpartition("/")[2]))

    def hang_up(self) -> None:
        pass


@dataclass
class Point:
    """A vending point, its counter and its wire."""

    node: Node
    hand: Hand
    line: Line

    def sync(self) -> None:
        self.node.courier.sync()

    def sell(self, card: str, cubic_metres: int) -> list[tuple[int, int, int]]:
        """Sell water; step, quantity and amount of each line of the price."""
        entry = for_quantity(WATER, cubic_metres * 1000)
        receipt = self.node.sales.sell(OPERATOR, card, [entry], f"{id(self)}-{cubic_metres}")
        assert receipt.complete
        lines = [line for line in receipt.lines[0].quote.lines if line.code == "water"]
        return [(line.step, line.quantity, receipt.lines[0].quote.amount) for line in lines]


def a_point(
    folder: Path, hq: Headquarters, clock: HandClock, name: str, area: str = AREA
) -> Point:
    hand, line = Hand(), Line(hq, clock)

    def now() -> datetime:
        return clock()

    without_shifts(folder / name)
    node = build(
        folder / name,
        clock=now,
        random=repeatable_random(int(name[1:]) * 10_000),
        reader=hand,
        uplinks=lambda _url: line,
        cost=CHEAP,
    )
    token = hq.enrolment.invite(name, name=name, areas=(area,), url=URL)
    node.enrolment.enrol(token, OPERATOR, PASSWORD)
    return Point(node, hand, line)


def open_at(point: Point) -> str:
    """Open the household's account at a point and give it its card; the card's number."""
    meters = tuple(
        (slot, point.node.accounts.free_meters(service)[0])
        for slot, service in enumerate(PROFILES[4])
    )
    form = AccountForm(Person(name="王小明"), AREA, "residential", 4, 3, None, meters)
    account = point.node.accounts.open(OPERATOR, form)
    return str(point.node.cards.initialise(OPERATOR, account.number).number)
