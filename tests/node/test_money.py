"""What moved money at a vending point stands in one table, whatever record says so."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations

from counters import GAS, WATER, Counters
from node_world import OPERATOR, a_chip, contents, for_money
from refund_builders import give_back


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path)
    made.publish_and_open()
    made.settle_by(card_fee=2_000)
    yield made
    made.close()


def movements(counters: Counters) -> list[tuple[object, ...]]:
    """What each row says, in the order of the journal."""
    path = counters.worlds[0].folder / "node.db"
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT what, tender, amount, operator, account FROM money ORDER BY epoch, seq, part"
        ).fetchall()


def a_busy_morning(counters: Counters) -> list[tuple[object, ...]]:
    """Two meters sold to, one purchase given back, and a card replaced; what moved."""
    both = counters.sell(for_money(WATER, 5_000), for_money(GAS, 3_000))
    bought = counters.sell(for_money(GAS, 1_000))
    give_back(counters.nodes[0], bought, OPERATOR)
    counters.worlds[0].hand.insert(a_chip(7))
    counters.nodes[0].life.reissue.replace(OPERATOR, counters.account.number, "lost", "form r")
    return [
        (what, "cash", amount, OPERATOR, counters.account.number)
        for what, amount in (
            ("sale", both.lines[0].sale.paid),
            ("sale", both.lines[1].sale.paid),
            ("sale", bought.paid),
            ("refund", -bought.paid),
            ("card_fee", 2_000),
        )
    ]


def test_each_movement_has_one_row_with_its_sign(counters: Counters) -> None:
    assert a_busy_morning(counters) == movements(counters)


def test_rebuilding_from_the_journal_gives_the_same_rows(counters: Counters) -> None:
    a_busy_morning(counters)
    before = contents(counters.worlds[0].folder / "node.db")["money"]
    counters.nodes[0].journal.rebuild()
    assert contents(counters.worlds[0].folder / "node.db")["money"] == before != []


def test_a_database_from_before_gets_the_rows_that_its_journal_says(counters: Counters) -> None:
    a_busy_morning(counters)
    path = counters.worlds[0].folder / "node.db"
    before = contents(path)["money"]
    migration = import_module("yika_node.db.migrations.0009_money")
    with counters.nodes[0].store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE money")
        with Operations.context(MigrationContext.configure(connection)):
            migration.upgrade()
    assert contents(path)["money"] == before != []
