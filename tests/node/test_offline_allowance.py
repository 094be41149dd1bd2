"""A vending point that headquarters does not answer sells its allowance and not a cent more."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from counters import GAS, WATER, Counters
from node_world import OPERATOR, contents, for_money
from refund_builders import give_back
from yika_common.errors import YikaError
from yika_node.services.offline_allowance import AllowanceOver, AllowanceUsed


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path)
    made.publish_and_open()
    yield made
    made.close()


def sold(counters: Counters) -> int:
    return sum(sale.paid for sale in counters.nodes[0].enquiries.sales(limit=1000).rows)


def sell_all(counters: Counters, money: int) -> YikaError:
    """Sell until it is refused."""
    for _ in range(50):
        try:
            counters.sell(for_money(WATER, money))
        except (AllowanceUsed, AllowanceOver) as refusal:
            return refusal
    raise AssertionError("it sold and sold")


def test_without_bounds_any_point_sells_for_ever(counters: Counters) -> None:
    counters.pass_time(days=400)
    for _ in range(12):
        counters.sell(for_money(WATER, 5_000))
    assert counters.nodes[0].allowance.left(1) is None


def test_the_money_sold_is_the_allowance_and_an_answer_begins_it_anew(counters: Counters) -> None:
    counters.settle_by(offline_money=20_000)
    assert isinstance(sell_all(counters, 5_000), AllowanceUsed)
    assert sold(counters) == 20_000
    # A smaller one would still be too much; a basket counts whole.
    assert isinstance(sell_all(counters, 500), AllowanceUsed)
    before = contents(counters.nodes[0].store.path)
    with pytest.raises(AllowanceUsed):
        counters.sell(for_money(WATER, 5_000), for_money(GAS, 5_000))
    assert contents(counters.nodes[0].store.path)["intent"] == before["intent"]
    left = counters.nodes[0].allowance.left(1)
    assert left is not None
    assert (left.money, left.sales, left.until, left.nearly) == (0, None, None, True)
    counters.nodes[0].courier.sync()
    assert isinstance(sell_all(counters, 5_000), AllowanceUsed)
    assert sold(counters) == 40_000


def test_purchases_are_counted_meter_by_meter(counters: Counters) -> None:
    counters.settle_by(offline_sales=3)
    counters.sell(for_money(WATER, 5_000), for_money(GAS, 5_000))
    left = counters.nodes[0].allowance.left(1)
    assert left is not None
    assert (left.sales, left.nearly) == (1, False)
    assert isinstance(sell_all(counters, 500), AllowanceUsed)
    assert len(counters.nodes[0].enquiries.sales().rows) == 3


def test_too_long_after_the_last_answer_nothing_is_sold(counters: Counters) -> None:
    counters.settle_by(offline_hours=72)
    counters.pass_time(hours=72)
    counters.sell(for_money(WATER, 5_000))
    counters.pass_time(seconds=1)
    with pytest.raises(AllowanceOver):
        counters.sell(for_money(WATER, 5_000))
    counters.nodes[0].courier.sync()
    assert counters.sell(for_money(WATER, 5_000)).complete


def test_what_was_sold_can_still_be_given_back_and_read(counters: Counters) -> None:
    counters.settle_by(offline_money=5_000)
    bought = counters.sell(for_money(WATER, 5_000))
    assert isinstance(sell_all(counters, 500), AllowanceUsed)
    assert give_back(counters.nodes[0], bought, OPERATOR).complete
    assert counters.read().account is not None
    # What was given back was minted all the same: the allowance stays used.
    assert isinstance(sell_all(counters, 500), AllowanceUsed)


def test_a_restart_and_a_clock_set_back_gain_nothing(counters: Counters) -> None:
    counters.settle_by(offline_money=10_000, offline_hours=72)
    counters.sell(for_money(WATER, 5_000))
    counters.nodes[0].close()
    counters.pass_time(days=-2)
    counters.nodes[0] = counters.worlds[0].restarted()
    assert isinstance(sell_all(counters, 5_000), AllowanceUsed)
    assert sold(counters) == 10_000


def test_without_the_rule_the_thief_sells_on(counters: Counters) -> None:
    """The negative control: the allowance is the rule, and nothing else stops him."""
    counters.settle_by(offline_money=5_000)
    counters.nodes[0].journal._rules.remove(counters.nodes[0].allowance.rule)
    counters.sell(for_money(WATER, 5_000))
    counters.sell(for_money(WATER, 5_000))
    assert sold(counters) == 10_000
