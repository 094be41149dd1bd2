"""Reading a node's tables: always in a snapshot, never slower as history grows.

Lists are paged by key: a page asks for what lies before or after the last key it has seen.

Plain statements (:mod:`yika_node.db.rows`): a counter asks these all day.  SQLAlchemy is loaded by
the first query, not with this module; see :mod:`yika_node.db.store`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from yika_common.infra.late import LateModule
from yika_common.journal.bodies import CARRYING
from yika_common.journal.record import genesis
from yika_node.db import rows
from yika_node.db.account_standing import Standing, sold_since, standing_of, waiting_refund
from yika_node.db.card_facts import (
    SwapRow,
    ended_at,
    lost_at,
    owes_refund,
    refunds_of,
    swaps_of,
)
from yika_node.db.projections import PENDING
from yika_node.db.rows import AnyRow, all_rows, first_row
from yika_node.db.store import Store

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from yika_common.infra import engine
else:
    engine = LateModule("yika_common.infra.engine")

HELD: Final = (
    "JOIN held_item ON held_item.name = item.name AND held_item.version = item.version"
    " AND held_item.digest = substr(lower(hex(item.sha256)), 1, 16)"
    " WHERE substr(item.name, 1, length(?1)) = ?1 ORDER BY item.name, item.version"
)
"""Of the files under names that begin so those that a bundle switched on."""

_NEWEST: Final = "WHERE account = ? ORDER BY generation DESC LIMIT 1"

_OF_METER: Final = (
    "SELECT account FROM (SELECT account, 0 AS replaced FROM account_meter WHERE meter = ?1"
    " UNION ALL SELECT account, 1 FROM meter_swap WHERE old = ?1 OR new = ?1)"
    " ORDER BY replaced LIMIT 1"
)

_TAKEN: Final = (
    "SELECT meter FROM account_meter WHERE meter IN (SELECT value FROM json_each(?1))"
    " UNION SELECT old FROM meter_swap WHERE old IN (SELECT value FROM json_each(?1))"
    " UNION SELECT new FROM meter_swap WHERE new IN (SELECT value FROM json_each(?1))"
)


class Queries:
    """What the desks ask the tables; every method is one snapshot and may run in any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with engine.named_engine_failures(), self._store.engine.connect() as connection:
            yield connection

    def _all(self, kind: type[AnyRow], rest: str, *values: object) -> list[AnyRow]:
        with self._connection() as connection:
            return all_rows(connection, kind, rest, *values)

    def _first(self, kind: type[AnyRow], rest: str, *values: object) -> AnyRow | None:
        with self._connection() as connection:
            return first_row(connection, kind, rest, *values)

    def _value(self, statement: str, *values: object) -> Any:
        """What a statement's first row says first; None: there is none."""
        with self._connection() as connection:
            return connection.exec_driver_sql(statement, values).scalar()

    # Who works here.

    def operators(self) -> Sequence[rows.Operator]:
        """All operators, in the order they came."""
        return self._all(rows.Operator, "ORDER BY added_at, name")

    def operator(self, name: str) -> rows.Operator | None:
        """One operator."""
        return self._first(rows.Operator, "WHERE name = ?", name)

    def attempt(self, operator: str) -> rows.Attempt | None:
        """Wrong passwords in a row under this name."""
        return self._first(rows.Attempt, "WHERE operator = ?", operator)

    def answered_at(self, purpose: str, subject: str) -> int:
        """When headquarters last answered this by telephone; 0: never."""
        statement = "SELECT max(at) FROM phone_answer WHERE purpose = ? AND subject = ?"
        return self._value(statement, purpose, subject) or 0

    # The journal.

    def tip(self, epoch: int) -> rows.Tip | None:
        """The end of the chain."""
        return self._first(rows.Tip, "WHERE epoch = ?", epoch)

    def record(self, epoch: int, seq: int) -> rows.Record | None:
        """One record."""
        return self._first(rows.Record, "WHERE epoch = ? AND seq = ?", epoch, seq)

    def records(self, epoch: int, first: int, limit: int) -> Sequence[rows.Record]:
        """Records ``first`` and on, in order, ``limit`` at most."""
        wanted = "WHERE epoch = ? AND seq >= ? ORDER BY seq LIMIT ?"
        return self._all(rows.Record, wanted, epoch, first, limit)

    def head_at(self, epoch: int, seq: int, certificate: bytes) -> bytes | None:
        """The hash after record ``seq``, the genesis hash for 0, None above the end."""
        if seq == 0:
            return genesis(certificate)
        found = self.record(epoch, seq)
        return None if found is None else found.head

    def acknowledgement(self, epoch: int) -> rows.Acknowledgement | None:
        """The newest verified acknowledgement."""
        return self._first(rows.Acknowledgement, "WHERE epoch = ?", epoch)

    # What headquarters sent.

    def bundle(self) -> rows.Bundle | None:
        """The manifest in force."""
        return self._first(rows.Bundle, "WHERE id = 1")

    def item(self, sha256: bytes) -> rows.Item | None:
        """A signed file by its hash."""
        return self._first(rows.Item, "WHERE sha256 = ?", sha256)

    def manifest(self, version: int) -> rows.Item | None:
        """The manifest file of a version."""
        wanted = "WHERE name = 'manifest' AND version = ?"
        return self._first(rows.Item, wanted, version)

    def holds(self, name: str, version: int, digest: str) -> bool:
        """Whether a bundle switched this very item on; ``digest`` is 16 hex digits."""
        wanted = "SELECT 1 FROM held_item WHERE name = ? AND version = ? AND digest = ?"
        return self._value(wanted, name, version, digest) is not None

    def items_held(self, prefix: str) -> Sequence[rows.Item]:
        """Every file, of all versions, that a bundle switched on under such a name."""
        return self._all(rows.Item, HELD, prefix)

    # Accounts and cards.

    def account(
        self, number: str
    ) -> tuple[rows.Account, Sequence[rows.AccountMeter], rows.Card | None] | None:
        """An account, its meters in slot order, and its newest card."""
        with self._connection() as connection:
            found = first_row(connection, rows.Account, "WHERE number = ?", number)
            if found is None:
                return None
            meters = "WHERE account = ? ORDER BY slot"
            return (
                found,
                all_rows(connection, rows.AccountMeter, meters, number),
                first_row(connection, rows.Card, _NEWEST, number),
            )

    def account_numbers(self, after: str, limit: int) -> Sequence[str]:
        """Accounts above the number ``after``, in order."""
        with self._connection() as connection:
            numbers = connection.exec_driver_sql(
                "SELECT number FROM account WHERE number > ? ORDER BY number LIMIT ?",
                (after, limit),
            )
            return list(numbers.scalars())

    def account_of_meter(self, meter: str) -> str | None:
        """The account that a meter belongs to, or belonged to until it was replaced."""
        account: str | None = self._value(_OF_METER, meter)
        return account

    def meters_taken(self, meters: Sequence[str]) -> set[str]:
        """Which of these meters belong to an account, or belonged to one and were replaced."""
        with self._connection() as connection:
            found = connection.exec_driver_sql(_TAKEN, (json.dumps(list(meters)),))
            return set(found.scalars())

    def swaps(self, account: str) -> Sequence[SwapRow]:
        """The account's meters that were replaced here, in order."""
        with self._connection() as connection:
            return swaps_of(connection, account)

    def swap_to(self, account: str, meter: str) -> SwapRow | None:
        """How a meter came to an account in another's place."""
        return next((swap for swap in self.swaps(account) if swap.new == meter), None)

    def card_ended(self, number: str) -> int | None:
        """When a card was taken out of use here."""
        with self._connection() as connection:
            return ended_at(connection, number)

    def card_lost(self, number: str) -> int | None:
        """When a card was reported lost here, if it was not found since."""
        with self._connection() as connection:
            return lost_at(connection, number)

    def accounts_opened(self) -> int:
        """How many accounts this journal opened."""
        opened: int = self._value("SELECT count(*) FROM account")
        return opened

    def card(self, number: str) -> rows.Card | None:
        """A card that was issued here."""
        return self._first(rows.Card, "WHERE number = ?", number)

    def newest_card(self, account: str) -> rows.Card | None:
        """The card of the highest generation that was issued here for an account."""
        return self._first(rows.Card, _NEWEST, account)

    def cards_issued(self, numbers: Sequence[str]) -> set[str]:
        """Which of these card numbers are issued."""
        issued = "SELECT number FROM card WHERE number IN (SELECT value FROM json_each(?))"
        with self._connection() as connection:
            found = connection.exec_driver_sql(issued, (json.dumps(list(numbers)),))
            return set(found.scalars())

    def standing(self, account: str, meters: Sequence[str], bare: Sequence[str] = ()) -> Standing:
        """What this journal says of an account and its meters, in one snapshot.

        The sales to ``bare`` meters are counted.
        """
        with self._connection() as connection:
            return standing_of(connection, account, meters, bare)

    def waiting_refund(self, account: str, meter: str) -> tuple[int, int] | None:
        """Generation and total of the meter's newest refund whose money was not handed out yet."""
        with self._connection() as connection:
            return waiting_refund(connection, account, meter)

    def sold_since(self, account: str, service: str, since: int) -> Sequence[tuple[int, int, int]]:
        """Time, quantity and amount of sales of a service to the account, newest first.

        Superseded ones are left out.  The journal is gone through backwards, down to the first
        sale before ``since``, so that history of any length costs nothing.
        """
        with self._connection() as connection:
            return sold_since(connection, account, service, since)

    # Sales and readings.

    def intent(self, epoch: int, seq: int) -> rows.Intent | None:
        """One meter's sale."""
        return self._first(rows.Intent, "WHERE epoch = ? AND seq = ?", epoch, seq)

    def basket(self, epoch: int, basket: int) -> Sequence[rows.Intent]:
        """The sales paid together, in slot order of their making."""
        wanted = "WHERE epoch = ? AND seq >= ? AND seq < ? ORDER BY seq"
        found = self._all(rows.Intent, wanted, epoch, basket, basket + 8)
        return [row for row in found if row.basket == basket]

    def pending(
        self, card: str | None = None, account: str | None = None
    ) -> Sequence[rows.Intent]:
        """The sales still waiting for their card, oldest first: all, a card's or an account's."""
        # In the order of the index of pending sales, or SQLite walks through all history.
        limits = {"card": card, "account": account}
        held = {column: value for column, value in limits.items() if value is not None}
        where = " AND ".join((f"state = '{PENDING}'", *(f"{column} = ?" for column in held)))
        wanted = f"INDEXED BY intent_pending WHERE {where} ORDER BY card, epoch, seq"
        found = self._all(rows.Intent, wanted, *held.values())
        return sorted(found, key=lambda row: (row.epoch, row.seq))

    def sales(
        self,
        before: tuple[int, int] | None,
        limit: int,
        account: str | None,
        *,
        carried: bool = True,
    ) -> Sequence[rows.Intent]:
        """Sales, newest first, below the key ``before``; without the ``carried`` ones if asked."""
        limits = {
            f"act NOT IN ({', '.join('?' * len(CARRYING))})": () if carried else CARRYING,
            "account = ?": () if account is None else (account,),
            "(epoch, seq) < (?, ?)": before or (),
        }
        rest, values = _newest(limits, limit)
        return self._all(rows.Intent, rest, *values)

    def given_back(self, purchases: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
        """Of these purchases those with a refund that was not superseded: the refund's seq."""
        with self._connection() as connection:
            return refunds_of(connection, purchases)

    def has_unpaid_refund(self, account: str) -> bool:
        """Whether a refund of the account is on its card whose money was not handed out."""
        with self._connection() as connection:
            return owes_refund(connection, account)

    def account_was_sold_to(self, account: str) -> bool:
        """Whether any sale to the account was ever begun."""
        wanted = "SELECT 1 FROM intent WHERE account = ? LIMIT 1"
        return self._value(wanted, account) is not None

    def form(self, token: str) -> rows.Form | None:
        """What a form's token became."""
        return self._first(rows.Form, "WHERE token = ?", token)

    def last_reading(self, meter: str) -> rows.Reading | None:
        """The newest write-back of a meter."""
        wanted = "WHERE meter = ? ORDER BY sequence DESC LIMIT 1"
        return self._first(rows.Reading, wanted, meter)

    def readings(
        self, before: tuple[int, int] | None, limit: int, meter: str | None
    ) -> Sequence[rows.Reading]:
        """Readings, newest first, below the key ``before``."""
        limits = {
            "meter = ?": () if meter is None else (meter,),
            "(epoch, seq) < (?, ?)": before or (),
        }
        rest, values = _newest(limits, limit)
        return self._all(rows.Reading, rest, *values)

    def witness(self, node: str, epoch: int, seq: int, head: str) -> rows.Witness | None:
        """A place in another journal, if a card named it before."""
        wanted = "WHERE node = ? AND epoch = ? AND seq = ? AND head = ?"
        return self._first(rows.Witness, wanted, node, epoch, seq, head)


def _newest(limits: Mapping[str, Sequence[object]], most: int) -> tuple[str, tuple[object, ...]]:
    """A statement's rest for the newest rows within those limits that have values; the values."""
    held = {limit: values for limit, values in limits.items() if values}
    where = f"WHERE {' AND '.join(held)} " if held else ""
    rest = f"{where}ORDER BY epoch DESC, seq DESC LIMIT ?"
    return rest, (*(value for values in held.values() for value in values), most)
