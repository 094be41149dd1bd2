"""What every page asks for is found by an index, and what goes wrong meanwhile has a name."""

from pathlib import Path

import pytest
from sqlalchemy import event

from node_world import World, abandon
from yika_common.infra.sqlite_errors import DatabaseDamaged
from yika_node.bootstrap import Node


@pytest.mark.parametrize("card", [None, "860000000000"])
def test_pending_sales_are_found_without_walking_through_history(
    tmp_path: Path, card: str | None
) -> None:
    node = World(tmp_path / "node").enrolled()
    (plan,) = plans_of(node, lambda: node.queries.pending(card))
    assert "USING INDEX intent_pending" in plan, plan
    node.close()


def test_what_a_price_needs_of_an_account_is_found_without_walking_through_history(
    tmp_path: Path,
) -> None:
    node = World(tmp_path / "node").enrolled()
    tally, position, pending, owed = plans_of(node, lambda: node.queries.standing("N", ["1", "2"]))
    assert "USING PRIMARY KEY (account=?)" in tally
    assert "USING PRIMARY KEY (meter=?)" in position
    assert "USING INDEX intent_pending" in pending
    assert "USING INDEX meter_swap_account" in owed
    (sold,) = plans_of(node, lambda: node.queries.sold_since("N", "gas", 0))
    # No sorting, and each purchase's refund by its place.
    assert sold == (
        "SEARCH bought USING INDEX intent_account (account=?) CORRELATED SCALAR SUBQUERY 1 "
        "SEARCH refund USING COVERING INDEX refund_purchase (epoch=? AND purchase=?) "
        "SEARCH back USING PRIMARY KEY (epoch=? AND seq=?)"
    )
    node.close()


def test_damage_met_by_a_query_on_an_open_connection_is_named(tmp_path: Path) -> None:
    world = World(tmp_path / "node")
    world.enrolled().close()
    node = world.build()
    assert node.queries.tip(1) is not None
    path = node.store.path
    path.write_bytes(path.read_bytes()[:8192] + bytes(path.stat().st_size - 8192))
    with pytest.raises(DatabaseDamaged):
        node.queries.records(1, 1, 9)
    abandon(node)


def plans_of(node: Node, ask: object) -> list[str]:
    """SQLite's plan of each statement that asking runs."""
    seen: list[tuple[str, tuple[object, ...]]] = []

    def note(
        _c: object, _k: object, statement: str, values: tuple[object, ...], *_: object
    ) -> None:
        seen.append((statement, values))

    event.listen(node.store.engine, "before_cursor_execute", note)
    try:
        assert callable(ask)
        ask()
    finally:
        event.remove(node.store.engine, "before_cursor_execute", note)
    connection = node.journal._connection
    return [
        " ".join(row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values))
        for text, values in seen
        if text.startswith("SELECT")
    ]
