"""The debt office: registers what customers owe, waives, and says how each debt stands.

A debt is collected with purchases at any node, so what was collected is read out of the journals
and never entered here.  What two nodes collect beyond it comes back as an adjustment by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from yika_central.db import settlement_store as store
from yika_central.db.books import closed_through, hold_books
from yika_central.db.database import Database, add
from yika_central.db.sheet_changes import note_changed
from yika_central.db.tables import Debt, DebtEntry, table_of
from yika_central.domain.debts import WHOLE, instalments, months_later
from yika_central.domain.months import booked, month_of
from yika_central.services.adjustments import check_account
from yika_central.services.debt_book import DebtBook, DebtState
from yika_central.services.debt_views import (
    DebtMove,
    DebtView,
    collections_of,
    entries_of,
    paid_at_counters,
    view_of,
)
from yika_central.services.over_use import check_cause
from yika_central.services.settlement import Batch
from yika_central.services.staff import Credential
from yika_central.services.two_persons import TwoPersons, check_reason
from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, Phrase, YikaError
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.numbers import Money

NAME_MAX = 40
PRIORITY_MAX = (1 << 16) - 1
PARTS_MAX = 60
_YEARS = range(1990, 2100)
"""Years of a debt's days; others are slips of the pen."""

_DAILY_MOST = 10_000
"""A late fee of one hundredth a day is more than any rule allows."""


class DebtRefused(YikaError):
    """A debt whose terms make no sense."""

    code = "debt_refused"
    sentence = N_(
        "The debt was not registered: “%(field)s” has no value that makes sense. Correct it."
    )


class NoSuchDebt(YikaError):
    """There is no debt with that number."""

    code = "no_such_debt"
    sentence = N_("There is no debt %(debt)s. Nothing was changed. Look it up in the list.")


