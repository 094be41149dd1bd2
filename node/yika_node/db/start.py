"""What a node must know of itself before it serves its first page.

Plain SQL, because SQLAlchemy takes longer to load than the rest of the start; see
:mod:`yika_node.db.store`.
"""

from contextlib import closing
from pathlib import Path

from yika_common.infra.sqlite import open_for_money
from yika_common.infra.sqlite_errors import named_failures
from yika_common.values import dataclass


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The newest epoch's row of ``identity``."""

    certificate: bytes
    root: bytes
    headquarters: str


@dataclass(frozen=True, slots=True)
class LastWord:
    """When headquarters acknowledged last, in seconds by its own clock, and what it said."""

    headquarters_at: int
    status: str


@dataclass(frozen=True, slots=True)
class Start:
    """Who the node is, its last record's time in seconds (0: none), and what it was told last."""

    enrolled: Enrolled | None = None
    recorded_at: int = 0
    last_word: LastWord | None = None


def read_start(path: Path) -> Start:
    """Read it from a file whose tables are up to date.

    Raises:
        NotDurable, DatabaseUnreachable, DatabaseDamaged, DatabaseBusy: nothing was read.
    """
    with closing(open_for_money(path)) as connection, named_failures(path):
        identity = connection.execute(
            "SELECT epoch, certificate, root, headquarters FROM identity"
            " ORDER BY epoch DESC LIMIT 1"
        ).fetchone()
        if identity is None:
            return Start()
        epoch, *enrolled = identity
        tip = connection.execute("SELECT at FROM tip WHERE epoch = ?", (epoch,)).fetchone()
        word = connection.execute(
            "SELECT headquarters_at, status FROM acknowledgement WHERE epoch = ?", (epoch,)
        ).fetchone()
        return Start(
            Enrolled(*enrolled),
            0 if tip is None else tip[0],
            None if word is None else LastWord(*word),
        )
