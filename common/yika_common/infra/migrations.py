"""Tables change by numbered Alembic migrations, on SQLite and PostgreSQL alike.

A side keeps its migrations, ``0001_….py`` and on, in a folder of its own and nothing else there;
the number is the revision's name.  The environment they run in is ``alembic_environment`` beside
this module.  Each migration is one transaction: a power cut leaves the tables before it or after
it.

Alembic itself is loaded only when there is something to migrate: it brings a template engine and
every dialect of SQL, which a vending point would carry in its memory for nothing.
"""

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

from sqlalchemy import Engine, MetaData, inspect, text

from yika_common.errors import N_, YikaError

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""A side's metadata names its rules so; batch migrations cannot find a rule without a name."""

_MIGRATION: Final = re.compile(r"[0-9]{4}_\w+\.py")


class TablesTooNew(YikaError):
    """A newer program has already changed these tables."""

    code = "tables_too_new"
    sentence = N_(
        "The database was used by a newer program (tables %(found)s). Nothing was changed. "
        "Install the newer program again, or restore the backup made before it."
    )


def upgrade(engine: Engine, package: str) -> None:
    """Bring the tables to the newest migration of ``package`` (``yika_node.db.migrations``).

    Raises:
        TablesTooNew: the database stands at a migration this program does not know.
    """
    known = _revisions(package)
    found = current(engine)
    if found is not None and found not in known:
        raise TablesTooNew(found=found)
    if known[-1:] != [found]:
        from yika_common.infra import alembic_runner  # noqa: PLC0415 - see above

        alembic_runner.upgrade(engine, package)


def current(engine: Engine) -> str | None:
    """The migration the database stands at; None when none was run."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def differences(engine: Engine, metadata: MetaData) -> Sequence[Any]:
    """What separates the database from the tables as declared; empty when they are the same."""
    from yika_common.infra import alembic_runner  # noqa: PLC0415 - see above

    return alembic_runner.differences(engine, metadata)


def _revisions(package: str) -> list[str]:
    names = (entry.name for entry in files(package).iterdir())
    return sorted(name.partition("_")[0] for name in names if _MIGRATION.fullmatch(name))
