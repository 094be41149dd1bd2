"""What is shown of debts: how each stands, and everything that changed it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from yika_central.db import settlement_store as store
from yika_central.db.books import booked_at
from yika_central.db.charge_store import debts_paid
from yika_central.db.rerating_store import PLACE
from yika_central.db.tables import DebtEntry, Sale, SaleDebt, table_of
from yika_central.domain.debts import Owed, age_of
from yika_central.services.debt_book import DebtState
from yika_common.clock import from_timestamp
from yika_common.journal.record import txn_id
from yika_common.numbers import Money


@dataclass(frozen=True, slots=True)
class DebtView:
    """A debt as it stands."""

    account: str
    debt: str
    zh: str
    en: str
    owed: Owed
    share: int
    least: Money
    priority: int
    not_before: datetime | None
    begun: bool
    due_on: date | None
    daily_fee: int
    fee_most: Money
    month: str
    reason: str
    registered_by: str
    seconded_by: str
    registered_at: datetime
    age: int


@dataclass(frozen=True, slots=True)
class DebtMove:
    """A line of a debt's statement: what changed it, by how much, and what was left then.

    ``kind`` is REGISTERED, FEE, WAIVED, MOVED, COLLECTED or PAID; a collection names its sale, a
    payment its receipt.
    """

    at: datetime
    kind: str
    amount: Money
    left: Money = Money(0)  # noqa: RUF009 - a plain 0
    month: str = ""
    of_month: str = ""
    reason: str = ""
    made_by: str = ""
    seconded_by: str = ""
    place: tuple[str, int, int, int] | None = None
    txn_id: str = ""


def view_of(state: DebtState, today: date) -> DebtView:
    """A debt as it stands on a day."""
    row, due_on = state.row, state.terms.due_on
    return DebtView(
        account=row.account,
        debt=row.debt,
        zh=row.zh,
        en=row.en,
        owed=state.owed,
        share=row.share,
        least=Money(row.least),
        priority=row.priority,
        not_before=from_timestamp(row.not_before) if row.not_before else None,
        begun=row.begun,
        due_on=due_on,
        daily_fee=row.daily_fee,
        fee_most=Money(row.fee_most),
        month=row.month,
        reason=row.reason,
        registered_by=row.registered_by,
        seconded_by=row.seconded_by,
        registered_at=from_timestamp(row.registered_at),
        age=age_of(due_on, today),
    )


def entries_of(connection: Connection, account: str, debt: str) -> list[DebtMove]:
    """Late fees and waivers, in their order."""
    table = table_of(DebtEntry)
    rows = connection.execute(
        select(table)
        .where(table.c.account == account, table.c.debt == debt)
        .order_by(table.c.number)
    ).all()
    return [
        DebtMove(
            from_timestamp(row.made_at),
            row.kind,
            Money(row.amount),
            month=row.month,
            of_month=row.of_month,
            reason=row.reason,
            made_by=row.made_by,
            seconded_by=row.seconded_by,
        )
        for row in rows
    ]


def collections_of(connection: Connection, account: str, debt: str) -> list[DebtMove]:
    """What sales collected of the debt."""
    sale, taken = table_of(Sale), table_of(SaleDebt)
    rows = connection.execute(
        select(
            *(sale.c[name] for name in PLACE),
            sale.c.hash,
            sale.c.operator,
            booked_at.label("sold_at"),
            taken.c.amount,
        )
        .join_from(sale, taken, _same_place(sale, taken))
        .where(
            sale.c.account == account,
            taken.c.debt == debt,
            sale.c.outcome != store.SUPERSEDED,
            taken.c.amount != 0,
        )
    ).all()
    return [
        DebtMove(
            from_timestamp(row.sold_at),
            "COLLECTED",
            Money(-row.amount),
            made_by=row.operator,
            place=(row.node, row.epoch, row.branch, row.seq),
            txn_id=txn_id(bytes(row.hash)),
        )
        for row in rows
    ]


def paid_at_counters(connection: Connection, account: str, debt: str) -> list[DebtMove]:
    """What was paid of the debt as the account ended, with its guarantee or with money."""
    return [
        DebtMove(
            from_timestamp(paid.sold_at),
            "PAID",
            Money(-paid.amount),
            reason=f"{paid.node}-{paid.epoch}-{paid.seq:06}",
        )
        for paid in debts_paid(connection, (account,))
        if paid.debt == debt
    ]


def _same_place(left: Any, right: Any) -> Any:
    return and_(*(left.c[name] == right.c[name] for name in PLACE))
