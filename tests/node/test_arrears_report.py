"""Balances and arrears by class: what is held, what is owed and since when, what came in."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from counters import CLASS, WATER, Counters
from node_world import OPERATOR, a_form, for_money
from refund_builders import TOKEN, SecondPerson
from yika_common.clock import to_timestamp
from yika_common.numbers import Money
from yika_common.sync.customers import AccountSheet, DebtSheet
from yika_node.services.reports.arrears import ARREARS, age_of
from yika_node.services.reports.cash import SETTLEMENT
from yika_node.services.reports.customers import BALANCES
from yika_node.services.reports.holders import Holders, _owing
from yika_node.services.reports.model import Holder, Report, Scope, Source
from yika_node.web.closing_pages import closing_desk_of

DAY = 86_400
NAMES = [column.name for column in ARREARS.columns]


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path, tariff_class=CLASS)
    made.publish_and_open()
    yield made
    made.close()


def rows(
    counters: Counters, report: Report, people: Callable[[str], Holder] | None = None
) -> list[dict[str, object]]:
    node = counters.nodes[0]
    names = [column.name for column in report.columns]
    with closing(sqlite3.connect(counters.worlds[0].folder / "node.db")) as connection:

        def ask(statement: str, values: object) -> list[tuple[object, ...]]:
            return connection.execute(statement, tuple(values)).fetchall()  # type: ignore[arg-type]

        source = Source(
            ask,
            people or Holders(ask, None, None, full=False),
            node.config.place.zone,
            node.standing.membership.node,
            to_timestamp(node.clock()),
        )
        scope = Scope(since=0, until=to_timestamp(node.clock()) + 1)
        lines = report.rows(source, scope, "", 0)
        return [dict(zip(names, line.cells, strict=True)) for line in lines]


def told(counters: Counters) -> Callable[[str], Holder]:
    """What the account's sheet says of what is owed."""

    def people(number: str) -> Holder:
        sheet = counters.nodes[0].accounts.get(number).told
        assert isinstance(sheet, AccountSheet)
        return _owing(sheet)

    return people


def test_a_class_has_its_guarantees_its_debts_by_age_and_what_was_recovered(
    counters: Counters,
) -> None:
    now = to_timestamp(counters.nodes[0].clock())
    debts = tuple(DebtSheet(f"D-{n}", "旧欠", "Old", 10_000, 300_000, 0, n) for n in range(3))
    counters.tell(debts=debts, due=(now - 10 * DAY, now - 400 * DAY, 0), adjustment=700)
    desk = closing_desk_of(counters.nodes[0])
    number = counters.account.number
    desk.guarantees.take(OPERATOR, number, "SUPPLY", Money(50_000), "g1")
    counters.sell(for_money(WATER, 10_000))
    (row,) = rows(counters, ARREARS, told(counters))
    assert row["accounts"] == row["owing"] == 1
    assert (row["credit"], row["held"], row["owed"]) == (700, 50_000, 30_000)
    assert (row["age-30"], row["age-90"], row["older"], row["unknown"]) == (
        10_000,
        0,
        10_000,
        10_000,
    )
    (sale,) = [one for one in counters.intents() if one.paid]
    assert row["recovered"] == sum(debt.amount for debt in sale.debts) > 0


def test_debts_paid_as_the_account_ends_are_recovered_and_the_clerk_settles_for_them(
    counters: Counters,
) -> None:
    node = counters.nodes[0]
    other = node.accounts.open(OPERATOR, a_form(4, 1)).number
    desk = closing_desk_of(node)
    desk.life._approvals = SecondPerson()
    desk.guarantees.take(OPERATOR, other, "SUPPLY", Money(3_000), "g1")
    desk.close(OPERATOR, other, "gone", "c1", approval=TOKEN)
    lines = {(row["what"], row["count"], row["money"]) for row in rows(counters, SETTLEMENT)}
    assert ("Guarantees taken", 1, 3_000) in lines
    assert ("Guarantees handed back", 1, -3_000) in lines


def test_a_balance_stands_with_the_first_meter_of_its_account_alone(counters: Counters) -> None:
    counters.tell(adjustment=700)
    desk = closing_desk_of(counters.nodes[0])
    desk.guarantees.take(OPERATOR, counters.account.number, "SUPPLY", Money(5_000), "g1")
    first, *others = rows(counters, BALANCES, told(counters))
    assert (first["owed"], first["credit"], first["held"]) == (0, 700, 5_000)
    assert {row["held"] for row in others} == {None}


@pytest.mark.parametrize(
    ("days", "age"),
    [(0, "age-30"), (30, "age-30"), (31, "age-90"), (365, "age-365"), (366, "older")],
)
def test_a_debt_is_of_one_age(days: int, age: str) -> None:
    assert age_of(1_000_000, 1_000_000 + days * DAY) == age
    assert age_of(0, 1_000_000) == "unknown"
    assert age in NAMES
