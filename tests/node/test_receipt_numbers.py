"""Numbers of receipts: none twice, and none missing without a record that says what has it."""

from dataclasses import replace
from pathlib import Path

from counters import GAS, WATER, Counters
from node_world import OPERATOR, Fate, PowerCut, abandon, for_money, watch_commits
from refund_builders import TOKEN, SecondPerson, give_back
from yika_common.journal.bodies import Intent
from yika_common.journal.record import decode_line
from yika_common.journal.till_bodies import Charged
from yika_common.numbers import Money
from yika_node.web.till import charge_desk_of


def test_every_receipt_bears_the_number_of_the_record_that_says_so(tmp_path: Path) -> None:
    counters = Counters(tmp_path)
    counters.publish_and_open()
    node = counters.nodes[0]
    numbers = [counters.sell(for_money(WATER, 5_000), for_money(GAS, 3_000)).number]
    bought = counters.sell(for_money(WATER, 2_000))
    numbers += [bought.number, give_back(node, bought, OPERATOR).number]
    desk = replace(charge_desk_of(node), approvals=SecondPerson())
    taken = desk.take_deposit(OPERATOR, counters.account.number, Money(700), "f1")
    desk.give_back(OPERATOR, taken.epoch, taken.seq, "typo", TOKEN)
    numbers.append(taken.number)
    # A sale that is cut off after its commit keeps its number; one before it never had one.
    for step in (0, 1):
        watch_commits(node, Fate(step))
        try:
            counters.sell(for_money(WATER, 1_000))
        except PowerCut:
            abandon(node)
            node = counters.nodes[0] = counters.worlds[0].restarted()
            counters.worlds[0].hand.insert(counters.chip)
            node.cards.read(OPERATOR)
    numbers.append(counters.sell(for_money(WATER, 1_500)).number)
    assert len(set(numbers)) == len(numbers)
    records = [decode_line(row.line) for row in node.queries.records(1, 1, 1000)]
    assert [record.seq for record in records] == [*range(1, len(records) + 1)]
    held = {
        f"N0001-1-{record.seq:06}"
        for record in records
        if (isinstance(record.body, Intent) and not record.body.basket)
        or (isinstance(record.body, Charged) and not record.body.takes_back)
    }
    assert set(numbers) <= held
    assert len(held) == len(numbers) + 1
    counters.close()