class WaivesTooMuch(YikaError):
    """More is to be waived than is owed."""

    code = "waives_too_much"
    sentence = N_(
        "Of this debt less is left than is to be waived, or nothing is. Nothing was changed. "
        "Waive at most what is left."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDebt:
    """A debt to be registered; ``parts`` spreads it over that many months, one debt each.

    ``share`` is in millionths of a payment, ``least`` money per sale, ``daily_fee`` in millionths
    of what is not paid; ``fee_most`` None: late fees never exceed the debt itself.
    """

    account: str
    amount: Money
    zh: str
    en: str
    share: int
    least: Money = Money(0)  # noqa: RUF009 - a plain 0
    priority: int = 10
    not_before: date | None = None
    due_on: date | None = None
    daily_fee: int = 0
    fee_most: Money | None = None
    parts: int = 1
    cause: str = ""
    """The change of a meter whose over-use it is for (:mod:`.over_use`); empty: another reason."""


class DebtOffice:
    """Registers and waives debts, and shows them."""

    def __init__(
        self, database: Database, persons: TwoPersons, clock: Clock, zone: ZoneInfo
    ) -> None:
        self._database = database
        self._persons = persons
        self._clock = clock
        self._zone = zone

    @property
    def today(self) -> date:
        """The utility's day."""
        return self._clock().astimezone(self._zone).date()

    def register(
        self, new: NewDebt, *, by: str, reason: str, second: Credential | None = None
    ) -> tuple[str, ...]:
        """Register a debt, or its instalments; their numbers.

        Raises:
            DebtRefused, ReasonMissing, NoSuchAccount, OverUseUnknown: nothing was registered.
            SecondPersonMissing, SecondPersonWrong, SamePersonTwice, NotABookkeeper: likewise.
        """
        reason = check_reason(reason)
        _check(new)
        other = self._persons.second(by, second, amount=new.amount)
        at = self._clock()
        with self._database.writing() as connection:
            hold_books(connection)
            check_account(connection, new.account)
            if new.cause:
                check_cause(connection, new.cause, new.account)
            first = next_debt_number(connection)
            month = booked(month_of(at, self._zone), closed_through(connection))
            made = {
                "month": month,
                "reason": reason,
                "registered_by": by,
                "seconded_by": other,
                "registered_at": to_timestamp(at),
            }
            rows = [
                self._row(part, number, at) | made
                for number, part in enumerate(_parts(new, self.today), start=first)
            ]
            add(connection, Debt, rows)
            store.note_due(connection, [new.account])
            note_changed(connection, [new.account])
        return tuple(row["debt"] for row in rows)

    def waive(
        self,
        debt: str,
        amount: Money,
        *,
        by: str,
        reason: str,
        second: Credential | None = None,
    ) -> Money:
        """Waive a part of what is left of a debt, late fees included; what is left then.

        Raises:
            WaivesTooMuch, NoSuchDebt, ReasonMissing: nothing was changed.
            SecondPersonMissing, SecondPersonWrong, SamePersonTwice, NotABookkeeper: likewise.
        """
        reason = check_reason(reason)
        other = self._persons.second(by, second, amount=amount)
        at = self._clock()
        with self._database.writing() as connection:
            hold_books(connection)
            account = _account_of(connection, debt)
            batch = Batch(connection, at, self._zone)
            batch.settle([account])
            state = self._state(connection, account, debt)
            if not 0 < amount <= state.owed.left:
                raise WaivesTooMuch
            row = DebtEntry(
                account=account,
                debt=debt,
                number=state.row.entries + 1,
                kind=store.WAIVED,
                amount=-int(amount),
                reason=reason,
                made_by=by,
                seconded_by=other,
                made_at=to_timestamp(at),
                **batch.booking(month_of(at, self._zone)),
            )
            add(connection, DebtEntry, [row.model_dump()])
            note_changed(connection, [account])
        return Money(state.owed.left - amount)

    def listed(self, *, account: str = "", open_only: bool = True) -> tuple[DebtView, ...]:
        """Debts by account, priority and number."""
        table = table_of(Debt)
        with self._database.reading() as session:
            query = select(table.c.account).distinct().order_by(table.c.account)
            if account:
                query = query.where(table.c.account == account)
            accounts = session.execute(query).scalars().all()
            book = DebtBook(session.connection(), self._clock(), self._zone)
            states = [
                state
                for start in range(0, len(accounts), _AT_ONCE)
                for state in book.states(accounts[start : start + _AT_ONCE])
            ]
        views = (view_of(state, self.today) for state in states)
        return tuple(view for view in views if view.owed.left or not open_only)

    def statement(self, debt: str) -> tuple[DebtView, tuple[DebtMove, ...]]:
        """A debt and everything that changed it, in order, with what was left each time.

        Raises:
            NoSuchDebt: there is none.
        """
        with self._database.reading() as session:
            connection = session.connection()
            account = _account_of(connection, debt)
            view = view_of(self._state(connection, account, debt), self.today)
            moves = [
                DebtMove(
                    view.registered_at,
                    "REGISTERED",
                    view.owed.amount,
                    month=view.month,
                    reason=view.reason,
                    made_by=view.registered_by,
                    seconded_by=view.seconded_by,
                ),
                *entries_of(connection, account, debt),
                *collections_of(connection, account, debt),
                *paid_at_counters(connection, account, debt),
            ]
        left, shown = 0, []
        for move in sorted(moves, key=lambda move: (move.at, move.kind != "REGISTERED")):
            left += move.amount
            shown.append(replace(move, left=Money(left)))
        return view, tuple(shown)

    def _state(self, connection: Connection, account: str, debt: str) -> DebtState:
        states = DebtBook(connection, self._clock(), self._zone).states([account])
        return next(state for state in states if state.row.debt == debt)

    def _row(self, new: NewDebt, number: int, at: datetime) -> dict[str, Any]:
        not_before = 0
        if new.not_before is not None:
            begins = datetime.combine(new.not_before, datetime.min.time(), self._zone)
            not_before = to_timestamp(begins)
        return {
            "account": new.account,
            "debt": f"D{number:07}",
            "zh": new.zh,
            "en": new.en,
            "amount": int(new.amount),
            "share": new.share,
            "least": int(new.least),
            "priority": new.priority,
            "not_before": not_before,
            "begun": not_before <= to_timestamp(at),
            "due_on": str(new.due_on or ""),
            "daily_fee": new.daily_fee,
            "fee_most": int(new.amount if new.fee_most is None else new.fee_most),
            "cause": new.cause,
        }


_AT_ONCE = 500


def _check(new: NewDebt) -> None:
    """Refuse terms that make no sense; the first that do not is named."""
    rules: tuple[tuple[Phrase, bool], ...] = (
        (Phrase("Amount"), 0 < new.amount <= FIGURE_MAX),
        (Phrase("What for"), all(map(_is_name, (new.zh, new.en)))),
        (Phrase("Share of each payment"), 0 <= new.share <= WHOLE and new.share + new.least > 0),
        (Phrase("At least per sale"), 0 <= new.least <= FIGURE_MAX),
        (Phrase("Priority"), 0 <= new.priority <= PRIORITY_MAX),
        (Phrase("Not before"), _is_near(new.not_before)),
        (Phrase("Due on"), _is_near(new.due_on)),
        (Phrase("Due on"), new.due_on is not None or not new.daily_fee),
        (Phrase("Late fee a day"), 0 <= new.daily_fee <= _DAILY_MOST),
        (
            Phrase("Late fees at most"),
            new.fee_most is None or 0 <= new.fee_most <= FIGURE_MAX,
        ),
        (Phrase("Monthly instalments"), 0 < new.parts <= min(PARTS_MAX, new.amount)),
    )
    for field, holds in rules:
        if not holds:
            raise DebtRefused(field=field)


def _is_near(day: date | None) -> bool:
    return day is None or day.year in _YEARS


def _is_name(text: str) -> bool:
    return 0 < len(text.strip()) <= NAME_MAX and text.isprintable()


def _parts(new: NewDebt, today: date) -> Sequence[NewDebt]:
    """The debt itself, or one for each month that it is spread over."""
    if new.parts == 1:
        return (new,)
    first = new.not_before or today
    return tuple(
        replace(
            new,
            amount=amount,
            zh=f"{new.zh} {number + 1}/{new.parts}",
            en=f"{new.en} {number + 1}/{new.parts}",
            not_before=months_later(first, number),
            due_on=months_later(new.due_on, number) if new.due_on else None,
            parts=1,
        )
        for number, amount in enumerate(instalments(new.amount, new.parts))
    )


def next_debt_number(connection: Connection) -> int:
    """The number of the debt that is registered next; the books must be held."""
    newest = connection.execute(select(func.max(table_of(Debt).c.debt))).scalar()
    return int(newest[1:]) + 1 if newest else 1


def _account_of(connection: Connection, debt: str) -> str:
    table = table_of(Debt)
    found = connection.execute(select(table.c.account).where(table.c.debt == debt)).scalar()
    if found is None:
        raise NoSuchDebt(debt=debt[:40])
    return str(found)
