"""Pairs of accounts that may be one household's, with the evidence of both side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, and_, func, select

from yika_central.db import duplicate_store as store
from yika_central.db import settlement_store
from yika_central.db.database import Database
from yika_central.db.household_store import members_of, survivors_of
from yika_central.db.rerating_store import PLACE
from yika_central.db.sheet_sources import Source, sources_of
from yika_central.db.tables import IssuedCard, Record, Sale, Suspense, table_of
from yika_central.services.adjustments import NoSuchAccount
from yika_central.services.customers import PersonalKeys
from yika_central.services.debt_book import DebtBook
from yika_central.services.duplicate_finder import holder_of, plain
from yika_central.services.key_room import KeyRoom
from yika_common.clock import Clock, from_timestamp
from yika_common.numbers import Money
from yika_common.sync.personal_data import Person

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class PairView:
    """Two accounts that were proposed, or decided; ``why`` names what is alike."""

    account: str
    other: str
    why: tuple[str, ...]
    state: str
    found_at: datetime
    decided_by: str
    seconded_by: str
    reason: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Side:
    """One account, as far as it tells whether it is the same household's as another one.

    ``waiting`` counts its sales of which it is not known whether they reached the card, ``doubts``
    its records that wait for a person.  ``outstanding`` is above zero to the customer's favour.
    """

    account: str
    survivor: str
    person: Person | None
    community: str
    area: str
    tariff_class: str
    persons: int
    opened_at: datetime
    node: str
    operator: str
    status: str
    meters: tuple[tuple[str, str], ...]
    cards: tuple[str, ...]
    sales: int
    paid: Money
    first_sale: datetime | None
    last_sale: datetime | None
    outstanding: Money
    debts: Money
    waiting: int
    doubts: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sides, what was decided of them (None: nothing), and whose words are alike."""

    sides: tuple[Side, Side]
    pair: PairView | None
    same_phone: bool
    same_document: bool


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where an account belongs: the surviving one, and all others of the household."""

    survivor: str
    others: tuple[str, ...]


class Duplicates:
    """Shows pairs; changes nothing."""

    def __init__(self, database: Database, keys: KeyRoom, clock: Clock, zone: ZoneInfo) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._zone = zone

    def listed(self, state: str, after: store.Pair = ("", "")) -> tuple[PairView, ...]:
        """The next pairs of a state, at most :data:`PAGE`, by their numbers."""
        with self._database.reading() as session:
            rows = store.listed(session.connection(), state, after, PAGE)
        return tuple(map(_pair_view, rows))

    def waiting(self) -> int:
        """How many pairs wait for a person."""
        with self._database.reading() as session:
            return store.waiting(session.connection())

    def belonging(self, account: str) -> Belonging | None:
        """The household of an account; None where it was never merged with another."""
        with self._database.reading() as session:
            connection = session.connection()
            survivor = survivors_of(connection, [account]).get(account)
            if survivor is None:
                return None
            members = members_of(connection, [account])[account]
        return Belonging(survivor, tuple(member for member in members if member != account))

    def compare(self, one: str, other: str) -> Compared:
        """Both accounts side by side.

        Raises:
            NoSuchAccount: headquarters does not know one of them.
        """
        with self._database.reading() as session:
            connection = session.connection()
            sources = sources_of(connection, [one, other])
            for account in (one, other):
                if account not in sources:
                    raise NoSuchAccount(account=account[:40])
            holders = store.holders(connection, [one, other])
            survivors = survivors_of(connection, [one, other])
            sides = tuple(
                self._side(connection, sources[account], holders.get(account), survivors)
                for account in (one, other)
            )
            row = store.pair_row(connection, store.pair_of(one, other))
        left, right = (side.person for side in sides)
        return Compared(
            sides=(sides[0], sides[1]),
            pair=None if row is None else _pair_view(row),
            same_phone=_same(left, right, "phone"),
            same_document=_same(left, right, "document"),
        )

    def _side(
        self,
        connection: Connection,
        source: Source,
        amended: Mapping[Any, Any] | None,
        survivors: Mapping[str, str],
    ) -> Side:
        opened = source.account
        account = opened["account"]
        personal = PersonalKeys(self._keys.personal_data_key)
        person, area, community = holder_of(opened, amended, personal)
        head = settlement_store.heads(connection, [account]).get(account, settlement_store.Head())
        debts = DebtBook(connection, self._clock(), self._zone).states([account])
        sold = _sold(connection, account)
        facts = source.facts or opened
        return Side(
            account=account,
            survivor=survivors.get(account, account),
            person=person,
            community=community,
            area=area,
            tariff_class=facts["tariff_class"],
            persons=facts["persons"],
            opened_at=from_timestamp(opened["opened_at"]),
            node=opened["node"],
            operator=_operator(connection, opened),
            status=source.status["what"] if source.status else "",
            meters=tuple((meter["service"], meter["meter"]) for meter in source.meters),
            cards=_cards(connection, account),
            sales=sold["sales"],
            paid=Money(int(sold["paid"] or 0)),
            first_sale=from_timestamp(sold["first"]) if sold["sales"] else None,
            last_sale=from_timestamp(sold["last"]) if sold["sales"] else None,
            outstanding=Money(head.total - settlement_store.applied(connection, account)),
            debts=Money(sum(state.owed.left for state in debts)),
            waiting=int(sold["waiting"] or 0),
            doubts=_doubts(connection, opened),
        )


def _pair_view(row: RowMapping) -> PairView:
    return PairView(
        account=row["account"],
        other=row["other"],
        why=tuple(row["why"].split()),
        state=row["state"],
        found_at=from_timestamp(row["found_at"]),
        decided_by=row["decided_by"],
        seconded_by=row["seconded_by"],
        reason=row["reason"],
        decided_at=from_timestamp(row["decided_at"]) if row["decided_at"] else None,
    )


def _same(left: Person | None, right: Person | None, name: str) -> bool:
    if left is None or right is None:
        return False
    told = plain(getattr(left, name))
    return bool(told) and told == plain(getattr(right, name))


def _sold(connection: Connection, account: str) -> RowMapping:
    """The sums of an account's own sales, from the index by account."""
    sale = table_of(Sale)
    pending = sale.c.outcome == "PENDING"
    query = select(
        func.count().label("sales"),
        func.sum(sale.c.paid).label("paid"),
        func.min(sale.c.stamped_at).label("first"),
        func.max(sale.c.stamped_at).label("last"),
        func.count().filter(pending).label("waiting"),
    ).where(sale.c.account == account, sale.c.act == "", sale.c.outcome != "SUPERSEDED")
    return connection.execute(query).mappings().one()


def _cards(connection: Connection, account: str) -> tuple[str, ...]:
    table = table_of(IssuedCard)
    query = select(table.c.card).where(table.c.account == account)
    return tuple(connection.execute(query.order_by(table.c.generation.desc())).scalars())


def _operator(connection: Connection, opened: Mapping[str, object]) -> str:
    """Who opened the account, by the record that did."""
    record = table_of(Record)
    here = (record.c[name] == opened[name] for name in PLACE)
    return str(connection.execute(select(record.c.operator).where(*here)).scalar() or "")


def _doubts(connection: Connection, opened: Mapping[str, object]) -> int:
    """Open doubts about the account itself, or about one of its sales."""
    doubt, sale = table_of(Suspense), table_of(Sale)
    same = and_(*(doubt.c[name] == sale.c[name] for name in PLACE))
    of_sales = (
        select(func.count())
        .select_from(sale)
        .join(doubt, same)
        .where(sale.c.account == opened["account"], doubt.c.state == "OPEN")
    )
    here = (doubt.c[name] == opened[name] for name in PLACE)
    of_itself = select(func.count()).select_from(doubt).where(*here, doubt.c.state == "OPEN")
    return sum(int(connection.execute(query).scalar_one()) for query in (of_sales, of_itself))
