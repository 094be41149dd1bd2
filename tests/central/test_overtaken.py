"""A sale whose purchase count another sale has on the card never arrived: its money goes back."""

from typing import Any

import pytest

from central_builders import HandClock, Pen
from settlement_builders import (
    ACCOUNT,
    BO,
    NEW_CARD,
    a_town,
    bring_up_to_date,
    deliver,
    read_back,
    register,
    rows,
    sell,
)
from yika_central.bootstrap import Headquarters
from yika_central.db.sheet_sources import sources_of
from yika_central.db.tables import Posting, Sale, Suspense
from yika_central.domain.detection import Kind
from yika_common.journal.bodies import CardIssued, Superseded
from yika_common.journal.bodies import Sale as Written

LOST: dict[str, Any] = {"quantity": 10_000, "count": 2, "total": 30_000, "settle": False}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_overtaken_sale_is_paid_back_whole_whoever_delivers_first(
    headquarters: Headquarters, clock: HandClock, order: tuple[int, ...]
) -> None:
    pens = a_town(headquarters, clock)
    deliver(pens[0])
    debt = register(headquarters, 20_000)
    sell(pens[0], 20_000, count=1)
    clock.pass_by(minutes=5)
    # 50.00 were charged; 15.00 went to the debt, and 2.00 of credit were used.
    sell(pens[0], **LOST, debts=[(debt, 1_500, 18_500)], adjusted=200)
    clock.pass_by(minutes=5)
    sell(pens[1], 15_000, count=2, total=35_000)
    sell(pens[1], 15_000, count=3, total=50_000)
    for which in order:
        deliver(pens[which])
        bring_up_to_date(headquarters)
    outcomes = {(row["node"], row["count"]): row["outcome"] for row in rows(headquarters, Sale)}
    assert outcomes["N0001", 2] == "SUPERSEDED"
    assert outcomes["N0002", 2] == outcomes["N0002", 3] == "WRITTEN"
    account = headquarters.adjustments.account(ACCOUNT)
    assert (account.total, account.applied) == (5_000 - 200 + 1_500, 0)
    assert headquarters.debt_office.statement(debt)[0].owed.left == 20_000
    assert headquarters.rerating.drain().changed == 0


def test_several_sales_are_overtaken_at_once(headquarters: Headquarters, clock: HandClock) -> None:
    """As those of a basket are, or of a vending point that was long silent."""
    first, second = a_town(headquarters, clock)
    sell(first, 20_000, count=1)
    for count in (2, 3):
        sell(first, 10_000, count=count, total=20_000 + 10_000 * (count - 1), settle=False)
        clock.pass_by(minutes=5)
        sell(second, 15_000, count=count, total=20_000 + 15_000 * (count - 1))
    deliver(first, second)
    bring_up_to_date(headquarters)
    outcomes = {(row["node"], row["count"]): row["outcome"] for row in rows(headquarters, Sale)}
    assert outcomes["N0001", 2] == outcomes["N0001", 3] == "SUPERSEDED"
    assert headquarters.adjustments.account(ACCOUNT).total == 10_000


