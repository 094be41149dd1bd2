"""Tables change by numbered Alembic migrations, on SQLite and PostgreSQL alike.

Which there are is said by :mod:`yika_common.infra.revisions`.  The environment they run in is
``alembic_environment`` beside this module.  Each migration is one transaction: a power cut leaves
the tables before it or after it.

Alembic itself is loaded only when there is something to migrate: it brings a template engine and
every dialect of SQL, which a vending point would carry in its memory for nothing.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Engine, MetaData, inspect, text

from yika_common.infra.revisions import behind

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""A side's metadata names its rules so; batch migrations cannot find a rule without a name."""


def upgrade(engine: Engine, package: str) -> None:
    """Bring the tables to the newest migration of ``package`` (``yika_node.db.migrations``).

    Raises:
        TablesTooNew: the database stands at a migration this program does not know.
    """
    if behind(current(engine), package):
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
