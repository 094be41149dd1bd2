"""The daily summary of a vending point and the finance sheet: every figure ties to the others."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from counters import CLASS, GAS, WATER, Counters
from node_world import OPERATOR, for_money
from refund_builders import give_back
from shift_builders import banking_of, close_with, shift_desk
from yika_common.clock import to_timestamp
from yika_common.sync.customers import DebtSheet
from yika_node.services.cash_count import Count
from yika_node.services.reports.model import Report, Scope, Source, nobody
from yika_node.services.reports.outlet import FINANCE, SUMMARY

DEBT = DebtSheet("D-1", "旧欠", "Old bill", 20_000, 300_000, 0, 1)


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path, tariff_class=CLASS)
    made.publish_and_open()
    made.nodes[0].guard.on = True
    yield made
    made.close()


def rows(counters: Counters, report: Report, since: int = 0) -> list[tuple[object, ...]]:
    """What the report has to say from a moment on."""
    node = counters.nodes[0]
    path = counters.worlds[0].folder / "node.db"
    with closing(sqlite3.connect(path)) as connection:
        source = Source(
            lambda statement, values: connection.execute(statement, tuple(values)),
            nobody,
            node.config.place.zone,
            node.standing.membership.node,
            to_timestamp(node.clock()),
        )
        scope = Scope(since=since, until=to_timestamp(node.clock()) + 1)
        return [line.cells for line in report.rows(source, scope, "", 0)]


def figures(counters: Counters, since: int = 0) -> dict[tuple[object, ...], tuple[object, ...]]:
    """Name, service and tender to count, quantity and money."""
    return {row[:3]: (row[3], row[4], row[6]) for row in rows(counters, SUMMARY, since)}


def test_what_a_day_took_ties_to_its_tenders_and_to_the_bank(counters: Counters) -> None:
    node = counters.nodes[0]
    counters.tell(debts=(DEBT,))
    shift_desk(node).open(OPERATOR, Count(10_000))
    counters.sell(for_money(WATER, 10_000))
    given = counters.sell(for_money(GAS, 2_000))
    give_back(node, given, OPERATOR)
    close_with(node, OPERATOR, 20_000)
    found = figures(counters)
    sold = [row for row in rows(counters, SUMMARY) if row[0] in ("Sales", "Refunds") and row[1]]
    assert sum(int(str(row[6])) for row in sold) == 10_000
    assert found["Of the sales, paid by", "", "cash"] == (2, None, 12_000)
    assert found["Refunds", "", "cash"] == (1, None, -2_000)
    # 30 percent of each payment goes to the debt.
    collected = found["Debts collected, with their late fees", "Cold water", ""]
    assert collected == (1, None, 3_000)
    owed = found["Still owed by those who paid debts", "", ""][2]
    assert owed == 20_000 - sum(
        int(str(row[6])) for row in rows(counters, SUMMARY) if str(row[0]).startswith("Debts")
    )
    assert found["Takings not brought to the bank, before", "", ""] == (0, None, 0)
    assert found["Takings not brought to the bank, at the end", "", ""] == (1, None, 10_000)


def test_what_is_here_at_the_end_of_a_day_is_there_before_the_next(counters: Counters) -> None:
    node = counters.nodes[0]
    shift_desk(node).open(OPERATOR, Count(0))
    counters.sell(for_money(WATER, 5_000))
    close_with(node, OPERATOR, 5_000)
    counters.pass_time(days=1)
    next_day = to_timestamp(node.clock())
    counters.pass_time(hours=1)
    banking_of(node).bank(OPERATOR, [1], 5_000, token="b")
    counters.pass_time(hours=1)
    found = figures(counters, next_day)
    assert found["Takings not brought to the bank, before", "", ""] == (1, None, 5_000)
    assert found["Takings not brought to the bank, at the end", "", ""] == (0, None, 0)
    assert not [key for key in found if key[0] in ("Sales", "Of the sales, paid by")]


def test_cards_accounts_and_kept_money_have_their_lines(counters: Counters) -> None:
    counters.nodes[0].guard.on = False
    counters.settle_by(residual="balance")
    counters.sell(for_money(WATER, 5_001))
    found = figures(counters)
    assert found["Accounts opened", "", ""] == (1, None, None)
    assert found["First cards", "", ""][0] == 1
    assert found["Cards replaced", "", ""][0] == 0
    assert found["Meters cleared with tool cards", "", ""] == (0, None, None)


def test_what_headquarters_settled_by_itself_stands_by_its_direction(counters: Counters) -> None:
    counters.nodes[0].guard.on = False
    counters.tell(adjustment_number=1, adjustment=1_000)
    counters.sell(for_money(WATER, 5_000))
    counters.tell(adjustment_number=2, adjustment=-500)
    counters.sell(for_money(WATER, 5_000))
    found = figures(counters)
    assert found["Settled by itself, to the customers' favour", "Cold water", ""] == (
        1,
        None,
        1_000,
    )
    against = found["Settled by itself, to the utility's favour", "Cold water", ""]
    assert against == (1, None, -1_500)


def test_the_finance_sheet_has_each_class_with_its_first_and_last_receipt(
    counters: Counters,
) -> None:
    counters.nodes[0].guard.on = False
    first = counters.sell(for_money(WATER, 5_000))
    counters.sell(for_money(GAS, 2_000))
    last = counters.sell(for_money(WATER, 3_000))
    water, gas = sorted(rows(counters, FINANCE), key=lambda row: -int(str(row[6])))
    assert water[:3] == (CLASS, "Cold water", 2)
    assert (water[5], water[6]) == (8_000, 8_000)
    assert water[7:] == (f"1-{first.basket}", f"1-{last.basket}")
    assert gas[:3] == (CLASS, "Gas", 1)
