"""Headquarters on both databases: every test that asks for it runs on SQLite and on PostgreSQL."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from central_builders import HandClock, new_headquarters
from temporary_postgresql import Cluster, programs
from yika_central.bootstrap import MIGRATIONS, Headquarters
from yika_central.db.database import open_database
from yika_common.infra.migrations import upgrade


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server with a migrated template database named ``t1``."""
    binaries = programs()
    if binaries is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed", pytrace=False)
        pytest.skip("PostgreSQL is not installed")
    server = Cluster(binaries)
    try:
        database = open_database(server.create(), Path())
        upgrade(database.engine, MIGRATIONS)
        database.close()
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database with all tables; empty for SQLite in the data folder."""
    if request.param == "sqlite":
        return ""
    server: Cluster = request.getfixturevalue("cluster")
    return server.create(template="t1")


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands at noon of 1 June 2026 in China until a test moves it."""
    return HandClock()


@pytest.fixture
def headquarters(tmp_path: Path, clock: HandClock, database_url: str) -> Iterator[Headquarters]:
    """A headquarters with an administrator and two officers, and nothing else."""
    hq = new_headquarters(tmp_path / "central", clock, database_url=database_url)
    yield hq
    hq.close()
