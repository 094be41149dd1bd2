"""What an inspection finds of one part: how it stands, in one sentence, and what to do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import Final, Literal, NamedTuple

from yika_common.errors import YikaError
from yika_common.infra.sqlite import open_for_money
from yika_common.infra.sqlite_errors import named_failures
from yika_node.db import store
from yika_node.errors import NotEnrolled

How = Literal["good", "warn", "bad"]
GOOD: Final[How] = "good"
WARN: Final[How] = "warn"
BAD: Final[How] = "bad"


class Finding(NamedTuple):
    """One part; its texts are translated, and then filled with ``facts``.

    Attributes:
        part: what was looked at.
        how: good, warn (it works, and somebody should see to it), bad (something is wrong).
        text: how it stands, in one sentence.
        facts: fill the text and the advice.
        advice: what to do, in one sentence; empty where the text says it or nothing is to be done.
    """

    part: str
    how: How
    text: str
    facts: Mapping[str, str | int]
    advice: str = ""

    @property
    def good(self) -> bool:
        """Nothing is wrong; what should be seen to some day is not wrong yet."""
        return self.how != BAD


def good(part: str, text: str, **facts: str | int) -> Finding:
    """All is well."""
    return Finding(part, GOOD, text, facts)


def warn(part: str, text: str, advice: str, **facts: str | int) -> Finding:
    """It works; this should be seen to."""
    return Finding(part, WARN, text, facts, advice)


def bad(part: str, text: str, advice: str, **facts: str | int) -> Finding:
    """Something is wrong."""
    return Finding(part, BAD, text, facts, advice)


def failed(part: str, problem: YikaError) -> Finding:
    """What went wrong when the part was tried; its sentence says what to do."""
    return Finding(part, BAD, problem.sentence, problem.facts)


@contextmanager
def reading(folder: Path) -> Iterator[Connection]:
    """The database, open for reading only; a folder without one was never registered.

    Raises:
        NotEnrolled: there is no database.
        DatabaseDamaged, DatabaseBusy: it can't be read.
    """
    path = folder / store.FILE_NAME
    if not path.exists():
        raise NotEnrolled
    connection = open_for_money(path, read_only=True)
    try:
        with named_failures(path):
            yield connection
    finally:
        connection.close()
