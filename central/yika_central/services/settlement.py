"""Settlement: what was posted is absorbed or adjusted, and accounts are brought up to date.

A run looks only at accounts with postings that nobody settled yet, and at those of which a node's
records may have changed something else: a superseded sale, a debt collected twice.  All that is
found is entered in one transaction per batch, in the accounting month that is open.  A run that
finds nothing new enters nothing, so any number of runs gives the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from yika_central.db import make_up_store
from yika_central.db import settlement_store as store
from yika_central.db.books import closed_through, hold_books
from yika_central.db.charge_store import deposits
from yika_central.db.database import Database, add
from yika_central.db.rerating_store import PLACE
from yika_central.db.sheet_changes import note_changed
from yika_central.db.tables import QuantityEntry
from yika_central.domain.months import Month, booked, month_of
from yika_central.domain.settlement import Standing, next_number, paid_back, settle
from yika_central.services.debt_book import DebtBook
from yika_central.services.merged_money import moved_balances
from yika_central.services.policies import PoliciesThen
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.journal.till_bodies import OF_ADJUSTMENT
from yika_common.numbers import Money

BATCH = 500
"""Accounts in one transaction: few enough that nobody waits long."""

POSTING, COLLECTED_TWICE, BY_HAND = "POSTING", "COLLECTED_TWICE", "BY_HAND"
DEPOSITED, AT_THE_END, TRANSFER = "DEPOSIT", "AT_THE_END", store.TRANSFER
PAID_BACK = store.PAID_BACK
"""What a part of an adjustment is about."""

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SettlementRun:
    """What a run did: accounts looked at, postings settled, and their money.

    ``posted`` is ``absorbed`` plus ``adjusted``; above zero customers owe it.  ``credited`` is
    what accounts were adjusted by in all, to the customers' favour.
    """

    accounts: int = 0
    postings: int = 0
    posted: Money = Money(0)  # noqa: RUF009 - a plain 0
    absorbed: Money = Money(0)  # noqa: RUF009 - a plain 0
    adjusted: Money = Money(0)  # noqa: RUF009 - a plain 0
    credited: Money = Money(0)  # noqa: RUF009 - a plain 0

    def __add__(self, other: "SettlementRun") -> "SettlementRun":
        return SettlementRun(
            self.accounts + other.accounts,
            self.postings + other.postings,
            Money(self.posted + other.posted),
            Money(self.absorbed + other.absorbed),
            Money(self.adjusted + other.adjusted),
            Money(self.credited + other.credited),
        )


class Settling:
    """Settles what was posted, and keeps adjustments and debts up to date."""

    def __init__(self, database: Database, clock: Clock, zone: ZoneInfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    def run(self) -> SettlementRun:
        """Settle everything that waits; what arrives meanwhile may wait for the next run.

        Raises:
            DiskFull, DatabaseBusy, DatabaseAway: what was entered before stands, the rest waits.
        """
        done = SettlementRun()
        while True:
            with self._database.writing() as connection:
                hold_books(connection)
                tickets = store.take_due(connection, BATCH)
                waiting = store.unsettled_accounts(connection, BATCH)
                accounts = sorted({*waiting, *(ticket.account for ticket in tickets)})
                if accounts:
                    done += Batch(connection, self._clock(), self._zone).settle(accounts)
                    store.strike_off(connection, tickets)
            if len(tickets) < BATCH and len(waiting) < BATCH:
                return done

    def accrue(self) -> int:
        """Begin the debts whose day has come and enter late fees; how many accounts changed.

        A daily job; run more often, or late, it enters the same.
        """
        with self._database.reading() as session:
            waiting = DebtBook.accruing(session.connection(), self._today)
        changed = 0
        for start in range(0, len(waiting), BATCH):
            with self._database.writing() as connection:
                hold_books(connection)
                batch = Batch(connection, self._clock(), self._zone)
                changed += batch.accrue(waiting[start : start + BATCH])
        return changed

    @property
    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()


class Batch:
    """Accounts in one transaction, by one time; the books must be held."""

    def __init__(self, connection: Connection, at: datetime, zone: ZoneInfo) -> None:
        self._connection = connection
        self._at = at
        self._zone = zone
        self._closed = closed_through(connection)

    def settle(self, accounts: Sequence[str]) -> SettlementRun:
        """Bring accounts up to date with what was posted, superseded and collected."""
        book = DebtBook(self._connection, self._at, self._zone)
        touched = set(book.begin(accounts)) | set(book.enter_fees(accounts, self.booking))
        rows, entries = self._postings(accounts)
        entries += self._paid_back(accounts)
        entries += self._deposited(accounts)
        entries += [
            {"account": account, "kind": COLLECTED_TWICE, "debt": debt, "amount": amount}
            | self.booking(month_of(self._at, self._zone))
            for account, debt, amount in book.collected_twice(accounts, self._entered_debts)
        ]
        store.add_settlements(self._connection, rows)
        store.mark_settled(self._connection, rows)
        touched |= self.enter(entries) | self._made_up(accounts)
        touched |= self.enter(moved_balances(self._connection, accounts, self._now))
        note_changed(self._connection, touched)
        return SettlementRun(
            len(accounts),
            len(rows),
            Money(sum(row["posted"] for row in rows)),
            Money(sum(row["absorbed"] for row in rows)),
            Money(sum(row["adjusted"] for row in rows)),
            Money(sum(entry["amount"] for entry in entries)),
        )

    def accrue(self, accounts: Sequence[str]) -> int:
        """Begin debts and enter late fees; how many of the accounts changed."""
        book = DebtBook(self._connection, self._at, self._zone)
        touched = set(book.begin(accounts)) | set(book.enter_fees(accounts, self.booking))
        # A fee that falls because an older payment came to light may leave too much collected.
        store.note_due(self._connection, touched)
        note_changed(self._connection, touched)
        return len(touched)

    @property
    def _now(self) -> Values:
        """The months of what is booked about the present one."""
        return self.booking(month_of(self._at, self._zone))

    def booking(self, of_month: Month) -> Values:
        """The months that a row about this month carries."""
        return {"month": booked(of_month, self._closed), "of_month": of_month}

    def enter(self, entries: Sequence[Values]) -> set[str]:
        """Append parts of adjustments, in their order; the accounts that have them."""
        accounts = sorted({entry["account"] for entry in entries})
        heads = store.heads(self._connection, accounts)
        numbers = {
            account: next_number(heads.get(account, store.Head()).number) for account in accounts
        }
        last = {account: heads.get(account, store.Head()).entries for account in accounts}
        rows = []
        for entry in entries:
            account = entry["account"]
            last[account] += 1
            rows.append(
                _NO_ENTRY
                | entry
                | {
                    "entry": last[account],
                    "number": numbers[account],
                    "made_at": to_timestamp(self._at),
                }
            )
        store.add_entries(self._connection, rows)
        return set(accounts)

    def _postings(self, accounts: Sequence[str]) -> tuple[list[Values], list[Values]]:
        """The settlements of the accounts' postings, and the parts of adjustments they make."""
        connection, at = self._connection, self._at
        postings = store.unsettled(connection, accounts)
        places = {tuple(row._mapping[name] for name in PLACE) for row in postings}
        before = store.settled_before(connection, places)
        then = PoliciesThen(connection)
        rows, entries = [], []
        for row in postings:
            place = {name: row._mapping[name] for name in PLACE}
            key = (*place.values(), row.cause)
            posted, adjusted, number = before.get(key, (0, 0, None))
            if number is None:
                number = then.number(row.cause, to_timestamp(at))
            standing = Standing(Money(posted), Money(adjusted))
            settled = settle(row.amount, standing, then.policy(row.cause, number))
            following = standing.after(settled)
            before[key] = (following.posted, following.adjusted, number)
            of_month = month_of(from_timestamp(row.sold_at), self._zone)
            common = {"account": row.account, "cause": row.cause} | self.booking(of_month)
            rows.append(
                place
                | common
                | {
                    "number": row.number,
                    "service": row.service,
                    "policy": number,
                    "posted": row.amount,
                    "absorbed": settled.absorbed,
                    "adjusted": settled.adjusted,
                    "settled_at": to_timestamp(at),
                }
            )
            if settled.adjusted:
                part = {"kind": POSTING, "posting": row.number, "amount": -settled.adjusted}
                entries.append(place | common | part)
        return rows, entries

    def _paid_back(self, accounts: Sequence[str]) -> list[Values]:
        """What superseded sales are still owed beside what re-rating posts."""
        entered = store.entered(self._connection, accounts, PAID_BACK)
        entries = []
        for row in store.superseded(self._connection, accounts):
            place = {name: row._mapping[name] for name in PLACE}
            superseded = row.outcome == store.SUPERSEDED
            due = paid_back(amount=row.amount, paid=row.paid, superseded=superseded)
            change = due - entered.get((row.account, *place.values(), ""), 0)
            if change:
                of_month = month_of(from_timestamp(row.sold_at), self._zone)
                part = {"account": row.account, "kind": PAID_BACK, "amount": change}
                entries.append(place | part | {"cause": "superseded"} | self.booking(of_month))
        return entries

    def _deposited(self, accounts: Sequence[str]) -> list[Values]:
        """What was paid in for the accounts and stands, beyond what was entered of it before.

        And what was settled at counters as they ended, which comes off what is outstanding.
        """
        entered = store.entered(self._connection, accounts, DEPOSITED)
        entered |= store.entered(self._connection, accounts, AT_THE_END)
        entries = []
        for row in deposits(self._connection, accounts):
            place = {name: row._mapping[name] for name in PLACE}
            due = 0 if row.returned else row.amount
            change = due - entered.get((row.account, *place.values(), ""), 0)
            if change:
                at = min(max(row.stamped_at, row.not_before), row.not_after)
                of_month = month_of(from_timestamp(at), self._zone)
                kind = AT_THE_END if row.what in OF_ADJUSTMENT else DEPOSITED
                part = {"account": row.account, "kind": kind, "amount": change}
                entries.append(place | part | self.booking(of_month))
        return entries

    def _made_up(self, accounts: Sequence[str]) -> set[str]:
        """Owe meters that replaced others what they had no room for; the accounts they are of."""
        numbers = make_up_store.next_numbers(self._connection, accounts)
        rows: list[Values] = []
        for swap in make_up_store.not_entered(self._connection, accounts):
            slot = (swap.account, swap.slot)
            numbers[slot] = numbers.get(slot, 0) + 1
            rows.append(
                {
                    "account": swap.account,
                    "slot": swap.slot,
                    "number": numbers[slot],
                    "service": swap.service,
                    "amount": swap.owed,
                    "month": self.booking(month_of(self._at, self._zone))["month"],
                    "reason": swap.reason,
                    "made_by": "",
                    "seconded_by": "",
                    "made_at": to_timestamp(self._at),
                    "old": swap.old,
                    "meter": swap.new,
                    "holds": swap.holds,
                }
            )
        add(self._connection, QuantityEntry, rows)
        return {row["account"] for row in rows}

    def _entered_debts(self, accounts: Sequence[str]) -> dict[tuple[str, str], int]:
        found = store.entered(self._connection, accounts, COLLECTED_TWICE)
        return {(key[0], key[-1]): amount for key, amount in found.items()}


_NO_ENTRY: Values = {
    "cause": "",
    "node": "",
    "epoch": 0,
    "branch": 0,
    "seq": 0,
    "posting": 0,
    "debt": "",
    "reason": "",
    "made_by": "",
    "seconded_by": "",
}
