"""What needs Alembic: running migrations, and comparing tables with what is declared.

Only :mod:`yika_common.infra.migrations` calls this, and only when there is something to do.
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData


def upgrade(engine: Engine, package: str) -> None:
    """Run every migration of ``package`` that the database has not seen."""
    config = Config()
    environment = Path(str(files("yika_common.infra"))) / "alembic_environment"
    config.set_main_option("script_location", _escaped(environment))
    config.set_main_option("version_locations", _escaped(Path(str(files(package)))))
    config.set_main_option("path_separator", "newline")
    config.attributes["engine"] = engine
    command.upgrade(config, "head")


def differences(engine: Engine, metadata: MetaData) -> Sequence[Any]:
    """What separates the database from the tables as declared; empty when they are the same."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        found: Sequence[Any] = compare_metadata(context, metadata)
    return found


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
