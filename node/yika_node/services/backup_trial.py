"""Whether a database that came out of a backup is the vending point it says it is.

SQLite's own check comes first; then, for each epoch, the certificate goes back to its root, the
chain is computed from the certificate to the last record, and the end carries the node's
signature.  Nothing is believed of the file that it does not prove.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from yika_common.errors import YikaError
from yika_common.infra.sqlite_errors import DatabaseDamaged, named_failures
from yika_common.journal.record import chain, genesis
from yika_common.values import dataclass
from yika_node.db.journal import tip_message
from yika_node.errors import JournalDamaged, NotEnrolled
from yika_node.services.standing import Membership, membership

COUNTED: Final = ("record", "account", "card")
"""The tables whose rows a person asks for."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a whole database holds: whose it is, and where its journal ends."""

    membership: Membership
    epoch: int
    seq: int
    head: bytes
    counts: dict[str, int]


def glance(path: Path) -> Holding:
    """What the database says it holds; of the proofs only the certificate's is asked for.

    Raises:
        NotEnrolled: no journal has begun in it.
        JournalDamaged, DatabaseDamaged: it can't be read as a vending point's.
    """
    with named_failures(path), closing(_opened(path)) as connection:
        return _holding(connection)


def check(path: Path) -> Holding:
    """The same, once everything has been proved.

    Raises:
        NotEnrolled: no journal has begun in it.
        DatabaseDamaged, JournalDamaged: it is not whole.
    """
    with named_failures(path), closing(_opened(path)) as connection:
        if connection.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
            raise DatabaseDamaged
        holding = _holding(connection)
        for epoch in _memberships(connection):
            _follow(connection, epoch)
        return holding


def _holding(connection: sqlite3.Connection) -> Holding:
    found = tuple(_memberships(connection))
    if not found:
        raise NotEnrolled
    newest = found[-1]
    tip = connection.execute(
        "SELECT seq, head FROM tip WHERE epoch = ?", (newest.epoch,)
    ).fetchone()
    if tip is None:
        raise JournalDamaged
    counts = {}
    for table in COUNTED:
        (counts[table],) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return Holding(newest, newest.epoch, tip[0], tip[1], counts)


def _memberships(connection: sqlite3.Connection) -> Iterator[Membership]:
    rows = connection.execute(
        "SELECT certificate, root, headquarters FROM identity ORDER BY epoch"
    ).fetchall()
    for certificate, root, headquarters in rows:
        try:
            yield membership(certificate, root, headquarters)
        except YikaError as cause:
            raise JournalDamaged from cause


def _follow(connection: sqlite3.Connection, epoch: Membership) -> None:
    """Compute one epoch's chain, and compare it with what is stored at its end."""
    head, seq = genesis(epoch.certificate_payload), 0
    rows = connection.execute(
        "SELECT seq, line, head FROM record WHERE epoch = ? ORDER BY seq", (epoch.epoch,)
    )
    for number, line, stored in rows:
        if not isinstance(line, bytes):
            raise JournalDamaged
        head, seq = chain(head, line), seq + 1
        if (number, stored) != (seq, head):
            raise JournalDamaged
    tip = connection.execute(
        "SELECT seq, head, signature FROM tip WHERE epoch = ?", (epoch.epoch,)
    ).fetchone()
    if tip is None or (tip[0], tip[1]) != (seq, head):
        raise JournalDamaged
    if not epoch.certificate.key.verifies(tip[2], tip_message(epoch.epoch, seq, head)):
        raise JournalDamaged


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
