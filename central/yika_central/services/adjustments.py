"""Adjustments of accounts: decided by hand, and proved from the journal.

What a person decides is one more part of the account's cumulative adjustment, with a reason and,
above a limit, a second person.  What is shown of an account are all parts with what they are
about, and every purchase through which something was applied, so that anybody can add them up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, or_, select
from sqlmodel import Session

from yika_central.db import settlement_store as store
from yika_central.db.books import closed_through, hold_books
from yika_central.db.database import Database, add
from yika_central.db.rerating_store import PLACE
from yika_central.db.sheet_changes import note_changed
from yika_central.db.tables import (
    Account,
    AccountMeter,
    AdjustmentEntry,
    QuantityEntry,
    Sale,
    table_of,
)
from yika_central.domain.months import booked, month_of
from yika_central.services.settlement import BY_HAND, Batch
from yika_central.services.staff import Credential
from yika_central.services.two_persons import TwoPersons, check_reason
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.journal.record import txn_id
from yika_common.numbers import Money, Quantity

SHOWN = 500
"""Rows of a list at most."""


class NoSuchAccount(YikaError):
    """Nobody has opened the account, as far as headquarters knows."""

    code = "no_such_account"
    sentence = N_(
        "Headquarters knows no account %(account)s. Nothing was changed. Correct the number, or "
        "wait until the vending point that opened it has synced."
    )


class NoSuchSlot(YikaError):
    """The account's card has no meter in that place."""

    code = "no_such_slot"
    sentence = N_(
        "Account %(account)s has no meter in slot %(slot)s. Nothing was changed. Choose one of "
        "its meters."
    )


