"""What is shown of accounts' adjustments: their parts, and the purchases that applied them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, or_, select
from sqlmodel import Session

from yika_central.db import settlement_store as store
from yika_central.db.charge_store import Held
from yika_central.db.make_up_store import credited
from yika_central.db.rerating_store import PLACE
from yika_central.db.tables import Account, AdjustmentEntry, QuantityEntry, Sale, table_of
from yika_common.clock import from_timestamp
from yika_common.journal.record import txn_id
from yika_common.numbers import Money, Quantity


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
    old: str = ""
    meter: str = ""
    """Where nobody decided it: the meter that was replaced, and the one that had no room."""


class Owing(NamedTuple):
    """What a slot's meter is owed in quantity in all, what was loaded of it, and what is left."""

    slot: int
    service: str
    owed: Quantity
    loaded: Quantity

    @property
    def left(self) -> Quantity:
        """What is still to be loaded; below zero it is withheld of purchases."""
        return Quantity(self.owed - self.loaded)


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
    guarantees: tuple[Held, ...] = ()
    """What vending points hold as the account's guarantee; no part of the adjustment."""
    credited: Mapping[int, int] = field(default_factory=dict)
    """By slot: what records credited of the adjusted quantities."""

    @property
    def owing(self) -> tuple[Owing, ...]:
        """What is owed in quantity, slot by slot."""
        slots = {part.slot: part.service for part in self.quantities}
        return tuple(
            Owing(
                slot,
                slots[slot],
                Quantity(sum(part.amount for part in self.quantities if part.slot == slot)),
                Quantity(self.credited.get(slot, 0)),
            )
            for slot in sorted(slots)
        )

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


def parts_of(session: Session, account: str) -> tuple[Part, ...]:
    """The parts of an account's adjustment, newest first."""
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


def applications_of(session: Session, account: str) -> tuple[Application, ...]:
    """The purchases that applied or kept something, newest first."""
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


def quantities_of(session: Session, account: str) -> tuple[QuantityPart, ...]:
    """The parts of the adjusted quantities, newest first."""
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
            old=row.old,
            meter=row.meter,
        )
        for row in rows
    )


def balances(session: Session) -> Sequence[Any]:
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


def quantities_left(connection: Connection, account: str) -> dict[int, int]:
    """By slot: what is still to be credited of the adjusted quantity; below zero: withheld."""
    given = credited(connection, account)
    return {
        row.slot: int(row.total) - given.get(row.slot, 0)
        for row in store.quantities(connection, [account])
    }