def test_a_sale_that_nobody_overtook_stays_open(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """The control: another open sale with that count proves nothing, nor does a later count.

    What the later one was made from is neither's total.
    """
    first, second = a_town(headquarters, clock)
    sell(first, 20_000, count=1)
    sell(first, **LOST)
    sell(second, 15_000, count=2, total=35_000, settle=False)
    sell(second, 15_000, count=3, total=60_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    outcomes = {(row["node"], row["count"]): row["outcome"] for row in rows(headquarters, Sale)}
    assert outcomes["N0001", 2] == outcomes["N0002", 2] == "PENDING"


def test_its_node_says_the_same_later_and_nothing_changes(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = a_town(headquarters, clock)
    lost = sell(first, **LOST, kept=30)
    sell(second, 15_000, count=2, total=35_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    before = headquarters.adjustments.account(ACCOUNT).total
    first.write(Superseded(intent=lost, generation_seen=1, count_seen=2))
    deliver(first)
    bring_up_to_date(headquarters)
    assert headquarters.adjustments.account(ACCOUNT).total == before == 5_030
    assert "resolved_twice" not in {row["reason"] for row in rows(headquarters, Suspense)}


def test_its_nodes_own_word_holds_against_what_was_inferred(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = a_town(headquarters, clock)
    lost = sell(first, **LOST, kept=30)
    sell(second, 15_000, count=2, total=35_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    first.write(Written(intent=lost))
    deliver(first)
    bring_up_to_date(headquarters)
    outcomes = {(row["node"], row["count"]): row["outcome"] for row in rows(headquarters, Sale)}
    assert outcomes["N0001", 2] == "WRITTEN"
    assert headquarters.adjustments.account(ACCOUNT).total == 0
    assert sum(row["amount"] for row in rows(headquarters, Posting)) == 0
    assert "count_taken" in {row["reason"] for row in rows(headquarters, Suspense)}


def on_a_memory_card(hq: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    """A town whose account's card has been replaced by an SLE4428; 20.000 are on it."""
    first, second = a_town(hq, clock)
    first.write(
        CardIssued(
            account=ACCOUNT,
            card=NEW_CARD,
            generation=1,
            key_version=1,
            serial="0011223344556677",
            chip="SLE4428",
        )
    )
    sell(first, 20_000, count=1, card=NEW_CARD)
    return first, second


def outcome_of_the_first(hq: Headquarters) -> str:
    bring_up_to_date(hq)
    (row,) = (row for row in rows(hq, Sale) if (row["node"], row["count"]) == ("N0001", 2))
    return str(row["outcome"])


@pytest.mark.parametrize("its_node_tells", [True, False])
def test_on_a_memory_card_the_meters_word_is_waited_for(
    headquarters: Headquarters,
    clock: HandClock,
    its_node_tells: bool,
) -> None:
    first, second = on_a_memory_card(headquarters, clock)
    lost = sell(first, **LOST, card=NEW_CARD)
    clock.pass_by(minutes=5)
    sell(second, 5_000, count=2, total=25_000, card=NEW_CARD)
    if its_node_tells:
        first.write(Superseded(intent=lost, generation_seen=1, count_seen=2))
    deliver(first, second)
    assert outcome_of_the_first(headquarters) == "PENDING"
    assert headquarters.adjustments.account(ACCOUNT).total == 0
    headquarters.detection.run()
    assert [case.kind for case in headquarters.detection.cases()] == [Kind.OVERTAKEN]
    # The count before proves nothing.
    read_back(second, count=1, total=20_000)
    deliver(second)
    assert outcome_of_the_first(headquarters) == "PENDING"
    read_back(second, count=2, total=25_000, number=2)
    deliver(second)
    assert outcome_of_the_first(headquarters) == "SUPERSEDED"
    assert headquarters.adjustments.account(ACCOUNT).total == 5_000
    headquarters.detection.run()
    assert headquarters.detection.cases() == ()


def test_what_the_meter_took_from_a_copy_is_not_given_back(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = on_a_memory_card(headquarters, clock)
    lost = sell(first, **LOST, card=NEW_CARD)
    clock.pass_by(minutes=5)
    sell(second, 5_000, count=2, total=25_000, card=NEW_CARD)
    first.write(Superseded(intent=lost, generation_seen=1, count_seen=2))
    read_back(second, count=2, total=30_000)
    deliver(first, second)
    assert outcome_of_the_first(headquarters) == "PENDING"
    assert headquarters.adjustments.account(ACCOUNT).total == 0
    # Later purchases bring the total to where it would be without the first, which is then owed.
    sell(second, 15_000, count=3, total=40_000, card=NEW_CARD)
    read_back(second, count=3, total=40_000, number=2)
    deliver(second)
    assert outcome_of_the_first(headquarters) == "SUPERSEDED"
    assert headquarters.adjustments.account(ACCOUNT).total == 5_000


def test_a_false_write_back_settles_nothing(headquarters: Headquarters, clock: HandClock) -> None:
    first, second = on_a_memory_card(headquarters, clock)
    sell(first, **LOST, card=NEW_CARD)
    clock.pass_by(minutes=5)
    sell(second, 5_000, count=2, total=25_000, card=NEW_CARD)
    read_back(second, count=2, total=25_000, evidence="00" * 8)
    deliver(first, second)
    assert outcome_of_the_first(headquarters) == "PENDING"


def test_where_no_word_comes_two_persons_give_the_money_back_and_its_node_is_told(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = on_a_memory_card(headquarters, clock)
    lost = sell(first, **LOST, card=NEW_CARD)
    clock.pass_by(minutes=5)
    sell(second, 5_000, count=2, total=25_000, card=NEW_CARD)
    deliver(first, second)
    place = ("N0001", 1, 0, lost)
    assert outcome_of_the_first(headquarters) == "PENDING"
    assert told_as_lost(headquarters) == []
    headquarters.rulings.void(place, by="mei", reason="the meter shows it", second=BO)
    bring_up_to_date(headquarters)
    assert headquarters.adjustments.account(ACCOUNT).total == 5_000
    assert told_as_lost(headquarters) == [lost]
    headquarters.rulings.restore(place, by="mei", reason="it was another meter", second=BO)
    bring_up_to_date(headquarters)
    assert headquarters.adjustments.account(ACCOUNT).total == 0
    assert told_as_lost(headquarters) == []


def told_as_lost(hq: Headquarters) -> list[int]:
    with hq.database.reading() as session:
        source = sources_of(session.connection(), [ACCOUNT])[ACCOUNT]
    return [row["seq"] for row in source.lost]
