import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, text

from yika_common.infra.engine import sqlalchemy_engine
from yika_common.infra.migrations import NAMING, current, differences, upgrade
from yika_common.infra.revisions import TablesTooNew

FIRST = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    op.create_table("meter", sa.Column("id", sa.Integer(), nullable=False),
                    sa.PrimaryKeyConstraint("id", name="pk_meter"))
    op.create_table("sale", sa.Column("id", sa.Integer(), nullable=False),
                    sa.Column("meter", sa.Integer(), nullable=False),
                    sa.PrimaryKeyConstraint("id", name="pk_sale"),
                    sa.ForeignKeyConstraint(["meter"], ["meter.id"], name="fk_sale_meter"))
    op.execute("INSERT INTO meter VALUES (7)")
    op.execute("INSERT INTO sale VALUES (1, 7)")
"""
SECOND = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    with op.batch_alter_table("meter", recreate="always") as table:
        table.add_column(sa.Column("name", sa.String(20), nullable=True))
"""
BREAKS = """
from alembic import op
revision, down_revision = "0003", "0002"
def upgrade():
    op.execute("INSERT INTO meter (id) VALUES (8)")
    op.execute("INSERT INTO nowhere VALUES (1)")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "till_migrations"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    sys.modules.pop("till_migrations", None)


def declared() -> MetaData:
    metadata = MetaData(naming_convention=NAMING)
    Table("meter", metadata, Column("id", Integer, primary_key=True), Column("name", String(20)))
    Table("sale", metadata, Column("id", Integer, primary_key=True))
    return metadata


def test_migrations_run_in_order_and_keep_the_rows(package: Path, tmp_path: Path) -> None:
    engine = sqlalchemy_engine(tmp_path / "till.db")
    (package / "0001_first.py").write_text(FIRST)
    upgrade(engine, "till_migrations")
    assert current(engine) == "0001"
    (package / "0002_second.py").write_text(SECOND)
    upgrade(engine, "till_migrations")
    upgrade(engine, "till_migrations")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT meter.id, name, sale.id FROM meter, sale")).all()
        keys = connection.execute(text("PRAGMA foreign_keys")).scalar()
    engine.dispose()
    assert [tuple(row) for row in rows] == [(7, None, 1)]
    assert keys == 1


def test_a_migration_that_fails_leaves_the_tables_before_it(package: Path, tmp_path: Path) -> None:
    engine = sqlalchemy_engine(tmp_path / "till.db")
    for name, script in (("0001", FIRST), ("0002", SECOND), ("0003", BREAKS)):
        (package / f"{name}_step.py").write_text(script)
    with pytest.raises(Exception, match="nowhere"):
        upgrade(engine, "till_migrations")
    assert current(engine) == "0002"
    with engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM meter")).scalar()
    engine.dispose()
    assert count == 1


def test_a_newer_programs_tables_are_left_alone(package: Path, tmp_path: Path) -> None:
    engine = sqlalchemy_engine(tmp_path / "till.db")
    (package / "0001_first.py").write_text(FIRST)
    (package / "0002_second.py").write_text(SECOND)
    upgrade(engine, "till_migrations")
    (package / "0002_second.py").unlink()
    with pytest.raises(TablesTooNew) as refusal:
        upgrade(engine, "till_migrations")
    engine.dispose()
    assert refusal.value.facts == {"found": "0002"}


def test_tables_that_drift_from_their_declaration_are_named(package: Path, tmp_path: Path) -> None:
    engine = sqlalchemy_engine(tmp_path / "till.db")
    (package / "0001_first.py").write_text(FIRST)
    upgrade(engine, "till_migrations")
    missing = [
        change[0] for change in differences(engine, declared()) if change[0] == "add_column"
    ]
    engine.dispose()
    assert missing == ["add_column"]
