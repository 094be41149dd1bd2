"""What all tables of a node have in common: the registry, their names, the kinds of columns."""

import re
from typing import Any

from sqlalchemy import BigInteger, MetaData, String, text
from sqlalchemy.orm import declared_attr, registry
from sqlmodel import Field, SQLModel

from yika_common.infra.migrations import NAMING

_WORD = re.compile(r"(?<!^)(?=[A-Z])")
WITHOUT_ROWID = {"sqlite_with_rowid": False}


class Row(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """A row of the node's own registry; ``HeldItem`` lives in the table ``held_item``."""

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805 - SQLAlchemy passes the class
        return _WORD.sub("_", cls.__name__).lower()


def key() -> Any:
    """The primary key, or a part of it."""
    return Field(primary_key=True)


def number_key() -> Any:
    """A whole number that is the primary key, or a part of it."""
    return Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})


def number() -> Any:
    """A whole number of 64 bits."""
    return Field(sa_type=BigInteger)


def added(default: int | str) -> Any:
    """A column that a table got later; the rows that were there have the default."""
    of_text = isinstance(default, str)
    return Field(
        default=default,
        sa_type=String if of_text else BigInteger,
        sa_column_kwargs={"server_default": text(f"'{default}'" if of_text else str(default))},
    )


def maybe_number() -> Any:
    """A whole number, or nothing yet."""
    return Field(default=None, sa_type=BigInteger)
