"""Tables change by numbered Alembic migrations, on SQLite and PostgreSQL alike.

A side keeps its migrations, ``0001_….py`` and on, in a folder of its own and nothing else there:
the environment they run in is ``alembic_environment`` beside this module.  Each migration is one
transaction: a power cut leaves the tables before it or after it.
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData

from yika_common.errors import N_, YikaError

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""A side's metadata names its rules so; batch migrations cannot find a rule without a name."""


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
    config = _config(package)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = current(engine)
    if found is not None and found not in known:
        raise TablesTooNew(found=found)
    config.attributes["engine"] = engine
    command.upgrade(config, "head")


def current(engine: Engine) -> str | None:
    """The migration the database stands at; None when none was run."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def differences(engine: Engine, metadata: MetaData) -> Sequence[Any]:
    """What separates the database from the tables as declared; empty when they are the same."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        found: Sequence[Any] = compare_metadata(context, metadata)
    return found


def _config(package: str) -> Config:
    config = Config()
    environment = Path(str(files("yika_common.infra"))) / "alembic_environment"
    config.set_main_option("script_location", _escaped(environment))
    config.set_main_option("version_locations", _escaped(Path(str(files(package)))))
    config.set_main_option("path_separator", "newline")
    return config


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
