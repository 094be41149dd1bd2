"""What was complained of here, and the records that bear on it."""

from collections.abc import Sequence
from typing import NamedTuple

from yika_common.infra.engine import named_engine_failures
from yika_node.db.store import Store


class ComplaintRow(NamedTuple):
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


_COLUMNS = ", ".join(ComplaintRow._fields)


def complaints(
    store: Store, before: tuple[int, int] | None, limit: int, account: str | None
) -> Sequence[ComplaintRow]:
    """Complaints, newest first, before a place; of an account, if one is named."""
    where, values = ["1 = 1"], list[object]()
    if account is not None:
        where.append("account = ?")
        values.append(account)
    if before is not None:
        where.append("(epoch, seq) < (?, ?)")
        values += before
    return _rows(
        store,
        f"WHERE {' AND '.join(where)} ORDER BY epoch DESC, seq DESC LIMIT ?",
        (*values, limit),
    )


def complaint(store: Store, epoch: int, seq: int) -> ComplaintRow | None:
    """The complaint at that place."""
    found = _rows(store, "WHERE epoch = ? AND seq = ?", (epoch, seq))
    return found[0] if found else None


def _rows(store: Store, rest: str, values: tuple[object, ...]) -> Sequence[ComplaintRow]:
    with named_engine_failures(), store.engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT {_COLUMNS} FROM complaint {rest}", values)  # noqa: S608 - own names
        return [ComplaintRow(*row) for row in found]
