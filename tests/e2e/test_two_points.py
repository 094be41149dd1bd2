"""Two vending points that only ever met headquarters serve one household's card."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from central_builders import (
    LI,
    WANG,
    HandClock,
    new_headquarters,
)
from node_world import OPERATOR, a_chip
from points_of_headquarters import AREA, WATER, Line, Point, a_point, open_at
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Posting, Sale, table_of
from yika_common.numbers import Quantity
from yika_common.services import PROFILES
from yika_common.sync.personal_data import Person
from yika_common.tariffs.shipped import shipped
from yika_node.services.amended import FactsForm
from yika_node.services.errors import AccountUnknown
from yika_node.services.views import CardKind


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
    made = tuple(a_point(tmp_path, hq, clock, name) for name in ("N0001", "N0002"))
    yield made[0], made[1]
    for point in made:
        point.node.close()


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
