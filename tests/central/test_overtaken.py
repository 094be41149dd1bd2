"""A sale whose purchase count another sale has on the card never arrived: its money goes back."""

from typing import Any

import pytest

from central_builders import HandClock
from settlement_builders import ACCOUNT, a_town, bring_up_to_date, deliver, register, rows, sell
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Posting, Sale, Suspense
from yika_common.journal.bodies import Sale as Written
from yika_common.journal.bodies import Superseded

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
