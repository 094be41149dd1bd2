"""What every table of headquarters has in common.

Times are whole seconds since 1970 (UTC), money and quantities the integers of
``yika_common.numbers``; all of them are 64 bits wide.  The key of every table that grows with
history begins with its node or its account, so that the schema can be spread over several
machines by that column without being changed.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, MetaData, String, Table, and_, text, tuple_
from sqlalchemy.orm import declared_attr, registry
from sqlmodel import Field, SQLModel

from yika_common.infra.migrations import NAMING

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


class Row(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """A row of headquarters' own registry; ``SaleLine`` lives in the table ``sale_line``."""

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805 - SQLAlchemy passes the class
        return _WORD.sub("_", cls.__name__).lower()


def table_of(row: type[Row]) -> Table:
    """The table of a row class, for statements over many rows."""
    return Row.metadata.tables[str(row.__tablename__)]


def one_of(columns: Sequence[ColumnElement[Any]], keys: Collection[Any]) -> ColumnElement[bool]:
    """Rows in which the columns together are one of these keys, found by an index on the columns.

    SQLite searches an index for each list of plain values, but none for a list of keys.
    """
    plain = [
        column.in_(sorted({key[place] for key in keys})) for place, column in enumerate(columns)
    ]
    return and_(*plain, tuple_(*columns).in_(keys))


def integer(default: int | None = None, **options: Any) -> Any:
    """A column of 64 bits; with ``default`` one that need not be named."""
    if default is None:
        return Field(sa_type=BigInteger, **options)
    return Field(default=default, sa_type=BigInteger, **options)


def maybe_integer(**options: Any) -> Any:
    """A column of 64 bits that may be empty."""
    return Field(default=None, sa_type=BigInteger, **options)


def added(default: int | str) -> Any:
    """A column that a table got later; the rows that were there have the default."""
    of_text = isinstance(default, str)
    return Field(
        default=default,
        sa_type=String if of_text else BigInteger,
        sa_column_kwargs={"server_default": text(f"'{default}'" if of_text else str(default))},
    )


def key(**options: Any) -> Any:
    """A part of the table's primary key; the order of the fields is the order of the key."""
    return Field(primary_key=True, **options)


def integer_key() -> Any:
    """A part of the primary key that is a number given by the program, never by the database."""
    return Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
