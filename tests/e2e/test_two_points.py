"""Two vending points that only ever met headquarters serve one household's card."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from card_builders import repeatable_random
from central_builders import (
    LI,
    WANG,
    HandClock,
    new_headquarters,
)
from node_world import CHEAP, OPERATOR, PASSWORD, Hand, a_chip, for_quantity
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Posting, Sale, table_of
from yika_common.numbers import Quantity
from yika_common.services import PROFILES, Service
from yika_common.sync.personal_data import Person
from yika_common.tariffs.shipped import shipped
from yika_node.bootstrap import Node, build
from yika_node.services.errors import AccountUnknown
from yika_node.services.views import AccountForm, CardKind, FactsForm
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
        return self.hq.reconciliation.receive(body, self.clock())

    def get(self, path: str) -> bytes:
        if self.cut:
            raise LinkDown
        return self.hq.registry.item(bytes.fromhex(path.rpartition("/")[2]))


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


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def hq(tmp_path: Path, clock: HandClock) -> Iterator[Headquarters]:
    """A headquarters with water's price, one household's meters and cards."""
    headquarters = new_headquarters(tmp_path / "central", clock)
    for name in ("cn-bj-water-res.json",):
        headquarters.tariff_office.publish(shipped()[name], [LI, WANG])
    headquarters.stock.take_in_new(AREA, PROFILES[4] * 2, 4)
    yield headquarters
    headquarters.close()


@pytest.fixture
def points(tmp_path: Path, hq: Headquarters, clock: HandClock) -> Iterator[tuple[Point, Point]]:
    made = tuple(_point(tmp_path, hq, clock, name) for name in ("N0001", "N0002"))
    yield made[0], made[1]
    for point in made:
        point.node.close()


def _point(folder: Path, hq: Headquarters, clock: HandClock, name: str) -> Point:
    hand, line = Hand(), Line(hq, clock)

    def now() -> datetime:
        return clock()

    node = build(
        folder / name,
        clock=now,
        random=repeatable_random(int(name[1:]) * 10_000),
        reader=hand,
        uplinks=lambda _url: line,
        cost=CHEAP,
    )
    token = hq.enrolment.invite(name, name=name, areas=(AREA,), url=URL)
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


def test_a_card_is_sold_to_at_both_and_priced_as_by_one(
    hq: Headquarters, points: tuple[Point, Point], clock: HandClock
) -> None:
    first, second = points
    chip = a_chip()
    first.hand.insert(chip)
    card = open_at(first)
    second.hand.insert(chip)
    with pytest.raises(AccountUnknown):
        second.sell(card, 1)
    first.sync()
    second.sync()
    first.line.cut = second.line.cut = True

    clock.pass_by(minutes=1)
    assert first.sell(card, 170) == [(1, 170_000, 85_000)]
    clock.pass_by(minutes=1)
    view = second.node.cards.read(OPERATOR)
    assert view.kind is CardKind.OURS
    assert view.account is not None
    assert view.account.person == Person(name="王小明")
    # The card says what the first one sold: ten cubic metres are left at the first price.
    assert second.sell(card, 20) == [(1, 10_000, 12_000), (2, 10_000, 12_000)]
    clock.pass_by(minutes=1)
    assert first.sell(card, 75) == [(2, 70_000, 53_500), (3, 5_000, 53_500)]

    first.line.cut = second.line.cut = False
    for point in (second, first):
        point.sync()
    hq.rerating.drain()
    hq.settling.run()
    with hq.database.reading() as session:
        sold = session.execute(select(table_of(Sale).c.amount)).scalars().all()
        assert session.execute(select(table_of(Posting))).all() == []
    assert sorted(sold) == [12_000, 53_500, 85_000]

    clock.pass_by(hours=2)
    second.sync()
    told = second.node.customers.sheet(view.account.number)
    assert told is not None
    slot = told.slot(WATER)
    assert slot is not None
    assert (slot.count, slot.total, slot.bought) == (3, 265_000, 265_000)


def test_facts_amended_at_one_hold_at_the_other(
    points: tuple[Point, Point], clock: HandClock
) -> None:
    first, second = points
    chip = a_chip()
    first.hand.insert(chip)
    card = open_at(first)
    number = first.node.accounts.of_card(card).number  # type: ignore[union-attr]
    first.sync()
    second.sync()
    clock.pass_by(minutes=1)
    family = FactsForm(
        "residential", 6, None, Quantity(90_000), None, "", None, (), (), "two more children"
    )
    second.node.amendments.amend(OPERATOR, number, family)
    assert first.node.accounts.get(number).persons == 3
    second.sync()
    first.sync()
    account = first.node.accounts.get(number)
    assert (account.persons, account.area_m2, account.home) == (6, 90_000, "")
    # The answer to its own record has reached the second one too, and says the same.
    second.sync()
    assert second.node.accounts.get(number).persons == 6


def test_an_exchange_with_nothing_new_stays_small(points: tuple[Point, Point]) -> None:
    first, second = points
    first.hand.insert(a_chip())
    open_at(first)
    for _ in range(2):
        first.sync()
        second.sync()
    sizes: list[int] = []

    def post(path: str, body: bytes) -> bytes:
        answer = Line.post(second.line, path, body)
        sizes.append(len(body) + len(answer))
        return answer

    fetched: list[str] = []

    def get(path: str) -> bytes:
        fetched.append(path)
        return Line.get(second.line, path)

    setattr(second.line, "post", post)  # noqa: B010 - a method is replaced on purpose
    setattr(second.line, "get", get)  # noqa: B010 - likewise
    for _ in range(3):
        second.sync()
    assert fetched == []
    assert len(sizes) == 3
    # An empty segment and its acknowledgement, as before anything was told of customers.
    assert max(sizes) < 1500
