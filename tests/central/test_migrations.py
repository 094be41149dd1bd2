"""The migrations make the tables that the program declares, on both databases."""

from pathlib import Path

import pytest

from yika_central.bootstrap import MIGRATIONS
from yika_central.db.database import open_database
from yika_central.db.tables import Row
from yika_common.infra.migrations import differences, upgrade

GROWING = {
    "record",
    "sale",
    "sale_line",
    "reading",
    "card_witness",
    "segment",
    "acknowledgement",
    "suspense",
    "rating",
    "rating_share",
    "posting",
    "rerate_queue",
    "account",
    "account_meter",
    "issued_card",
    "held_item",
}


def test_migrated_tables_are_the_declared_ones(database_url: str, tmp_path: Path) -> None:
    database = open_database(database_url, tmp_path)
    upgrade(database.engine, MIGRATIONS)
    assert list(differences(database.engine, Row.metadata)) == []
    database.close()


def test_migrating_twice_changes_nothing(database_url: str, tmp_path: Path) -> None:
    database = open_database(database_url, tmp_path)
    for _ in range(2):
        upgrade(database.engine, MIGRATIONS)
    database.close()


@pytest.mark.parametrize("name", sorted(GROWING))
def test_the_key_of_what_grows_begins_with_its_node_or_account(name: str) -> None:
    first = next(iter(Row.metadata.tables[name].primary_key)).name
    assert first in {"node", "account"}
