"""Which migrations a program knows, and whether a database has seen them all.

A side keeps its migrations, ``0001_….py`` and on, in a folder of its own and nothing else there;
the number is the revision's name.  Comparing names needs no library; what runs migrations is
:mod:`yika_common.infra.migrations`.
"""

import re
from importlib.resources import files
from typing import Final

from yika_common.errors import N_, YikaError

_MIGRATION: Final = re.compile(r"[0-9]{4}_\w+\.py")


class TablesTooNew(YikaError):
    """A newer program has already changed these tables."""

    code = "tables_too_new"
    sentence = N_(
        "The database was used by a newer program (tables %(found)s). Nothing was changed. "
        "Install the newer program again, or restore the backup made before it."
    )


def behind(found: str | None, package: str) -> bool:
    """Whether a database that stands at ``found`` lacks migrations of ``package``.

    Args:
        found: the database's revision; None when no migration was run.
        package: the migrations' package (``yika_node.db.migrations``).

    Raises:
        TablesTooNew: the database stands at a migration this program does not know.
    """
    names = (entry.name for entry in files(package).iterdir())
    known = sorted(name.partition("_")[0] for name in names if _MIGRATION.fullmatch(name))
    if found is not None and found not in known:
        raise TablesTooNew(found=found)
    return known[-1:] != [found]
