"""A receipt names the shift it was written in, and the Z report of that shift names itself so."""

from pathlib import Path

from counters import CLASS, WATER, Counters
from node_world import OPERATOR, for_money
from shift_builders import close_with, shift_desk
from yika_node.db.till_queries import TillQueries
from yika_node.services.cash_count import Count
from yika_node.web.till import shift_named


def test_it_is_the_operators_shift_of_that_moment_and_no_other(tmp_path: Path) -> None:
    counters = Counters(tmp_path, tariff_class=CLASS)
    counters.publish_and_open()
    node = counters.nodes[0]
    before = counters.sell(for_money(WATER, 5_000))
    shift = shift_desk(node).open(OPERATOR, Count(10_000))
    sold = counters.sell(for_money(WATER, 5_000))
    named = f"N0001-1-{shift.seq:06}"
    assert shift_named(node, sold.epoch, sold.basket, OPERATOR) == named
    z = close_with(node, OPERATOR, 15_000)
    assert z.shift == named
    assert shift_named(node, sold.epoch, sold.basket, OPERATOR) == named
    after = counters.sell(for_money(WATER, 5_000))
    till = TillQueries(node.store)
    for outside in (before, after):
        assert till.shift_of(outside.epoch, outside.basket, OPERATOR) is None
    assert till.shift_of(sold.epoch, sold.basket, "lin") is None
    counters.close()