class AdjustsNothing(YikaError):
    """An adjustment by nothing, or by more than a record can say."""

    code = "adjusts_nothing"
    sentence = N_(
        "An adjustment is neither 0 nor beyond what a receipt can show. Nothing was changed. "
        "Correct the amount."
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an adjustment; ``position`` names its sale, empty where it has none."""

    number: int
    kind: str
    cause: str
    amount: Money
    node: str
    epoch: int
    branch: int
    seq: int
    debt: str
    month: str
    of_month: str
    reason: str
    made_by: str
    seconded_by: str
    made_at: datetime

    @property
    def position(self) -> str:
        """The journal position of its sale."""
        fork = f"-b{self.branch}" if self.branch else ""
        return f"{self.node}-e{self.epoch}-q{self.seq}{fork}" if self.node else ""


@dataclass(frozen=True, slots=True)
class Application:
    """A purchase through which something was applied or kept, as its journal record says."""

    node: str
    epoch: int
    branch: int
    seq: int
    txn_id: str
    at: datetime
    slot: int
    service: str
    number: int
    adjusted: Money
    kept: Money
    pending: bool

    @property
    def position(self) -> str:
        """Its journal position."""
        fork = f"-b{self.branch}" if self.branch else ""
        return f"{self.node}-e{self.epoch}-q{self.seq}{fork}"


@dataclass(frozen=True, slots=True)
class QuantityPart:
    """A part of the adjustment of one meter's quantity."""

    slot: int
    service: str
    number: int
    amount: Quantity
    reason: str
    made_by: str
    seconded_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class AccountAdjustment:
    """An account's adjustment: its total under its number, the parts, and what was applied.

    ``outstanding`` is what the next purchase settles: above zero to the customer's favour.
    """

    account: str
    area: str
    number: int
    total: Money
    parts: tuple[Part, ...]
    applications: tuple[Application, ...]
    quantities: tuple[QuantityPart, ...]
    meters: tuple[tuple[int, str, str], ...]

    @property
    def applied(self) -> Money:
        """What all purchases together applied, less what they kept."""
        return Money(sum(applied.adjusted - applied.kept for applied in self.applications))

    @property
    def outstanding(self) -> Money:
        """What is still to be applied."""
        return Money(self.total - self.applied)


@dataclass(frozen=True, slots=True)
class Outstanding:
    """One line of the list of accounts with an adjustment."""

    account: str
    area: str
    number: int
    total: Money
    applied: Money

    @property
    def left(self) -> Money:
        """What is still to be applied."""
        return Money(self.total - self.applied)


class Adjustments:
    """Adjusts accounts by hand, and shows what became of every adjustment."""

    def __init__(
        self, database: Database, persons: TwoPersons, clock: Clock, zone: ZoneInfo
    ) -> None:
        self._database = database
        self._persons = persons
        self._clock = clock
        self._zone = zone

    @property
    def limit(self) -> Money:
        """The money above which a second person is needed."""
        return Money(self._persons.limit)

    def adjust(
        self,
        account: str,
        amount: Money,
        *,
        by: str,
        reason: str,
        second: Credential | None = None,
    ) -> Money:
        """Add to an account's adjustment, above zero to the customer's favour; the new total.

        Raises:
            AdjustsNothing, ReasonMissing, NoSuchAccount: nothing was changed.
            SecondPersonMissing, SamePersonTwice, NotABookkeeper, WrongPassword: likewise.
        """
        reason = check_reason(reason)
        if not 0 < abs(amount) <= FIGURE_MAX:
            raise AdjustsNothing
        other = self._persons.second(by, second, amount=amount)
        at = self._clock()
        with self._database.writing() as connection:
            hold_books(connection)
            check_account(connection, account)
            batch = Batch(connection, at, self._zone)
            entry = {
                "account": account,
                "kind": BY_HAND,
                "amount": int(amount),
                "reason": reason,
                "made_by": by,
                "seconded_by": other,
            }
            batch.enter([entry | batch.booking(month_of(at, self._zone))])
            note_changed(connection, [account])
            return Money(store.heads(connection, [account])[account].total)

    def adjust_quantity(
        self,
        account: str,
        slot: int,
        amount: Quantity,
        *,
        by: str,
        reason: str,
        second: Credential | None,
    ) -> Quantity:
        """Add to the adjustment of a meter's quantity; always with a second person.

        Raises:
            AdjustsNothing, ReasonMissing, NoSuchAccount, NoSuchSlot: nothing was changed.
            SecondPersonMissing, SamePersonTwice, NotABookkeeper, WrongPassword: likewise.
        """
        reason = check_reason(reason)
        if not 0 < abs(amount) <= FIGURE_MAX:
            raise AdjustsNothing
        other = self._persons.second(by, second, always=True)
        at = self._clock()
        table = table_of(QuantityEntry)
        with self._database.writing() as connection:
            hold_books(connection)
            check_account(connection, account)
            service = _service(connection, account, slot)
            here = (table.c.account == account, table.c.slot == slot)
            number, total = connection.execute(
                select(
                    func.coalesce(func.max(table.c.number), 0),
                    func.coalesce(func.sum(table.c.amount), 0),
                ).where(*here)
            ).one()
            row = QuantityEntry(
                account=account,
                slot=slot,
                number=number + 1,
                service=service,
                amount=int(amount),
                month=booked(month_of(at, self._zone), closed_through(connection)),
                reason=reason,
                made_by=by,
                seconded_by=other,
                made_at=to_timestamp(at),
            )
            add(connection, QuantityEntry, [row.model_dump()])
            note_changed(connection, [account])
        return Quantity(int(total) + amount)

    def account(self, account: str) -> AccountAdjustment:
        """All about an account's adjustment, newest parts first.

        Raises:
            NoSuchAccount: headquarters does not know it.
        """
        with self._database.reading() as session:
            connection = session.connection()
            area = check_account(connection, account)
            head = store.heads(connection, [account]).get(account, store.Head())
            meter = table_of(AccountMeter)
            meters = connection.execute(
                select(meter.c.slot, meter.c.service, meter.c.meter)
                .where(meter.c.account == account)
                .order_by(meter.c.slot)
            ).all()
            return AccountAdjustment(
                account=account,
                area=area,
                number=head.number,
                total=Money(head.total),
                parts=_parts(session, account),
                applications=_applications(session, account),
                quantities=_quantities(session, account),
                meters=tuple((row.slot, row.service, row.meter) for row in meters),
            )

    def listed(self, *, open_only: bool = True) -> tuple[Outstanding, ...]:
        """Accounts with an adjustment, those with most outstanding first."""
        with self._database.reading() as session:
            rows = _balances(session)
        lines = [
            Outstanding(
                row.account,
                row.area or "",
                row.number or 0,
                Money(int(row.total or 0)),
                Money(int(row.applied or 0)),
            )
            for row in rows
        ]
        shown = [line for line in lines if line.left or not open_only]
        return tuple(sorted(shown, key=lambda line: (-abs(line.left), line.account))[:SHOWN])


def check_account(connection: Connection, account: str) -> str:
    """The area of an account that headquarters knows.

    Raises:
        NoSuchAccount: it does not.
    """
    table = table_of(Account)
    row = connection.execute(select(table.c.area).where(table.c.account == account)).first()
    if row is None:
        raise NoSuchAccount(account=account[:40])
    return str(row.area)


def _service(connection: Connection, account: str, slot: int) -> str:
    table = table_of(AccountMeter)
    row = connection.execute(
        select(table.c.service).where(table.c.account == account, table.c.slot == slot)
    ).first()
    if row is None:
        raise NoSuchSlot(account=account, slot=slot)
    return str(row.service)


def _parts(session: Session, account: str) -> tuple[Part, ...]:
    table = table_of(AdjustmentEntry)
    rows = session.execute(
        select(table).where(table.c.account == account).order_by(table.c.entry.desc())
    ).all()
    names = (*PLACE, "debt", "month", "of_month", "reason", "made_by", "seconded_by")
    return tuple(
        Part(
            number=row.number,
            kind=row.kind,
            cause=row.cause,
            amount=Money(row.amount),
            made_at=from_timestamp(row.made_at),
            **{name: row._mapping[name] for name in names},
        )
        for row in rows
    )


def _applications(session: Session, account: str) -> tuple[Application, ...]:
    sale = table_of(Sale)
    rows = session.execute(
        select(sale)
        .where(
            sale.c.account == account,
            sale.c.outcome != store.SUPERSEDED,
            or_(sale.c.adjusted != 0, sale.c.kept != 0),
        )
        .order_by(sale.c.stamped_at.desc(), *(sale.c[name] for name in PLACE))
    ).all()
    return tuple(
        Application(
            node=row.node,
            epoch=row.epoch,
            branch=row.branch,
            seq=row.seq,
            txn_id=txn_id(bytes(row.hash)),
            at=from_timestamp(row.stamped_at),
            slot=row.slot,
            service=row.service,
            number=row.adjusted_number,
            adjusted=Money(row.adjusted),
            kept=Money(row.kept),
            pending=row.outcome == "PENDING",
        )
        for row in rows
    )


def _quantities(session: Session, account: str) -> tuple[QuantityPart, ...]:
    table = table_of(QuantityEntry)
    rows = session.execute(
        select(table)
        .where(table.c.account == account)
        .order_by(table.c.made_at.desc(), table.c.slot, table.c.number.desc())
    ).all()
    return tuple(
        QuantityPart(
            slot=row.slot,
            service=row.service,
            number=row.number,
            amount=Quantity(row.amount),
            reason=row.reason,
            made_by=row.made_by,
            seconded_by=row.seconded_by,
            made_at=from_timestamp(row.made_at),
        )
        for row in rows
    )


def _balances(session: Session) -> Sequence[Any]:
    """Every account with an adjustment, or with one applied, and both sums."""
    entry, sale, account = table_of(AdjustmentEntry), table_of(Sale), table_of(Account)
    entered = (
        select(
            entry.c.account,
            func.max(entry.c.number).label("number"),
            func.sum(entry.c.amount).label("total"),
        )
        .group_by(entry.c.account)
        .subquery()
    )
    used = (
        select(sale.c.account, func.sum(sale.c.adjusted - sale.c.kept).label("applied"))
        .where(
            sale.c.outcome != store.SUPERSEDED,
            or_(sale.c.adjusted != 0, sale.c.kept != 0),
        )
        .group_by(sale.c.account)
        .subquery()
    )
    return session.execute(
        select(
            account.c.account, account.c.area, entered.c.number, entered.c.total, used.c.applied
        )
        .join(entered, entered.c.account == account.c.account, isouter=True)
        .join(used, used.c.account == account.c.account, isouter=True)
        .where(or_(entered.c.account.is_not(None), used.c.account.is_not(None)))
    ).all()
