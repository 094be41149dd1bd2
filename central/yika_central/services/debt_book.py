"""Debts as the books have them: what each comes to, and what follows from the calendar."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, and_, or_, select, update

from yika_central.db import settlement_store as store
from yika_central.db.base import one_of
from yika_central.db.database import add
from yika_central.db.tables import Debt, DebtEntry, table_of
from yika_central.domain.debts import Owed, Paid, Terms, late_fee
from yika_central.domain.months import Month, month_of
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.numbers import Money

Booking = Callable[[Month], dict[str, Any]]

Key = tuple[str, str]
"""An account and the id of one of its debts."""


@dataclass(frozen=True, slots=True)
class DebtState:
    """A debt's row and what it comes to; ``paid`` are its collections by day."""

    row: Row[Any]
    owed: Owed
    paid: tuple[Paid, ...]

    @property
    def terms(self) -> Terms:
        """What sets its late fee."""
        return Terms(
            Money(self.row.amount),
            date.fromisoformat(self.row.due_on) if self.row.due_on else None,
            self.row.daily_fee,
            Money(self.row.fee_most),
        )


class DebtBook:
    """The debts of some accounts, inside a transaction that holds the books."""

    def __init__(self, connection: Connection, at: datetime, zone: ZoneInfo) -> None:
        self._connection = connection
        self._at = at
        self._zone = zone

    @staticmethod
    def accruing(connection: Connection, today: date) -> Sequence[str]:
        """Accounts with a debt that has still to begin, or that may cost a late fee."""
        table = table_of(Debt)
        late = and_(table.c.daily_fee > 0, table.c.due_on != "", table.c.due_on < str(today))
        query = select(table.c.account).where(or_(~table.c.begun, late)).distinct()
        return connection.execute(query.order_by(table.c.account)).scalars().all()

    def states(self, accounts: Sequence[str]) -> list[DebtState]:
        """Every debt of the accounts, by account, priority and id."""
        paid: dict[Key, list[Paid]] = {}
        for taken in store.taken_from_debts(self._connection, accounts):
            on = from_timestamp(taken.sold_at).astimezone(self._zone).date()
            paid.setdefault((taken.account, taken.debt), []).append(Paid(on, taken.amount))
        return [
            state_of(row, paid.get((row.account, row.debt), ()))
            for row in store.debts_of(self._connection, accounts)
        ]

    def begin(self, accounts: Sequence[str]) -> set[str]:
        """Let the debts begin whose day has come; the accounts that have them."""
        table = table_of(Debt)
        due = [
            (row.account, row.debt)
            for row in store.debts_of(self._connection, accounts)
            if not row.begun and row.not_before <= to_timestamp(self._at)
        ]
        if due:
            here = one_of([table.c.account, table.c.debt], due)
            self._connection.execute(update(table).where(here).values(begun=True))
        return {account for account, _ in due}

    def enter_fees(self, accounts: Sequence[str], booking: Booking) -> set[str]:
        """Enter what the late fees have changed by, up to yesterday; the accounts concerned."""
        yesterday = self._at.astimezone(self._zone).date() - timedelta(days=1)
        waivers = self._waivers(accounts)
        rows = []
        for state in self.states(accounts):
            key = (state.row.account, state.row.debt)
            paid = (*state.paid, *waivers.get(key, ()))
            change = late_fee(state.terms, paid, yesterday) - state.owed.fees
            if change:
                rows.append(
                    DebtEntry(
                        account=key[0],
                        debt=key[1],
                        number=state.row.entries + 1,
                        kind=store.FEE,
                        amount=change,
                        upto=str(yesterday),
                        made_at=to_timestamp(self._at),
                        **booking(month_of(self._at, self._zone)),
                    ).model_dump()
                )
        add(self._connection, DebtEntry, rows)
        return {row["account"] for row in rows}

    def collected_twice(
        self,
        accounts: Sequence[str],
        entered: Callable[[Sequence[str]], Mapping[Key, int]],
    ) -> list[tuple[str, str, Money]]:
        """What was collected beyond a debt and not yet given back: account, debt, amount."""
        before = entered(accounts)
        found = []
        for state in self.states(accounts):
            key = (state.row.account, state.row.debt)
            change = Money(state.owed.too_much - before.get(key, 0))
            if change:
                found.append((*key, change))
        return found

    def _waivers(self, accounts: Sequence[str]) -> dict[Key, list[Paid]]:
        table = table_of(DebtEntry)
        rows = self._connection.execute(
            select(table).where(
                table.c.account.in_(accounts), table.c.kind.in_([store.WAIVED, store.MOVED])
            )
        ).all()
        found: dict[Key, list[Paid]] = {}
        for row in rows:
            on = from_timestamp(row.made_at).astimezone(self._zone).date()
            found.setdefault((row.account, row.debt), []).append(Paid(on, Money(-row.amount)))
        return found


def state_of(row: Row[Any], paid: Iterable[Paid]) -> DebtState:
    """A debt with its collections."""
    payments = tuple(sorted(paid, key=lambda payment: payment.on))
    collected = Money(sum(payment.amount for payment in payments))
    owed = Owed(Money(row.amount), Money(int(row.fees)), Money(int(row.waived)), collected)
    return DebtState(row, owed, payments)
