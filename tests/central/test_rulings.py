"""Rulings: a person decides about one sale, with a reason, and re-rating obeys."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from central_builders import HandClock, Pen
from settlement_builders import (
    ACCOUNT,
    BO,
    MEI,
    a_town,
    bring_up_to_date,
    deliver,
    rows,
    sell,
)
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Posting, RerateQueue, Ruling, table_of
from yika_central.services.enquiries import NoSuchSale
from yika_central.services.rulings import RulesNothing, TimeOutOfBracket
from yika_central.services.two_persons import (
    ReasonMissing,
    SamePersonTwice,
    SecondPersonMissing,
)


@pytest.fixture
def pens(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    return a_town(headquarters, clock)


def queued(hq: Headquarters) -> int:
    with hq.database.reading() as session:
        count: int = session.execute(
            select(func.count()).select_from(table_of(RerateQueue))
        ).scalar_one()
    return count


def test_a_sale_is_void_when_two_persons_say_so(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    seq = sell(pens[0], 10_000, count=1)
    deliver(pens[0])
    bring_up_to_date(headquarters)
    place = ("N0001", 1, 0, seq)
    rulings = headquarters.rulings
    with pytest.raises(SecondPersonMissing):
        rulings.void(place, by="mei", reason="Sold twice", second=None)
    with pytest.raises(SamePersonTwice):
        rulings.void(place, by="mei", reason="Sold twice", second=MEI)
    with pytest.raises(ReasonMissing):
        rulings.void(place, by="mei", reason="", second=BO)
    with pytest.raises(NoSuchSale):
        rulings.void(("N0009", 1, 0, 1), by="mei", reason="Sold twice", second=BO)
    assert queued(headquarters) == 0
    rulings.void(place, by="mei", reason="Sold twice", second=BO)
    with pytest.raises(RulesNothing):
        rulings.void(place, by="mei", reason="Sold twice", second=BO)
    assert queued(headquarters) == 1
    (ruling,) = rulings.of_sale(place)
    assert (ruling.kind, ruling.holds, ruling.ruled_by, ruling.seconded_by) == (
        "VOID",
        True,
        "mei",
        "bo",
    )


def test_the_money_of_a_void_sale_comes_back_and_goes_again_when_it_is_restored(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    seq = sell(pens[0], 10_000, count=1)
    deliver(pens[0])
    bring_up_to_date(headquarters)
    place = ("N0001", 1, 0, seq)
    headquarters.rulings.void(place, by="mei", reason="Sold twice", second=BO)
    bring_up_to_date(headquarters)
    shown = headquarters.adjustments.account(ACCOUNT)
    assert (shown.total, shown.parts[0].cause) == (5000, "voided")
    headquarters.rulings.restore(place, by="mei", reason="It was not", second=BO)
    bring_up_to_date(headquarters)
    assert headquarters.adjustments.account(ACCOUNT).total == 0
    assert [row["amount"] for row in rows(headquarters, Posting)] == [-5000, 5000]
    assert [ruling.holds for ruling in headquarters.rulings.of_sale(place)] == [False, True]


def test_what_counted_after_a_void_sale_is_priced_again(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    """100 m³, then 120 m³ of which 40 cost 7.00: without the first, all cost 5.00."""
    seq = sell(pens[0], 100_000, count=1)
    clock.pass_by(minutes=5)
    sell(pens[0], 120_000, count=2, total=220_000)
    deliver(pens[0])
    bring_up_to_date(headquarters)
    assert headquarters.adjustments.account(ACCOUNT).total == -8000
    place = ("N0001", 1, 0, seq)
    headquarters.rulings.void(place, by="mei", reason="Sold twice", second=BO)
    bring_up_to_date(headquarters)
    assert headquarters.adjustments.account(ACCOUNT).total == 50_000


def test_a_time_is_decided_within_what_is_possible(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    seq = sell(pens[0], 10_000, count=1)
    sold_at = clock.now
    clock.pass_by(hours=1)
    deliver(pens[0])
    bring_up_to_date(headquarters)
    place = ("N0001", 1, 0, seq)
    decide = headquarters.rulings.decide_time
    with pytest.raises(TimeOutOfBracket):
        decide(place, clock.now + timedelta(days=1), by="mei", reason="The till's roll")
    decide(place, sold_at, by="mei", reason="The till's roll")
    with pytest.raises(RulesNothing):
        decide(place, sold_at, by="mei", reason="The till's roll")
    decide(place, sold_at + timedelta(minutes=2), by="bo", reason="The roll of the other till")
    numbers = [(row["kind"], row["number"]) for row in rows(headquarters, Ruling)]
    assert numbers == [("TIME", 1), ("TIME", 2)]


def test_sales_with_an_uncertain_time_are_listed_until_somebody_decides(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    seq = sell(pens[0], 10_000, count=1)
    clock.pass_by(days=400)
    deliver(pens[0])
    bring_up_to_date(headquarters)
    (straddling,) = headquarters.rulings.undecided()
    assert (straddling.node, straddling.seq) == ("N0001", seq)
    place = ("N0001", 1, 0, seq)
    at = straddling.stamped_at
    headquarters.rulings.decide_time(place, at, by="mei", reason="The till's roll")
    bring_up_to_date(headquarters)
    assert headquarters.rulings.undecided() == ()
