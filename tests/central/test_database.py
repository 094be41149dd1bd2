"""What goes wrong with the file has a name, although SQLAlchemy wraps it."""

from pathlib import Path

import pytest

from yika_central.db.database import open_database
from yika_common.infra.sqlite import open_for_money, transaction
from yika_common.infra.sqlite_errors import DatabaseBusy


def test_a_lock_held_too_long_by_another_program_is_named(tmp_path: Path) -> None:
    database = open_database("", tmp_path)
    with database.reading() as session:
        session.connection().exec_driver_sql("PRAGMA busy_timeout = 20")
    holder = open_for_money(tmp_path / "central.db")
    with transaction(holder), pytest.raises(DatabaseBusy), database.writing():
        pass
    holder.close()
    database.close()
