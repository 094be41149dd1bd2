"""Reading a node's tables: always in a snapshot, never slower as history grows.

Lists are paged by key: a page asks for what lies before or after the last key it has seen.

SQLModel and the tables are loaded by the first query, not with this module; see
:mod:`yika_node.db.store`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from yika_common.infra.late import LateModule
from yika_common.journal.bodies import CARRYING
from yika_common.journal.record import genesis
from yika_node.db.account_standing import Standing, gave_back, sold_since, standing_of
from yika_node.db.card_facts import (
    SwapRow,
    ended_at,
    lost_at,
    owes_refund,
    refunds_of,
    swaps_of,
)
from yika_node.db.projections import PENDING
from yika_node.db.store import Store

if TYPE_CHECKING:
    import sqlmodel as sql
    from sqlalchemy import Connection

    from yika_common.infra import engine
    from yika_node.db import seldom, tables
else:
    sql = LateModule("sqlmodel")
    engine = LateModule("yika_common.infra.engine")
    tables = LateModule("yika_node.db.tables")
    seldom = LateModule("yika_node.db.seldom")


class Queries:
    """What the desks ask the tables; every method is one snapshot and may run in any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def _session(self) -> Iterator[sql.Session]:
        with (
            engine.named_engine_failures(),
            sql.Session(self._store.engine, expire_on_commit=False) as session,
        ):
            yield session

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """For the few statements that wait for a clerk's every key: without the session's part."""
        with engine.named_engine_failures(), self._store.engine.connect() as connection:
            yield connection

    # Who works here.

    def operators(self) -> Sequence[tables.Operator]:
        """All operators, in the order they came."""
        with self._session() as session:
            return session.exec(sql.select(tables.Operator).order_by("added_at", "name")).all()

    def operator(self, name: str) -> tables.Operator | None:
        """One operator."""
        with self._session() as session:
            return session.get(tables.Operator, name)

    def attempt(self, operator: str) -> tables.Attempt | None:
        """Wrong passwords in a row under this name."""
        with self._session() as session:
            return session.get(tables.Attempt, operator)

    def answered_at(self, purpose: str, subject: str) -> int:
        """When headquarters last answered this by telephone; 0: never."""
        with self._connection() as connection:
            at = connection.exec_driver_sql(
                "SELECT max(at) FROM phone_answer WHERE purpose = ? AND subject = ?",
                (purpose, subject),
            ).scalar()
        return at or 0

    # The journal.

    def tip(self, epoch: int) -> tables.Tip | None:
        """The end of the chain."""
        with self._session() as session:
            return session.get(tables.Tip, epoch)

    def record(self, epoch: int, seq: int) -> tables.Record | None:
        """One record."""
        with self._session() as session:
            return session.get(tables.Record, (epoch, seq))

    def records(self, epoch: int, first: int, limit: int) -> Sequence[tables.Record]:
        """Records ``first`` and on, in order, ``limit`` at most."""
        with self._session() as session:
            wanted = sql.select(tables.Record).where(
                tables.Record.epoch == epoch, tables.Record.seq >= first
            )
            return session.exec(wanted.order_by("seq").limit(limit)).all()

    def head_at(self, epoch: int, seq: int, certificate: bytes) -> bytes | None:
        """The hash after record ``seq``, the genesis hash for 0, None above the end."""
        if seq == 0:
            return genesis(certificate)
        found = self.record(epoch, seq)
        return None if found is None else found.head

    def acknowledgement(self, epoch: int) -> tables.Acknowledgement | None:
        """The newest verified acknowledgement."""
        with self._session() as session:
            return session.get(tables.Acknowledgement, epoch)

    # What headquarters sent.

    def bundle(self) -> tables.Bundle | None:
        """The manifest in force."""
        with self._session() as session:
            return session.get(tables.Bundle, 1)

    def item(self, sha256: bytes) -> tables.Item | None:
        """A signed file by its hash."""
        with self._session() as session:
            return session.get(tables.Item, sha256)

    def manifest(self, version: int) -> tables.Item | None:
        """The manifest file of a version."""
        with self._session() as session:
            wanted = sql.select(tables.Item).where(
                tables.Item.name == "manifest", tables.Item.version == version
            )
            return session.exec(wanted).first()

    def holds(self, name: str, version: int, digest: str) -> bool:
        """Whether a bundle switched this very item on; ``digest`` is 16 hex digits."""
        with self._session() as session:
            found = session.get(tables.HeldItem, (name, version))
            return found is not None and found.digest == digest

    def items_held(self, prefix: str) -> Sequence[tables.Item]:
        """Every file, of all versions, that a bundle switched on under such a name."""
        with self._session() as session:
            digest = sql.func.substr(sql.func.lower(sql.func.hex(tables.Item.sha256)), 1, 16)
            wanted = (
                sql.select(tables.Item)
                .join(
                    tables.HeldItem,
                    (sql.col(tables.HeldItem.name) == tables.Item.name)
                    & (sql.col(tables.HeldItem.version) == tables.Item.version)
                    & (sql.col(tables.HeldItem.digest) == digest),
                )
                .where(sql.col(tables.Item.name).startswith(prefix, autoescape=True))
                .order_by(sql.col(tables.Item.name), sql.col(tables.Item.version))
            )
            return session.exec(wanted).all()

    # Accounts and cards.

    def account(
        self, number: str
    ) -> tuple[tables.Account, Sequence[tables.AccountMeter], tables.Card | None] | None:
        """An account, its meters in slot order, and its newest card."""
        with self._session() as session:
            found = session.get(tables.Account, number)
            return None if found is None else (found, *_belongings(session, found))

    def account_numbers(self, after: str, limit: int) -> Sequence[str]:
        """Accounts above the number ``after``, in order."""
        with self._session() as session:
            wanted = sql.select(tables.Account.number).where(tables.Account.number > after)
            return session.exec(wanted.order_by("number").limit(limit)).all()

    def account_of_meter(self, meter: str) -> str | None:
        """The account that a meter belongs to, or belonged to until it was replaced."""
        with self._session() as session:
            wanted = sql.select(tables.AccountMeter.account).where(
                tables.AccountMeter.meter == meter
            )
            found = session.exec(wanted).first()
            if found is not None:
                return found
            # Asked for second, because its tables weigh, and a sale needs none of them.
            swap = seldom.MeterSwap
            swapped = sql.select(swap.account).where(
                sql.or_(sql.col(swap.old) == meter, sql.col(swap.new) == meter)
            )
            return session.exec(swapped).first()

    def meters_taken(self, meters: Sequence[str]) -> set[str]:
        """Which of these meters belong to an account, or belonged to one and were replaced."""
        with self._session() as session:
            columns = (tables.AccountMeter.meter, seldom.MeterSwap.old, seldom.MeterSwap.new)
            found = (
                session.exec(sql.select(column).where(sql.col(column).in_(meters))).all()
                for column in columns
            )
            return set().union(*found)

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
        with self._session() as session:
            return session.exec(sql.select(sql.func.count()).select_from(tables.Account)).one()

    def card(self, number: str) -> tables.Card | None:
        """A card that was issued here."""
        with self._session() as session:
            return session.get(tables.Card, number)

    def newest_card(self, account: str) -> tables.Card | None:
        """The card of the highest generation that was issued here for an account."""
        with self._session() as session:
            wanted = sql.select(tables.Card).where(tables.Card.account == account)
            return session.exec(wanted.order_by(sql.col(tables.Card.generation).desc())).first()

    def cards_issued(self, numbers: Sequence[str]) -> set[str]:
        """Which of these card numbers are issued."""
        with self._session() as session:
            return set(
                session.exec(
                    sql.select(tables.Card.number).where(sql.col(tables.Card.number).in_(numbers))
                ).all()
            )

    def standing(self, account: str, meters: Sequence[str], bare: Sequence[str] = ()) -> Standing:
        """What this journal says of an account and its meters, in one snapshot.

        The sales to ``bare`` meters are counted.
        """
        with self._connection() as connection:
            return standing_of(connection, account, meters, bare)

    def gave_back(self, account: str, meter: str, count: int, total: int) -> bool:
        """Whether a refund of this journal left the meter at this count and total."""
        with self._connection() as connection:
            return gave_back(connection, account, meter, count, total)

    def sold_since(self, account: str, service: str, since: int) -> Sequence[tuple[int, int, int]]:
        """Time, quantity and amount of sales of a service to the account, newest first.

        Superseded ones are left out.  The journal is gone through backwards, down to the first
        sale before ``since``, so that history of any length costs nothing.
        """
        with self._connection() as connection:
            return sold_since(connection, account, service, since)

    # Sales and readings.

    def intent(self, epoch: int, seq: int) -> tables.Intent | None:
        """One meter's sale."""
        with self._session() as session:
            return session.get(tables.Intent, (epoch, seq))

    def basket(self, epoch: int, basket: int) -> Sequence[tables.Intent]:
        """The sales paid together, in slot order of their making."""
        with self._session() as session:
            wanted = sql.select(tables.Intent).where(
                tables.Intent.epoch == epoch,
                tables.Intent.seq >= basket,
                tables.Intent.seq < basket + 8,
            )
            rows = session.exec(wanted.order_by("seq")).all()
            return [row for row in rows if row.basket == basket]

    def pending(
        self, card: str | None = None, account: str | None = None
    ) -> Sequence[tables.Intent]:
        """The sales still waiting for their card, oldest first: all, a card's or an account's."""
        with self._session() as session:
            # In the order of the index of pending sales, or SQLite walks through all history.
            wanted = sql.select(tables.Intent).where(
                sql.col(tables.Intent.state) == sql.literal_column(f"'{PENDING}'")
            )
            if card is not None:
                wanted = wanted.where(tables.Intent.card == card)
            if account is not None:
                wanted = wanted.where(tables.Intent.account == account)
            found = session.exec(wanted.order_by("card", "epoch", "seq")).all()
            return sorted(found, key=lambda row: (row.epoch, row.seq))

    def sales(
        self,
        before: tuple[int, int] | None,
        limit: int,
        account: str | None,
        *,
        carried: bool = True,
    ) -> Sequence[tables.Intent]:
        """Sales, newest first, below the key ``before``; without the ``carried`` ones if asked."""
        with self._session() as session:
            wanted = sql.select(tables.Intent)
            if not carried:
                wanted = wanted.where(sql.col(tables.Intent.act).not_in(CARRYING))
            if account is not None:
                wanted = wanted.where(tables.Intent.account == account)
            if before is not None:
                wanted = wanted.where(
                    sql.tuple_(sql.col(tables.Intent.epoch), sql.col(tables.Intent.seq))
                    < sql.tuple_(*before)
                )
            newest = (sql.col(tables.Intent.epoch).desc(), sql.col(tables.Intent.seq).desc())
            return session.exec(wanted.order_by(*newest).limit(limit)).all()

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
        with self._session() as session:
            wanted = sql.select(tables.Intent.seq).where(tables.Intent.account == account)
            return session.exec(wanted.limit(1)).first() is not None

    def form(self, token: str) -> tables.Form | None:
        """What a form's token became."""
        with self._session() as session:
            return session.get(tables.Form, token)

    def last_reading(self, meter: str) -> tables.Reading | None:
        """The newest write-back of a meter."""
        with self._session() as session:
            wanted = sql.select(tables.Reading).where(tables.Reading.meter == meter)
            return session.exec(wanted.order_by(sql.col(tables.Reading.sequence).desc())).first()

    def readings(
        self, before: tuple[int, int] | None, limit: int, meter: str | None
    ) -> Sequence[tables.Reading]:
        """Readings, newest first, below the key ``before``."""
        with self._session() as session:
            wanted = sql.select(tables.Reading)
            if meter is not None:
                wanted = wanted.where(tables.Reading.meter == meter)
            if before is not None:
                wanted = wanted.where(
                    sql.tuple_(sql.col(tables.Reading.epoch), sql.col(tables.Reading.seq))
                    < sql.tuple_(*before)
                )
            newest = (sql.col(tables.Reading.epoch).desc(), sql.col(tables.Reading.seq).desc())
            return session.exec(wanted.order_by(*newest).limit(limit)).all()

    def witness(self, node: str, epoch: int, seq: int, head: str) -> seldom.Witness | None:
        """A place in another journal, if a card named it before."""
        with self._session() as session:
            return session.get(seldom.Witness, (node, epoch, seq, head))


def _belongings(
    session: sql.Session, account: tables.Account
) -> tuple[Sequence[tables.AccountMeter], tables.Card | None]:
    meters = sql.select(tables.AccountMeter).where(tables.AccountMeter.account == account.number)
    cards = sql.select(tables.Card).where(tables.Card.account == account.number)
    return (
        session.exec(meters.order_by("slot")).all(),
        session.exec(cards.order_by(sql.col(tables.Card.generation).desc())).first(),
    )
