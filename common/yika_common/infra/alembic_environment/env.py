"""The environment Alembic runs every migration in; it is a script, not a module to import."""

from alembic import context
from sqlalchemy import Connection, Engine


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        render_as_batch=True,
        transaction_per_migration=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_on_sqlite(connection: Connection) -> None:
    """Batch migrations rebuild tables; references are checked once, at the end."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys = 0")
    try:
        _run(connection)
        broken = driver.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"a migration left rows that point at nothing: {broken[:3]}")
    finally:
        # Inside a transaction the pragma would do nothing; each migration has ended its own.
        connection.rollback()
        driver.execute("PRAGMA foreign_keys = 1")


engine: Engine = context.config.attributes["engine"]
with engine.connect() as connection:
    if engine.dialect.name == "sqlite":
        _run_on_sqlite(connection)
    else:
        _run(connection)
