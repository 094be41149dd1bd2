"""What the index of accounts is made of, and what changed since; loaded with the first search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from yika_common.infra.engine import named_engine_failures

if TYPE_CHECKING:
    from yika_node.db.store import Store

_AT_ONCE = 1000

_OWN = """
SELECT known.account, coalesce(account.who, ''), coalesce(state.who, ''),
    coalesce(state.who_at, 0), coalesce(state.status, ''), coalesce(state.status_at, 0),
    (SELECT group_concat(meter, ' ') FROM (SELECT meter FROM account_meter
        WHERE account_meter.account = known.account ORDER BY slot)),
    (SELECT number FROM card WHERE card.account = known.account
        ORDER BY generation DESC LIMIT 1),
    (SELECT max(generation) FROM card WHERE card.account = known.account)
FROM (SELECT number AS account FROM account UNION SELECT account FROM account_state
    UNION SELECT account FROM card) AS known
LEFT JOIN account ON account.number = known.account
LEFT JOIN account_state AS state ON state.account = known.account
"""


class Place(NamedTuple):
    """The place of a record."""

    epoch: int
    seq: int


class OwnAccount(NamedTuple):
    """What this journal says of an account; ``opened`` is its holder as it was opened, sealed.

    ``who`` is the holder as amended since ``who_at``, empty: it was not.
    """

    number: str
    opened: str
    who: str
    who_at: int
    status: str
    status_at: int
    meters: str
    card: str
    generation: int


def own_accounts(store: Store) -> Iterator[OwnAccount]:
    """All accounts that this journal says something of, in the order of their numbers."""
    with named_engine_failures(), store.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"{_OWN} ORDER BY known.account")
        while batch := rows.fetchmany(_AT_ONCE):
            yield from (_own(row) for row in batch)


def own_account(store: Store, number: str) -> OwnAccount | None:
    """One of them."""
    # The one number takes the place of the list, so that its tables are not gone through.
    query = _OWN.replace(
        _OWN[_OWN.index("FROM (SELECT number") : _OWN.index("LEFT JOIN account ON")],
        "FROM (SELECT ? AS account) AS known\n",
    )
    with named_engine_failures(), store.engine.connect() as connection:
        row = connection.exec_driver_sql(query, (number,)).one()
        found = _own(row)
        return found if found.opened or found.who or found.card or found.status_at else None


def swapped_meters(store: Store) -> dict[str, str]:
    """Each meter that was replaced here, and the one in its place."""
    with named_engine_failures(), store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT old, new FROM meter_swap").all()
    return {row[0]: row[1] for row in rows}


def newest(store: Store) -> Place:
    """Where the newest record stands that tells of an account."""
    with named_engine_failures(), store.engine.connect() as connection:
        row = connection.exec_driver_sql(
            "SELECT epoch, seq FROM account_event ORDER BY epoch DESC, seq DESC LIMIT 1"
        ).first()
        return Place(0, 0) if row is None else Place(*row)


def changed_since(store: Store, place: Place) -> list[str]:
    """The accounts of which records after that place tell."""
    with named_engine_failures(), store.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT DISTINCT account FROM account_event WHERE (epoch, seq) > (?, ?)", place
        )
        return [row[0] for row in rows]


def events_of(store: Store, account: str, limit: int) -> list[bytes]:
    """The newest records that tell of an account other than by sales, in their order."""
    with named_engine_failures(), store.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT line FROM (SELECT epoch, seq, line FROM account_event JOIN record"
            " USING (epoch, seq) WHERE account = ? ORDER BY epoch DESC, seq DESC LIMIT ?)"
            " ORDER BY epoch, seq",
            (account, limit),
        )
        return [row[0] for row in rows]


def _own(row: Sequence[Any]) -> OwnAccount:
    *known, meters, card, generation = row
    return OwnAccount._make((*known, meters or "", card or "", generation or 0))
