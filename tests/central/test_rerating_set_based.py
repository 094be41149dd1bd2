"""What the database finds in one statement is what the fold in Python finds, sale by sale."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select

from rerating_worlds import (
    END,
    ZONE,
    World,
    draw_world,
    expected,
    publish_all,
    put_accounts,
    put_facts,
    put_refund,
    put_ruling,
    put_sales,
    stored,
)
from temporary_postgresql import Cluster
from yika_central.bootstrap import MIGRATIONS
from yika_central.db.database import Database, open_database
from yika_central.db.rerate_queue import Pairs, queue
from yika_central.db.rerating_store import Place, place_of
from yika_central.db.tables import Posting, table_of
from yika_central.services.rerating import Rerating
from yika_common.clock import from_timestamp
from yika_common.infra.migrations import upgrade

NAMES = itertools.count()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A database with the tariffs of the worlds; examples share it and never meet."""
    url = ""
    if request.param == "postgresql":
        server: Cluster = request.getfixturevalue("cluster")
        url = server.create(template="t1")
    database = open_database(url, tmp_path_factory.mktemp("central"))
    upgrade(database.engine, MIGRATIONS)
    with database.writing() as connection:
        publish_all(connection)
    yield database
    database.close()


def rerating(database: Database) -> Rerating:
    return Rerating(database, lambda: from_timestamp(END), ZONE)


def accounts(world: World) -> list[str]:
    return sorted({sale["account"] for sale in world.sales})


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_the_database_and_the_fold_say_the_same(database: Database, seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - no secret, and the same every time
    world = draw_world(draw, f"W{next(NAMES)}")
    drain = rerating(database).drain
    for arrive in arrivals(world, draw):
        with database.writing() as connection:
            queue(connection, arrive(connection), END)
        drain()
    with database.writing() as connection:
        found = stored(connection, accounts(world))
        assert found == expected(connection, accounts(world))
        posted = sums_posted(connection, accounts(world))
    assert posted == {
        (place, cause): amount for place, (_, shares) in found.items() for cause, amount in shares
    }


def arrivals(world: World, draw: Random) -> list[Callable[[Connection], Pairs]]:
    """The sales in two parts, accounts and what is amended, and the rulings, one by one."""
    cut = draw.randint(0, len(world.sales))
    acts: list[Callable[[Connection], Pairs]] = [
        lambda connection: put_sales(connection, world.sales[:cut]),
        lambda connection: put_sales(connection, world.sales[cut:]),
        lambda connection: put_accounts(connection, world),
    ]
    draw.shuffle(acts)
    acts.append(lambda connection: put_facts(connection, world))
    acts += [partial(put_ruling, ruling=ruling) for ruling in world.rulings]
    return acts + [partial(put_refund, sale=sale) for sale in world.refunds]


def sums_posted(connection: Connection, of: Sequence[str]) -> dict[tuple[Place, str], int]:
    """By sale and cause, what was posted and not taken back."""
    table = table_of(Posting)
    sums: dict[tuple[Place, str], int] = {}
    for row in connection.execute(select(table).where(table.c.account.in_(of))).mappings():
        key = (place_of(row), row["cause"])
        sums[key] = sums.get(key, 0) + row["amount"]
    return {key: amount for key, amount in sums.items() if amount}


@pytest.mark.parametrize("seed", range(3))
def test_a_run_over_everything_that_changes_nothing_touches_no_row(
    database: Database, seed: int
) -> None:
    draw = Random(seed)  # noqa: S311 - no secret, and the same every time
    for number in range(20):
        world = draw_world(draw, f"again-{seed}-{number}")
        with database.writing() as connection:
            queue(connection, put_accounts(connection, world), END)
            queue(connection, put_sales(connection, world.sales), END)
    rerating(database).drain()
    assert rerating(database).queue_everything() > 0
    # The queue itself is written; it is emptied by the statement that strikes pairs off.
    with rows_written(database) as written:
        run = rerating(database).drain()
    assert (run.changed, run.posted) == (0, 0)
    assert written.keys() == {"rerate_queue"}


@contextmanager
def rows_written(database: Database) -> Iterator[dict[str, int]]:
    """Rows that statements change meanwhile in tables that stay, by table."""
    written: dict[str, int] = {}

    def note(*event: Any) -> None:
        _, cursor, statement = event[:3]
        words = statement.split()
        target = words[{"INSERT": 2, "DELETE": 2, "UPDATE": 1}.get(words[0], 0)]
        if words[0] in ("INSERT", "DELETE", "UPDATE") and cursor.rowcount > 0:
            written[target] = written.get(target, 0) + cursor.rowcount

    event.listen(database.engine, "after_cursor_execute", note)
    try:
        yield written
    finally:
        event.remove(database.engine, "after_cursor_execute", note)
        for name in ("pair", "found", "share", "gone", "change"):
            written.pop(f"rerate_{name}", None)
