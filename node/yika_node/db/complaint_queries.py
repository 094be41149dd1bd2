"""What was complained of here, and the records that bear on it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from yika_common.infra.engine import named_engine_failures
from yika_node.db.rows import all_rows, first_row
from yika_node.db.store import Store


class Complaint(NamedTuple):
    """A complaint; see :class:`yika_node.db.life_tables.Complaint`."""

    epoch: int
    seq: int
    at: int
    operator: str
    account: str
    about: str
    words: str
    of_epoch: int
    receipt: int


class ComplaintPhoto(NamedTuple):
    """A photograph's record; see :class:`yika_node.db.life_tables.ComplaintPhoto`."""

    of_epoch: int
    of_seq: int
    epoch: int
    seq: int
    at: int
    operator: str
    digest: str
    size: int


_NEWEST: Final = "WHERE (epoch, seq) < (?, ?) ORDER BY epoch DESC, seq DESC LIMIT ?"
_OF_ACCOUNT: Final = (
    "WHERE account = ? AND (epoch, seq) < (?, ?) ORDER BY epoch DESC, seq DESC LIMIT ?"
)
_END: Final = (2**62, 0)
"""After every record."""


def complaints(
    store: Store, before: tuple[int, int] | None, limit: int, account: str | None
) -> Sequence[Complaint]:
    """Complaints, newest first, before a place; of an account, if one is named."""
    epoch, seq = before or _END
    with named_engine_failures(), store.engine.connect() as connection:
        if account is None:
            return all_rows(connection, Complaint, _NEWEST, epoch, seq, limit)
        return all_rows(connection, Complaint, _OF_ACCOUNT, account, epoch, seq, limit)


def complaint(store: Store, epoch: int, seq: int) -> Complaint | None:
    """The complaint at that place."""
    with named_engine_failures(), store.engine.connect() as connection:
        return first_row(connection, Complaint, "WHERE epoch = ? AND seq = ?", epoch, seq)


def photos(store: Store, epoch: int, seq: int) -> Sequence[ComplaintPhoto]:
    """The photographs of a complaint, in the order in which they were taken in."""
    where = "WHERE of_epoch = ? AND of_seq = ? ORDER BY epoch, seq"
    with named_engine_failures(), store.engine.connect() as connection:
        return all_rows(connection, ComplaintPhoto, where, epoch, seq)


def photograph(store: Store, digest: str) -> bytes | None:
    """The sealed bytes of a photograph; None: they are not here."""
    with named_engine_failures(), store.engine.connect() as connection:
        query = "SELECT sealed FROM photograph WHERE digest = ?"
        found = connection.exec_driver_sql(query, (digest,)).first()
    return None if found is None else bytes(found[0])


def photographs_kept(store: Store) -> int:
    """How many photographs are kept here; few enough to be counted."""
    with named_engine_failures(), store.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM photograph").scalar_one())
