"""A database from before settlement, full of sales and ratings: what customers paid stays so."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, inspect, select, text

from central_builders import HandClock, Pen, new_headquarters
from settlement_builders import a_town, deliver, sell
from temporary_postgresql import Cluster
from yika_central.bootstrap import MIGRATIONS
from yika_central.db.database import Database, open_database
from yika_central.db.tables import AdjustmentEntry, Posting, Rating, RerateQueue, Sale, table_of
from yika_central.services.rerating import Rerating
from yika_central.services.settlement import Settling
from yika_common.infra.migrations import upgrade
from yika_common.journal.bodies import Superseded

ZONE = ZoneInfo("Asia/Shanghai")
LATER = datetime(2026, 7, 1, tzinfo=UTC)


def upgrade_to(database: Database, revision: str) -> None:
    config = Config()
    environment = files("yika_common.infra") / "alembic_environment"
    config.set_main_option("script_location", str(environment))
    config.set_main_option("version_locations", str(files(MIGRATIONS)))
    config.set_main_option("path_separator", "newline")
    config.attributes["engine"] = database.engine
    command.upgrade(config, revision)


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database as it was before the tariff office."""
    url = ""
    if request.param == "postgresql":
        server: Cluster = request.getfixturevalue("cluster")
        url = server.create()
    database = open_database(url, tmp_path)
    upgrade_to(database, "0003")
    yield database
    database.close()


@pytest.fixture
def full(old: Database, tmp_path: Path) -> Database:
    """With a split quota, re-rated, and a superseded sale; a rating is kept for every sale."""
    clock = HandClock()
    hq = new_headquarters(tmp_path / "today", clock)
    first, second = a_town(hq, clock)
    sell(first, 170_000, count=1)
    clock.pass_by(minutes=5)
    sell(second, 50_000, count=2, total=220_000)
    clock.pass_by(minutes=5)
    lost(first)
    deliver(first, second)
    hq.rerating.drain()
    with hq.database.reading() as session, old.writing() as connection:
        source = session.connection()
        for name in inspect(old.engine).get_table_names():
            if name not in ("alembic_version", "rerate_queue"):
                copy(source, connection, name)
        keep_every_rating(connection)
    hq.close()
    return old


def lost(pen: Pen) -> None:
    seq = sell(pen, 10_000, count=3, total=230_000, settle=False)
    pen.write(Superseded(intent=seq, generation_seen=1, count_seen=3))


def copy(source: Connection, target: Connection, name: str) -> None:
    """The rows of a table, as far as the old one has columns for them."""
    rows = source.execute(text(f"SELECT * FROM {name}")).mappings().all()  # noqa: S608
    meta = MetaData()
    meta.reflect(target, only=[name])
    columns = meta.tables[name].columns.keys()
    if rows:
        values = [{column: row[column] for column in columns} for row in rows]
        target.execute(meta.tables[name].insert(), [_plain(meta, name, row) for row in values])


def _plain(meta: MetaData, name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    booleans = {c.name for c in meta.tables[name].columns if str(c.type) == "BOOLEAN"}
    return {key: bool(value) if key in booleans else value for key, value in row.items()}


def keep_every_rating(connection: Connection) -> None:
    """A rating that confirms its sale, for every sale that has none: so it was before."""
    meta = MetaData()
    meta.reflect(connection, only=["sale", "rating"])
    sale, rating = meta.tables["sale"], meta.tables["rating"]
    place = ("node", "epoch", "branch", "seq")
    rated = {tuple(row) for row in connection.execute(select(*(rating.c[n] for n in place)))}
    for row in connection.execute(select(sale)).mappings().all():
        if tuple(row[name] for name in place) not in rated:
            same = {c.name: row[c.name] for c in rating.columns if c.name in row}
            rest = {"counted_at": row["stamped_at"], "difference": 0, "straddles": False}
            connection.execute(rating.insert().values(**same, **rest, problem="", rated_at=1))


def sums(database: Database, row: Any, *names: str) -> list[int]:
    table = table_of(row)
    with database.reading() as session:
        rows = session.execute(select(*(table.c[name] for name in names))).all()
    return [sum(values) for values in zip(*rows, strict=True)] or [0] * len(names)


def test_old_sales_were_paid_and_what_was_posted_stays(full: Database) -> None:
    with full.writing() as connection:
        charged, posted = (
            connection.execute(text(f"SELECT SUM(amount) FROM {name}")).scalar_one()  # noqa: S608
            for name in ("sale", "posting")
        )
    upgrade(full.engine, MIGRATIONS)
    assert sums(full, Sale, "amount", "paid") == [charged, charged]
    assert sums(full, Posting, "amount") == [posted]
    assert sums(full, RerateQueue, "since") == [0]

    rerating = Rerating(full, lambda: LATER, ZONE)
    rerating.drain()
    assert sums(full, Posting, "amount") == [posted]
    with full.reading() as session:
        causes = set(session.execute(select(table_of(Posting).c.cause)).scalars())
        differences = session.execute(select(table_of(Rating).c.difference)).scalars().all()
    assert causes == {"quota_split", "superseded"}
    assert 0 not in differences

    Settling(full, lambda: LATER, ZONE).run()
    # The lost sale's money is the customer's; the split quota's is the utility's.
    assert sums(full, AdjustmentEntry, "amount") == [-posted]
    assert rerating.drain().changed == 0


def test_the_tables_of_the_test_are_old(full: Database) -> None:
    """The control: what the migration has to make up is missing before."""
    assert "paid" not in {column["name"] for column in inspect(full.engine).get_columns("sale")}
    assert sums_of_text(full, "SELECT COUNT(*) FROM rating") == 3
    assert sums_of_text(full, "SELECT COUNT(*) FROM posting") == 2


def sums_of_text(database: Database, query: str) -> int:
    with database.engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())
