"""The original of a receipt is printed once; every further paper says COPY and its number."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from node_world import OPERATOR, World, contents, for_money, open_with_card
from yika_node.bootstrap import Node
from yika_node.db.till_queries import TillQueries
from yika_node.services.reprints import CopyReasonMissing, Papers, Printing

WATER = 4


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    world = World(tmp_path / "node")
    node = world.enrolled()
    account, _ = open_with_card(world, node)
    assert account.card is not None
    node.sales.sell(OPERATOR, account.card, [for_money(WATER, 5_000)], "t1")
    yield node
    node.close()


@pytest.fixture
def receipt(node: Node) -> tuple[int, int]:
    sale = node.enquiries.sales().rows[0]
    return sale.epoch, sale.basket


@pytest.fixture
def printing(node: Node) -> Printing:
    return Printing(node.journal, TillQueries(node.store), node.standing, node.clock)


def test_a_print_that_failed_leaves_the_original_to_be_printed(
    printing: Printing, receipt: tuple[int, int]
) -> None:
    # The printer was out of paper: whoever prints says so only after it came out.
    assert printing.papers(*receipt) == Papers(original=False, copies=0)
    printing.first(OPERATOR, *receipt)
    assert printing.papers(*receipt) == Papers(original=True, copies=0)


def test_copies_are_counted_with_their_reasons(
    node: Node, printing: Printing, receipt: tuple[int, int]
) -> None:
    printing.first(OPERATOR, *receipt)
    printing.first(OPERATOR, *receipt)
    assert printing.copy(OPERATOR, *receipt, "lost in the rain") == 1
    assert printing.copy(OPERATOR, *receipt, "for the landlord") == 2
    assert printing.papers(*receipt) == Papers(original=True, copies=2)
    lines = [row.line for row in node.queries.records(1, 1, 1000)]
    printed = [line for line in lines if line.startswith(b'{"t":"printed"')]
    assert len(printed) == 3
    assert b"lost in the rain" in printed[1]
    before = contents(node.store.path)
    node.journal.rebuild()
    assert contents(node.store.path) == before


@pytest.mark.parametrize("reason", ["", "x" * 201, "line\nfeed"])
def test_without_a_reason_there_is_no_copy(
    printing: Printing, receipt: tuple[int, int], reason: str
) -> None:
    with pytest.raises(CopyReasonMissing):
        printing.copy(OPERATOR, *receipt, reason)
    assert printing.papers(*receipt).copies == 0


def test_no_two_copies_bear_one_number(printing: Printing, receipt: tuple[int, int]) -> None:
    with ThreadPoolExecutor(4) as threads:
        numbers = threads.map(lambda _: printing.copy(OPERATOR, *receipt, "again"), range(12))
    assert sorted(numbers) == [*range(1, 13)]
